"""Translates botocore's errors into those of ``errors.py``, once, with the code and status of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions

from ..errors import AWSError, CredentialsError, UnreachableError, hide_user_info
from .regions import translate_region

#: Codes for credentials that have ended.
EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}

#: S3's codes for a body that came too slowly, or not as it was sent; nothing was carried out.
SPOILED_CODES = {"RequestTimeout", "BadDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}

#: Codes of a service that has too much to do, from botocore's list (botocore/retries/standard.py).
BUSY_CODES = {
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}

#: The code of the error that no provider has credentials.
NO_CREDENTIALS = "NoCredentials"

_NO_CREDENTIALS_HINT = (
    "Run `aws configure` or `aws sso login`, set AWS_PROFILE, or pass --profile. To try it without an account, run "
    "`flask-cdn-stack local` in another terminal, and here the `export AWS_...` lines that it prints."
)
# A missing profile is an error even if the environment has keys.
_PROFILE_HINT = (
    "List the profiles with `aws configure list-profiles`. A local AWS needs none: `unset AWS_PROFILE`, and run the "
    "`export AWS_...` lines that `flask-cdn-stack local` prints."
)
_NETWORK_HINT = "Check the network, the region and --endpoint-url; a local AWS is started by `flask-cdn-stack local`."
_DENIED_HINT = "Allow that action for these credentials, or use others (--profile)."
_BUSY_HINT = "AWS is busy: run the same command again in a minute."
_CERTIFICATE_HINT = (
    "Where a company's proxy, or a server of your own, signs with a private authority, set AWS_CA_BUNDLE to a file "
    "with that authority's certificate."
)

# For a bucket that a stack created and that does not exist.
_GONE_HINT = (
    "If target.bucket names it, check that name. A stack's bucket was deleted outside of the stack: run "
    "`flask-cdn-stack destroy`, then `flask-cdn-stack provision`."
)

_INVALID_CODES = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "AuthFailure",
    "OptInRequired",
}
_INVALID_HINT = (
    "Check keys and profile, and the region: one that the account has not enabled accepts none of its keys. The keys "
    "that `flask-cdn-stack local` prints go with the AWS_ENDPOINT_URL that it prints."
)
# A signature is valid for some minutes around its time.
_CLOCK_CODES = {"RequestTimeTooSkewed", "RequestInTheFuture"}

#: Codes of denied requests; the last two are for an answer without a body.
DENIED_CODES = {
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled"),
    *("403", "Forbidden"),
}


def is_refusal(error: AWSError) -> bool:
    """Return whether the service itself refused the request, which was not carried out."""
    return 400 <= error.status < 500


def is_busy(error: AWSError) -> bool:
    """Return whether the service has too much to do, or failed for a reason of its own."""
    return error.code in BUSY_CODES or error.status >= 500


def is_away(error: AWSError) -> bool:
    """Return whether the service could not be reached."""
    return isinstance(error, UnreachableError)


def no_credentials() -> CredentialsError:
    """Return the error that no provider has credentials."""
    return CredentialsError("There are no AWS credentials.", _NO_CREDENTIALS_HINT, code=NO_CREDENTIALS)


@contextmanager
def translate_errors(action: str, resource: str = "") -> Iterator[None]:
    """Turn botocore's errors in the block into those of ``errors.py``.

    :param action: the IAM action of the request, such as ``cloudformation:DescribeStacks``.
    :param resource: the resource of the request.
    """
    try:
        yield
    except exceptions.ClientError as error:
        details, answer = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, message, status = details.get("Code") or "", details.get("Message") or "", answer.get("HTTPStatusCode", 0)
        raise translate_region(error.response, resource) or refusal(code, message, action, resource, status) from error
    except exceptions.NoCredentialsError as error:
        raise no_credentials() from error
    except exceptions.ProfileNotFound as error:
        raise CredentialsError(f"{error}.", _PROFILE_HINT) from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError, RecursionError) as error:
        # botocore asks for a bucket's region at each redirect, and so may recurse without end.
        if "recursion" not in str(error):
            raise unreachable(str(error)) from error
        raise AWSError(f"{action} failed: the endpoint redirects, and does not say where to.", _NETWORK_HINT) from error
    except RuntimeError as error:
        if "credentials are still expired" not in str(error):
            raise
        raise CredentialsError(
            "The AWS credentials were renewed, but the new ones have ended already.",
            "Check this machine's clock, and what gives the credentials.",
        ) from error
    except exceptions.BotoCoreError as error:
        raise AWSError(f"{action} failed: {hide_user_info(str(error))}", "") from error


def refusal(code: str, message: str, action: str, resource: str, status: int = 0) -> AWSError:
    """Return the error for a service's answer."""
    failure = _judge_credentials(code, message) or _judge_request(code, message, action, resource)
    failure.code, failure.status = code, status
    return failure


def _judge_credentials(code: str, message: str) -> CredentialsError | None:
    if code in EXPIRED_CODES:
        return CredentialsError("The AWS credentials have expired.", "Log in again (`aws sso login`).", then_retry=True)
    if code in _CLOCK_CODES or message.startswith(("Signature expired", "Signature not yet current")):
        return CredentialsError(
            f"AWS refuses what this machine signs, because its clock is wrong: {(message or code).rstrip('.')}.",
            "Correct this machine's clock.",
            then_retry=True,
        )
    if code in _INVALID_CODES:
        return CredentialsError(f"AWS does not accept the credentials: {message or code}", _INVALID_HINT)
    return None


def _judge_request(code: str, message: str, action: str, resource: str) -> AWSError:
    from ..checks.failure_remedies import find_remedy  # only a failure needs the table

    place = f" on {resource}" if resource else ""
    remedy = find_remedy("", f"{message} ({code})") or ""
    if code in DENIED_CODES:
        named = re.search(r'perform: (\S+)(?: on resource: "?([^\s"]+))?', message)
        action, place = (named[1], f" on {named[2]}" if named[2] else place) if named else (action, place)
        return AWSError(f"AWS denied {action}{place}.", remedy or _DENIED_HINT)
    if code == "NoSuchBucket":
        return AWSError(f"The bucket is gone: {resource.rpartition(':s3:::')[2].partition('/')[0]}.", _GONE_HINT)
    reason = f"{message} ({code})" if message else code
    return AWSError(f"{action}{place} failed: {reason}", _BUSY_HINT if code in BUSY_CODES else remedy)


def unreachable(reason: str) -> UnreachableError:
    """Return the error for an endpoint that does not answer, without user and password in its URL."""
    return UnreachableError(
        f"AWS could not be reached: {hide_user_info(reason).rstrip('.')}.",
        _CERTIFICATE_HINT if "certificate" in reason.lower() else _NETWORK_HINT,
    )
