"""What an error of ours says of the answer that it stands for."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from ..errors import AWSError, UnreachableError

#: What services answer to credentials that ended.
EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}

#: botocore's list of what a service answers that has too much to do (botocore/retries/standard.py).
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


def error_code(error: AWSError) -> str:
    """Return the code of the answer that an error stands for; empty where there was no answer."""
    return str(_answer(error).get("Error", {}).get("Code", ""))


def is_refusal(error: AWSError) -> bool:
    """Whether an error stands for the service's own no: the request was not carried out."""
    return 400 <= _status(error) < 500


def is_busy(error: AWSError) -> bool:
    """Whether the service has too much to do, or failed for a reason of its own."""
    return error_code(error) in BUSY_CODES or _status(error) >= 500


def is_away(error: AWSError) -> bool:
    """Whether there was no answer."""
    return isinstance(error, UnreachableError)


def _status(error: AWSError) -> int:
    return int(_answer(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _answer(error: AWSError) -> dict[str, Any]:
    cause = error.__cause__
    return dict(cause.response) if isinstance(cause, ClientError) else {}
