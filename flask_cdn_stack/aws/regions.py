"""Recognises answers that say that a bucket is in another region, and makes the error for the user."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import AWSError

if TYPE_CHECKING:
    import botocore.session

# Comes before the bucket's name in an ARN.
_BEFORE = ":s3:::"

# S3 API reference, "Error responses". For an answer without a body, botocore's code is the status.
_CODES = {
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
    "301",
    "307",
}


def list_regions(session: botocore.session.Session) -> list[str]:
    """Return the regions of all partitions that this botocore knows; there may be newer ones."""
    partitions = session.get_available_partitions()
    return sorted({region for name in partitions for region in session.get_available_regions("cloudformation", name)})


def translate_region(response: Mapping[str, Any], resource: str) -> AWSError | None:
    """Return the error for an answer that says that a bucket is in another region; None for any other answer.

    :param response: the answer as botocore parsed it.
    :param resource: the ARN in the bucket that the request was for.
    """
    if _BEFORE not in resource or not is_elsewhere(response.get("Error", {}).get("Code", "")):
        return None
    return elsewhere(resource.partition(_BEFORE)[2].partition("/")[0], _read_region(response))


def is_elsewhere(code: str) -> bool:
    """Return whether an answer's code means that the bucket is in another region."""
    return code in _CODES


def find_region(text: str) -> str:
    """Return the region that the body of such an answer names, or an empty text."""
    named = re.search(r"<Region>([\w-]+)</Region>", text) or re.search(r"expecting (?:'|&\w+;|&#39;)([\w-]+)", text)
    return named[1] if named else ""


def ask_region(client: Any, bucket: str) -> str:
    """Return a bucket's region, or an empty text; S3 says it even if it denies access to the bucket."""
    try:
        return _read_region(client.head_bucket(Bucket=bucket))
    except ClientError as error:
        return _read_region(error.response)
    except (BotoCoreError, RecursionError):  # without a region in the answer, botocore repeats this request itself
        return ""


def elsewhere(bucket: str, region: str, asked: str = "") -> AWSError:
    """Return the error for a bucket that is in ``region``, not in ``asked``; either may be empty if it is not known."""
    if region:
        message = f"The bucket {bucket} is in the region {region}" + (f", not in {asked}." if asked else ".")
    else:
        message = f"The bucket {bucket} is not in the region {asked or 'that it was looked for in'}."
    return AWSError(
        message,
        f"Write {region or 'its own'} as target.region in the settings, or as bucket.region beside bucket.existing. "
        "Where --endpoint-url or AWS_ENDPOINT_URL names the endpoint of another region, change that.",
    )


def _read_region(response: Mapping[str, Any]) -> str:
    headers, error = response.get("ResponseMetadata", {}).get("HTTPHeaders", {}), response.get("Error", {})
    said = str(headers.get("x-amz-bucket-region") or error.get("Region", ""))
    return said if re.fullmatch(r"[\w-]+", said) else find_region(error.get("Message") or "")
