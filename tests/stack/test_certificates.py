"""What is said of a certificate before CloudFront refuses it, with prepared answers of ACM."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_cdn_stack.errors import CredentialsError, SettingsError
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.stack.certificates import check_certificate
from tests.servers.stubbed import StubbedConnection

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DELIVERY = Delivery(aliases=("cdn.shop.example",), certificate_arn=CERTIFICATE)


def check(answering: StubbedConnection, delivery: Delivery = DELIVERY, **found: Any) -> tuple[str, ...]:
    """Judge a certificate of which ACM says this."""
    whole = {"DomainName": "cdn.shop.example", "Status": "ISSUED", **found}
    answering.stub("acm").add_response("describe_certificate", {"Certificate": whole}, {"CertificateArn": CERTIFICATE})
    return check_certificate(answering, delivery, NOW)


@pytest.mark.parametrize(
    ("aliases", "names", "missing"),
    [
        (["cdn.shop.example"], ["cdn.shop.example"], ""),
        (["CDN.shop.example"], ["cdn.Shop.example"], ""),
        (["cdn.shop.example"], ["*.shop.example"], ""),
        (["cdn.shop.example", "img.shop.example"], ["shop.example", "*.shop.example"], ""),
        (["*.shop.example"], ["*.shop.example"], ""),
        (["cdn.shop.example"], ["shop.example"], "cdn.shop.example"),
        (["shop.example"], ["*.shop.example"], "shop.example"),
        (["a.b.shop.example"], ["*.shop.example"], "a.b.shop.example"),
        (["*.shop.example"], ["cdn.shop.example"], r"\*.shop.example"),
        (["cdn.shop.example", "cdn.tea.example", "cdn.ale.example"], ["*.shop.example"],
         "cdn.tea.example, cdn.ale.example"),
    ],
)  # fmt: skip
def test_names(answering: StubbedConnection, aliases: list[str], names: list[str], missing: str) -> None:
    """Must be those of every alias; a wildcard stands for one label. It is asked for in its region."""
    delivery = Delivery(aliases=tuple(aliases), certificate_arn=CERTIFICATE)
    found = {"DomainName": names[0], "SubjectAlternativeNames": names}

    if missing:
        with pytest.raises(SettingsError, match=f"and not for {missing} of delivery.aliases"):
            check(answering, delivery, **found)
    else:
        assert check(answering, delivery, **found) == ()

    assert answering.asked == [("acm", "us-east-1")]


RECORD = {"Name": "_a.shop.example.", "Type": "CNAME", "Value": "_b.acm-validations.aws."}
OTHER = {"Name": "_c.tea.example.", "Type": "CNAME", "Value": "_d.acm-validations.aws."}


def pending(domain: str, **more: Any) -> dict[str, Any]:
    return {"DomainName": domain, "ValidationStatus": "PENDING_VALIDATION", **more}


@pytest.mark.parametrize(
    ("found", "message", "hint"),
    [
        ({"Status": "PENDING_VALIDATION", "DomainValidationOptions": [
            pending("shop.example", ResourceRecord=RECORD), pending("*.shop.example", ResourceRecord=RECORD),
            {**pending("tea.example", ResourceRecord=OTHER), "ValidationStatus": "SUCCESS"},
            pending("ale.example", ValidationMethod="EMAIL")]},
         "is not issued yet (PENDING_VALIDATION): ACM waits until its names",
         "Create the DNS record _a.shop.example. CNAME _b.acm-validations.aws. Follow the mail that ACM has sent to "
         "the owners of ale.example. It is issued some minutes after that; then run the same command again."),
        ({"Status": "FAILED", "FailureReason": "CAA_ERROR"},
         "was not issued (FAILED: CAA_ERROR).", "Ask ACM for"),
        ({"Status": "VALIDATION_TIMED_OUT"}, "its names were not validated within 72 hours", "Ask ACM for"),
        ({"Status": "REVOKED", "RevocationReason": "KEY_COMPROMISE"},
         "was revoked (REVOKED: KEY_COMPROMISE).", "Ask"),
        ({"Status": "EXPIRED"}, "has ended (EXPIRED).", "Ask ACM for"),
        ({"Status": "INACTIVE"}, "is inactive (INACTIVE).", "Ask ACM for"),
        ({"NotAfter": NOW}, "expired on 01 March 2026.", "Ask ACM for"),
        ({"NotBefore": NOW + timedelta(hours=1)}, "begins on 01 March 2026 at 13:00 UTC only.", "clock"),
        ({"KeyAlgorithm": "EC-secp384r1"}, "has a key of the type EC-secp384r1, and CloudFront takes RSA", "Ask ACM"),
    ],
)  # fmt: skip
def test_what_cloudfront_does_not_take(
    answering: StubbedConnection, found: dict[str, Any], message: str, hint: str
) -> None:
    """Is refused by its key, with the way out."""
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        check(answering, **found)

    assert caught.value.message.startswith("delivery.certificate_arn: the certificate ")
    assert caught.value.hint.startswith(hint) or hint in caught.value.hint
    assert ".." not in str(caught.value)


@pytest.mark.parametrize("key", ["RSA-2048", "RSA_4096", "EC_prime256v1", "EC-prime256v1"])
def test_keys(answering: StubbedConnection, key: str) -> None:
    """Of the kinds that CloudFront takes, however ACM spells them."""
    assert check(answering, KeyAlgorithm=key, NotAfter=NOW + timedelta(days=1)) == ()


def test_an_imported_certificate_that_ends_soon(answering: StubbedConnection) -> None:
    """Is spoken of, as nobody renews it but the user."""
    (warning,) = check(answering, Type="IMPORTED", NotAfter=NOW + timedelta(days=29))

    assert "ends on 30 March 2026" in warning
    assert check(answering, Type="IMPORTED", NotAfter=NOW + timedelta(days=31)) == ()


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_certificate_that_may_not_be_looked_at(answering: StubbedConnection, code: str) -> None:
    """Is left to CloudFront, and the user told."""
    answering.stub("acm").add_client_error("describe_certificate", code)

    (warning,) = check_certificate(answering, DELIVERY, NOW)

    assert warning.startswith("The certificate of delivery.certificate_arn was not looked at: ")
    assert "acm:DescribeCertificate" in warning


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("ResourceNotFoundException", SettingsError, f"there is no certificate {CERTIFICATE} in this account"),
        ("ExpiredTokenException", CredentialsError, "credentials"),
    ],
)
def test_what_is_no_answer(answering: StubbedConnection, code: str, error: type[Exception], words: str) -> None:
    """A certificate that is not there is refused, as CloudFront would; credentials that ended are no matter of it."""
    answering.stub("acm").add_client_error("describe_certificate", code)

    with pytest.raises(error, match=words):
        check_certificate(answering, DELIVERY, NOW)


@pytest.mark.parametrize("delivery", [Delivery(), Delivery(aliases=("a.example",)), Delivery(certificate_arn="arn")])
def test_without_alias_and_certificate(answering: StubbedConnection, delivery: Delivery) -> None:
    """There is nothing to judge."""
    assert check_certificate(answering, delivery, NOW) == ()
    assert answering.asked == []
