"""Checks before a change that CloudFront will accept the certificate of the aliases.

Otherwise the distribution fails after minutes, and the stack with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from ..aws.failures import translate_errors
from ..aws.session import Connection
from ..errors import AWSError, CredentialsError, SettingsError
from ..settings.delivery import Delivery

#: Region of CloudFront's certificates (CloudFront developer guide, "Requirements for using SSL/TLS certificates").
CERTIFICATE_REGION = "us-east-1"

#: Warn of a certificate that ACM does not renew from this long before it expires.
SOON = timedelta(days=30)

# ACM user guide, "Prerequisites for importing ACM certificates"; ACM answers with dashes too.
_KEYS = {"rsa_1024", "rsa_2048", "rsa_3072", "rsa_4096", "ec_prime256v1"}

_ASK_AGAIN = "Ask ACM for another one, in us-east-1, and write its ARN as delivery.certificate_arn."

# ACM API reference, "CertificateDetail", Status. PENDING_VALIDATION has a message of its own.
_STATES = {
    "EXPIRED": "has ended",
    "FAILED": "was not issued",
    "INACTIVE": "is inactive",
    "REVOKED": "was revoked",
    "VALIDATION_TIMED_OUT": "was not issued, because its names were not validated within 72 hours",
}


class Certificate(NamedTuple):
    """A certificate with ACM's status and its expiry date; ``ends`` is None if it was not issued."""

    arn: str
    status: str
    ends: datetime | None

    def days_left(self, now: datetime) -> int | None:
        """Return in how many whole days it expires."""
        return (self.ends - now).days if self.ends else None


def check_certificate(connection: Connection, delivery: Delivery, now: datetime) -> tuple[str, ...]:
    """Check the certificate of the aliases, as ACM describes it.

    :return: a warning if it cannot be read, or expires soon and is not renewed by ACM.
    :raises SettingsError: CloudFront would not accept it, or not for all aliases.
    """
    arn = delivery.certificate_arn
    if not delivery.aliases or arn is None:
        return ()
    try:
        found = _read(connection, arn)
    except CredentialsError:
        raise
    except AWSError as error:
        if error.code != "ResourceNotFoundException":
            return (f"The certificate of delivery.certificate_arn was not looked at: {error.message}",)
        raise _refuse(f"there is no certificate {arn} in this account.", "Check the ARN, and --profile.") from error
    _check_state(found)
    _check_time(found, now)
    _check_key(found)
    _check_names(found, delivery.aliases)
    return tuple(_warn(found, now))


def read_certificate(connection: Connection, arn: str) -> Certificate:
    """Return the state of a certificate, with one request.

    :raises AWSError: there is no such certificate, or AWS refused the request or could not be reached.
    """
    found = _read(connection, arn)
    return Certificate(arn, found.get("Status", ""), found.get("NotAfter"))


def _read(connection: Connection, arn: str) -> Mapping[str, Any]:
    with translate_errors("acm:DescribeCertificate", arn):
        client = replace(connection, region=CERTIFICATE_REGION).client("acm")
        answer = client.describe_certificate(CertificateArn=arn)
    return dict(answer["Certificate"])


def _check_state(found: Mapping[str, Any]) -> None:
    state = found.get("Status", "")
    if state == "PENDING_VALIDATION":
        raise _refuse(
            f"the certificate is not issued yet ({state}): ACM waits until its names are validated.",
            " ".join([*_proofs(found), "It is issued some minutes after that; then run the same command again."]),
        )
    if words := _STATES.get(state):
        reason = found.get("FailureReason") or found.get("RevocationReason") or ""
        raise _refuse(f"the certificate {words} ({': '.join(filter(None, (state, reason)))}).", _ASK_AGAIN)


def _proofs(found: Mapping[str, Any]) -> Iterator[str]:
    options = [item for item in found.get("DomainValidationOptions", ()) if item.get("ValidationStatus") != "SUCCESS"]
    records = [item["ResourceRecord"] for item in options if "ResourceRecord" in item]
    # A domain name and its wildcard are validated by the same record.
    for name, value in dict.fromkeys((record["Name"], record["Value"]) for record in records):
        yield f"Create the DNS record {name} CNAME {value}"
    mailed = [item["DomainName"] for item in options if item.get("ValidationMethod") == "EMAIL"]
    if mailed:
        yield f"Follow the mail that ACM has sent to the owners of {', '.join(mailed)}."


def _check_time(found: Mapping[str, Any], now: datetime) -> None:
    begins, ends = found.get("NotBefore"), found.get("NotAfter")
    if ends is not None and ends <= now:
        raise _refuse(f"the certificate expired on {ends:%d %B %Y}.", _ASK_AGAIN)
    if begins is not None and begins > now:
        raise _refuse(
            f"the certificate begins on {begins:%d %B %Y at %H:%M %Z} only.", "Wait, or check this machine's clock."
        )


def _check_key(found: Mapping[str, Any]) -> None:
    key = found.get("KeyAlgorithm", "")
    if key and key.lower().replace("-", "_") not in _KEYS:
        raise _refuse(
            f"the certificate has a key of the type {key}, and CloudFront takes RSA of 1024 to 4096 bits and "
            'EC_prime256v1 (ACM user guide, "Prerequisites for importing ACM certificates").',
            _ASK_AGAIN,
        )


def _check_names(found: Mapping[str, Any], aliases: Sequence[str]) -> None:
    names = {name.lower() for name in (found["DomainName"], *found.get("SubjectAlternativeNames", ()))}
    missing = [alias for alias in aliases if not _is_named(alias.lower(), names)]
    if missing:
        raise _refuse(
            f"the certificate is for {', '.join(sorted(names))}, and not for {', '.join(missing)} of delivery.aliases "
            '(CloudFront developer guide, "Requirements for using alternate domain names").',
            "Ask ACM for one with all of them, in us-east-1. A wildcard stands for one label: *.shop.example is for "
            "cdn.shop.example, and not for shop.example.",
        )


def _is_named(alias: str, names: set[str]) -> bool:
    return alias in names or f"*.{alias.partition('.')[2]}" in names


def _warn(found: Mapping[str, Any], now: datetime) -> Iterator[str]:
    ends = found.get("NotAfter")
    if found.get("Type") == "IMPORTED" and ends is not None and ends - now < SOON:
        yield (
            f"The certificate of delivery.certificate_arn ends on {ends:%d %B %Y}, and ACM does not renew what was "
            "imported: import its successor under the same ARN before that."
        )


def _refuse(reason: str, hint: str) -> SettingsError:
    return SettingsError(f"delivery.certificate_arn: {reason}", hint)
