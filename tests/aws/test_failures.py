"""What comes out when AWS says no, or botocore does: errors of ours, by code too for whoever has other words."""

from __future__ import annotations

import errno

import boto3
import pytest
from botocore import exceptions

from flask_cdn_stack.aws.failures import refusal, translate_errors, unreachable
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import AssetReadError, AWSError, CredentialsError, UnreachableError
from tests.aws.conftest import MakeStubbed

_LONG = (
    "User: arn:aws:iam::123456789012:user/ci is not authorized to perform: cloudformation:DescribeStacks on resource: "
    "arn:aws:cloudformation:us-east-1:123456789012:stack/shop-cdn/* because no identity-based policy allows it"
)
_QUOTED = 'User: x is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/k" because no policy'


@pytest.mark.parametrize(
    ("code", "message", "kind", "expected"),
    [
        ("ExpiredToken", "The token expired", CredentialsError, "have expired"),
        ("RequestExpired", "", CredentialsError, "have expired"),
        ("InvalidClientTokenId", "The token is invalid.", CredentialsError, "not accept the credentials: The token is"),
        ("SignatureDoesNotMatch", "", CredentialsError, "not accept the credentials: SignatureDoesNotMatch"),
        ("UnrecognizedClientException", "", CredentialsError, "not accept"),
        ("AccessDenied", _LONG, AWSError, "denied cloudformation:DescribeStacks on arn:aws:cloudformation:us-east-1:"
         "123456789012:stack/shop-cdn/*."),
        ("AccessDenied", _QUOTED, AWSError, "AWS denied s3:PutObject on arn:aws:s3:::b/k."),
        ("AccessDenied", "not authorized to perform: sts:X with an explicit deny", AWSError, "denied sts:X on stack s"),
        ("AccessDenied", "Access Denied", AWSError, "AWS denied cloudformation:DescribeStacks on stack shop-cdn."),
        ("AccessDeniedException", "", AWSError, "AWS denied cloudformation:DescribeStacks on stack shop-cdn."),
        ("NoSuchBucket", "", AWSError, "The bucket is gone: stack shop-cdn."),
        ("Throttling", "Rate exceeded", AWSError, "stack shop-cdn failed: Rate exceeded (Throttling)"),
    ],
)  # fmt: skip
def test_what_a_service_answers(
    stubbed: MakeStubbed, code: str, message: str, kind: type[AWSError], expected: str
) -> None:
    """Comes out as one sentence with what was asked for, of what."""
    connection, stubber = stubbed("cloudformation")
    stubber.add_client_error("describe_stacks", code, message, 400)
    client = connection.client("cloudformation")

    with pytest.raises(AWSError) as caught, translate_errors("cloudformation:DescribeStacks", "stack shop-cdn"):
        client.describe_stacks(StackName="shop-cdn")

    assert type(caught.value) is kind
    assert caught.value.exit_code == 1
    assert (caught.value.code, caught.value.status) == (code, 400)
    assert expected in caught.value.message
    assert isinstance(caught.value.__cause__, exceptions.ClientError)


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("AccessDenied", _QUOTED, "Allow s3:PutObject for these credentials"),
        ("AccessDenied", f"{_LONG} with an explicit deny in a service control policy", "A policy of your organization"),
        ("AccessDenied", "x is not authorized to perform: kms:GenerateDataKey on resource: k", "Both the key's policy"),
        ("KMS.DisabledException", "arn:aws:kms:us-east-1:1:key/1 is disabled.", "The key of bucket.encryption"),
        ("403", "Forbidden", "Allow that action"),
        ("SlowDown", "Please reduce your request rate.", "AWS is busy"),
        ("Odd", "said nobody", ""),
    ],
)
def test_what_to_do(code: str, message: str, hint: str) -> None:
    """Is what is said of a stack for the same reason, with AWS's page about it."""
    found = refusal(code, message, "s3:PutObject", "b").hint

    assert found.startswith(hint)
    assert bool(found) is bool(hint)


def test_a_refusal_without_a_resource() -> None:
    """Says the action alone."""
    assert refusal("AccessDenied", "", "s3:ListAllMyBuckets", "").message == "AWS denied s3:ListAllMyBuckets."


@pytest.mark.parametrize(
    ("error", "kind", "expected"),
    [
        (exceptions.NoCredentialsError(), CredentialsError, "There are no AWS credentials."),
        (exceptions.EndpointConnectionError(endpoint_url="http://x"), UnreachableError, "could not be reached"),
        (exceptions.ConnectTimeoutError(endpoint_url="http://x"), UnreachableError, "http://x"),
        (
            exceptions.SSLError(endpoint_url="http://x", error=ValueError("self signed")),
            UnreachableError,
            "self signed",
        ),
        (exceptions.ParamValidationError(report="bad name"), AWSError, "sts:X failed: Parameter validation failed"),
    ],
)
def test_what_botocore_raises(error: Exception, kind: type[AWSError], expected: str) -> None:
    """Comes out as ours, and sends nobody to a traceback."""
    with pytest.raises(AWSError) as caught, translate_errors("sts:X"):
        raise error

    assert type(caught.value) is kind
    assert expected in caught.value.message
    assert ".." not in caught.value.message


def test_an_endpoint_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails soon, with the places to look."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    session = boto3.Session("key", "secret", region_name="us-east-1")
    client = Connection(session._session, "us-east-1", "http://127.0.0.1:1", {}).client("cloudformation")

    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:1") as caught, translate_errors("x:Y"):
        client.describe_stacks()

    assert "--endpoint-url" in caught.value.hint


def test_keys_of_a_local_aws_at_aws() -> None:
    """Were exported without its address, which is named."""
    failure = refusal("InvalidClientTokenId", "The security token is invalid.", "cloudformation:DescribeStacks", "")

    assert "`flask-cdn-stack local` prints go with the AWS_ENDPOINT_URL" in failure.hint


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("no answer from http://me:hush@127.0.0.1:1/b/k@x", "no answer from http://127.0.0.1:1/b/k@x"),
        ('"https://hu:sh:hush@hush@minio.example/": reset', '"https://minio.example/": reset'),
        ("http://hush@proxy:1 and http://me:hush@s3:2", "http://proxy:1 and http://s3:2"),
        ("reset by peer, me@example", "reset by peer, me@example"),
    ],
)
def test_user_info(reason: str, expected: str) -> None:
    """Of a URL is left out of what is said, wherever the URL comes from."""
    assert unreachable(reason).message == f"AWS could not be reached: {expected}."
    with pytest.raises(AWSError) as caught, translate_errors("sts:X"):
        raise exceptions.ParamValidationError(report=reason)
    assert caught.value.message == f"sts:X failed: Parameter validation failed:\n{expected}"


def test_what_cannot_be_read() -> None:
    """Is said in the system's words, with its way out, or else with what the caller knows, and the code of that."""
    known = AssetReadError.unreadable("a.css", PermissionError(errno.EACCES, "Permission denied"), "Look.", code="Odd")
    other = AssetReadError.unreadable("a.css", OSError(errno.EIO, "Input/output error"), "Look.", code="Odd")

    assert str(known) == "a.css cannot be read: Permission denied.\nChange its permissions, then retry."
    assert str(other) == "a.css cannot be read: Input/output error.\nLook."
    assert (known.code, other.code) == ("", "Odd")
