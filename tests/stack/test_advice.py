"""What is said of the policies of other people's buckets, with prepared answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from flask_cdn_stack.aws.cloudformation import Stack
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.bucket import required_statements
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Assets, Bucket, Settings
from flask_cdn_stack.stack.advice import check_cache_policy, check_headers_policy, find_key_advice, find_policy_advice
from tests.servers.stubbed import StubbedConnection
from tests.stack.conftest import ARN

DISTRIBUTION = "arn:aws:cloudfront::123456789012:distribution/E1"
STACK = Stack("shop-cdn", ARN, "CREATE_COMPLETE", "", {"DistributionId": "E1"})


POLICY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def answer_policy(answering: StubbedConnection, queries: str, names: list[str], **more: Any) -> None:
    """Prepare the answer for a cache policy."""
    key = {
        "EnableAcceptEncodingGzip": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": queries},
    }
    if names:
        key["QueryStringsConfig"]["QueryStrings"] = {"Quantity": len(names), "Items": names}  # type: ignore[index]
    config = {"Name": "Shop", "MinTTL": 0, "MaxTTL": 60, "ParametersInCacheKeyAndForwardedToOrigin": key, **more}
    policy = {"Id": POLICY, "LastModifiedTime": datetime.now(UTC), "CachePolicyConfig": config}
    answering.stub("cloudfront").add_response("get_cache_policy", {"CachePolicy": policy}, {"Id": POLICY})


def settings_with(policy: str | None, **more: Any) -> Settings:
    """Return settings that name a cache policy."""
    return Settings(delivery=Delivery(cache_policy_id=policy), **more)


APP = {"origin": "app"}
PATH = {"assets": Assets(fingerprint="path")}
UNSAFE = {"query_strings": "all", "unsafe_query_strings": True}


@pytest.mark.parametrize(
    ("queries", "names", "more", "message"),
    [
        ("whitelist", ["c", "t"], {}, ""),
        ("whitelist", ["v"], PATH, ""),
        ("whitelist", ["c", "versionId"], APP, ""),
        ("all", [], APP, ""),
        ("allExcept", ["t"], APP, ""),
        ("all", [], UNSAFE, ""),
        ("whitelist", ["t", "v"], {}, "lack c"),
        ("whitelist", ["t", "v"], APP, "lack c"),
        ("allExcept", ["c"], APP, "lack c"),
        ("all", [], {}, "query strings are all"),
        ("all", [], PATH, "query strings are all"),
        ("allExcept", ["response-content-type"], {}, "query strings are allExcept"),
        ("whitelist", ["c", "Response-Content-Type"], {}, "'Response-Content-Type', and S3 acts on it"),
    ],
)
def test_cache_policies(
    answering: StubbedConnection, queries: str, names: list[str], more: dict[str, Any], message: str
) -> None:
    """Are read: what a bucket must not be sent is refused, and a key without the checksum."""
    answer_policy(answering, queries, names)
    settings = settings_with(POLICY, **more)

    if message:
        with pytest.raises(SettingsError, match=f"^delivery.cache_policy_id: '{POLICY}' is Shop, .*{message}"):
            check_cache_policy(answering, settings)
    else:
        assert check_cache_policy(answering, settings) == ()


def test_a_cache_policy_that_works_at_a_cost(answering: StubbedConnection) -> None:
    """Because it has no query strings, or keeps nothing, is warned of."""
    answer_policy(answering, "none", [])
    answer_policy(answering, "none", [], MaxTTL=0)
    answer_policy(answering, "none", [])

    (lacking,), (idle,) = (check_cache_policy(answering, settings_with(POLICY)) for _ in range(2))

    assert "only an invalidation refreshes" in lacking
    assert "keep nothing" in idle
    assert check_cache_policy(answering, settings_with(POLICY, **PATH)) == ()


@pytest.mark.parametrize("code", ["AccessDenied", "NoSuchCachePolicy"])
def test_a_cache_policy_that_may_not_be_looked_at(answering: StubbedConnection, code: str) -> None:
    """Is passed over."""
    answering.stub("cloudfront").add_client_error("get_cache_policy", code)

    assert check_cache_policy(answering, settings_with(POLICY)) == ()


@pytest.mark.parametrize(
    "delivery",
    [
        Delivery(),
        Delivery(
            cache_policy_id="658327ea-f89d-4fab-a63d-7e88639e58f6",
            response_headers_policy_id="60669652-455b-4ae9-85a4-c4c02393f86c",
        ),
    ],
    ids=["the stack's own", "AWS's"],
)
def test_a_policy_that_is_known(answering: StubbedConnection, delivery: Delivery) -> None:
    """Is not asked for."""
    assert check_cache_policy(answering, Settings(delivery=delivery)) == ()
    assert check_headers_policy(answering, Settings(delivery=delivery)) == ()
    assert answering.asked == []


def required(prefix: str = "", missing: int = 403) -> list[dict[str, Any]]:
    """Return the statements that the distribution needs."""
    return required_statements("shop", prefix, DISTRIBUTION, missing)


def altered(number: int, **content: Any) -> list[dict[str, Any]]:
    """Return them with one of them changed."""
    statements = required()
    statements[number] = {**statements[number], **content}
    return statements


@pytest.mark.parametrize(
    ("statements", "missing"),
    [
        ([], ["AllowDistribution", "DenyOwnRecords"]),
        (required(), []),
        (required()[::-1], []),
        (required()[0], ["DenyOwnRecords"]),
        (required()[1:], ["AllowDistribution"]),
        (altered(0, Sid="Other", Action=["s3:getobject", "s3:ListBucket"]), []),
        (altered(0, Condition={"ArnLike": {"aws:SourceArn": [DISTRIBUTION, DISTRIBUTION + "2"]}}), []),
        (altered(0, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/*"}}), []),
        (altered(1, Principal="*", Action="s3:*"), []),
        (altered(0, Condition={}), ["AllowDistribution"]),
        (altered(0, Condition={"StringEquals": {"AWS:SourceArn": DISTRIBUTION + "2"}}), ["AllowDistribution"]),
        (altered(0, Condition={"StringNotEquals": {"AWS:SourceArn": DISTRIBUTION}}), ["AllowDistribution"]),
        (altered(0, Effect="Deny"), ["AllowDistribution"]),
        (altered(0, Principal={"Service": "ec2.amazonaws.com"}), ["AllowDistribution"]),
        (altered(0, Principal={"AWS": "123456789012"}), ["AllowDistribution"]),
        (altered(0, Resource="arn:aws:s3:::shop/static/*"), ["AllowDistribution"]),
        (altered(0, Action="s3:PutObject"), ["AllowDistribution"]),
        (altered(1, Resource=required()[1]["Resource"][0]), ["DenyOwnRecords"]),
        (altered(1, Condition={"Bool": {"aws:SecureTransport": "false"}}), ["DenyOwnRecords"]),
    ],
)
def test_policies(answering: StubbedConnection, statements: Any, missing: list[str]) -> None:
    """Hold a statement in whatever order, under whatever name, and with whatever else."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    answering.stub("s3").add_response("get_bucket_policy", {"Policy": policy}, {"Bucket": "shop"})

    advice = find_policy_advice(answering, Settings(bucket=Bucket(existing="shop", region="eu-west-1")), STACK)

    assert advice is not None
    assert advice.missing is not None
    assert [statement["Sid"] for statement in advice.missing] == missing
    assert [statement["Sid"] for statement in json.loads(advice.text)] == missing
    assert answering.asked == [("s3", "eu-west-1")]


@pytest.mark.parametrize(("size", "is_too_large"), [(20_480 - 900, False), (20_480, True)])
def test_a_policy_that_gets_too_large(answering: StubbedConnection, size: int, is_too_large: bool) -> None:
    """With what is to be added is said before S3 refuses it."""
    policy = json.dumps({"Statement": [], "Id": "x" * size})
    answering.stub("s3").add_response("get_bucket_policy", {"Policy": policy}, {"Bucket": "shop"})

    advice = find_policy_advice(answering, Settings(bucket=Bucket(existing="shop")), STACK)

    assert advice is not None
    assert advice.size > size
    assert advice.is_too_large is is_too_large


@pytest.mark.parametrize(
    ("code", "missing"), [("NoSuchBucketPolicy", required("live", 404)), ("AccessDenied", None), ("NoSuchBucket", None)]
)
def test_a_policy_that_is_not_to_be_had(answering: StubbedConnection, code: str, missing: Any) -> None:
    """Because there is none, or because it may not be read: then it is not known what is missing."""
    answering.stub("s3").add_client_error("get_bucket_policy", code)
    settings = Settings(bucket=Bucket(existing="shop"), assets=Assets(prefix="live"), delivery=Delivery(missing=404))

    advice = find_policy_advice(answering, settings, STACK)

    assert advice is not None
    assert advice.missing == (None if missing is None else tuple(missing))
    assert json.loads(advice.text) == required("live", 404)
    assert answering.asked == [("s3", "eu-central-1")]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(),
        Settings(bucket=Bucket(existing="shop", manage_policy=True)),
        Settings(bucket=Bucket(existing="shop"), origin="app"),
    ],
)
def test_a_policy_that_is_nobody_elses(answering: StubbedConnection, settings: Settings) -> None:
    """Needs no advice, and is not asked for."""
    assert find_policy_advice(answering, settings, STACK) is None
    assert answering.asked == []


KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("encryption", "outputs", "wanted"),
    [
        (f"kms:{KEY}", {"DistributionId": "E1"}, True),
        (f"kms:{KEY}", {}, False),
        ("kms", {"DistributionId": "E1"}, False),
        ("sse-s3", {"DistributionId": "E1"}, False),
    ],
)
def test_a_key_of_the_users_own(encryption: str, outputs: dict[str, str], wanted: bool) -> None:
    """Needs a statement that lets this distribution decrypt, as soon as it has an id."""
    stack = Stack("shop-cdn", ARN, "CREATE_COMPLETE", "", outputs)

    advice = find_key_advice(Settings(bucket=Bucket(encryption=encryption)), stack)

    assert (advice is not None) is wanted
    if advice:
        statement = json.loads(advice)
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Action"] == "kms:Decrypt"
        assert statement["Condition"]["ArnLike"] == {"aws:SourceArn": DISTRIBUTION}


HIDDEN = ["X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "x-amz-server-side-encryption-bucket-key-enabled"]


@pytest.mark.parametrize(("removed", "shown"), [(HIDDEN, ""), (HIDDEN[:1], "bucket-key-enabled"), ([], "kms-key-id")])
def test_headers_policies(answering: StubbedConnection, removed: list[str], shown: str) -> None:
    """Of the account's own must hide a key of KMS from viewers."""
    items = [{"Header": name} for name in removed]
    answer_headers_policy(answering, RemoveHeadersConfig={"Quantity": len(items), "Items": items})
    settings = Settings(bucket=Bucket(encryption="kms"), delivery=Delivery(response_headers_policy_id=POLICY))

    if shown:
        with pytest.raises(SettingsError, match=rf"^delivery\.response_headers_policy_id: .*{shown}"):
            check_headers_policy(answering, settings)
    else:
        assert check_headers_policy(answering, settings) == ()


def answer_headers_policy(answering: StubbedConnection, **config: Any) -> None:
    content = {"Name": "Shop", **config}
    policy = {"Id": POLICY, "LastModifiedTime": datetime.now(UTC), "ResponseHeadersPolicyConfig": content}
    answer = {"ResponseHeadersPolicy": policy}
    answering.stub("cloudfront").add_response("get_response_headers_policy", answer, {"Id": POLICY})


@pytest.mark.parametrize(
    ("has_cors", "vary", "warned"),
    [(True, None, 1), (True, "Accept-Encoding", 1), (True, "accept-encoding,origin", 0), (False, None, 0)],
)
def test_cors_of_a_headers_policy(answering: StubbedConnection, has_cors: bool, vary: str | None, warned: int) -> None:
    """Goes with a browser's cache where ``Vary`` names what it depends on."""
    every = {"Quantity": 1, "Items": ["*"]}
    cors = {f"AccessControlAllow{name}": every for name in ("Origins", "Headers", "Methods")}
    config: dict[str, Any] = {"CorsConfig": {**cors, "AccessControlAllowCredentials": False, "OriginOverride": True}}
    if vary:
        items = [{"Header": "vary", "Value": vary, "Override": True}]
        config["CustomHeadersConfig"] = {"Quantity": 1, "Items": items}
    answer_headers_policy(answering, **(config if has_cors else {}))
    settings = Settings(delivery=Delivery(response_headers_policy_id=POLICY))

    assert len(check_headers_policy(answering, settings)) == warned
