"""A bucket that lies in another region than it was looked for in: how services say so, and what a user is told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ..errors import AWSError

if TYPE_CHECKING:
    import botocore.session

# What stands before the name of a bucket in its ARN.
_BEFORE = ":s3:::"

# S3 API reference, "Error responses"; botocore gives an answer without a body its number.
_CODES = {
    "AuthorizationHeaderMalformed",
    "IllegalLocationConstraintException",
    "PermanentRedirect",
    "TemporaryRedirect",
    "301",
    "307",
}


def list_regions(session: botocore.session.Session) -> list[str]:
    """Return the regions of all partitions that this botocore knows of; there may be newer ones."""
    partitions = session.get_available_partitions()
    return sorted({region for name in partitions for region in session.get_available_regions("cloudformation", name)})


def translate_region(response: Mapping[str, Any], resource: str) -> AWSError | None:
    """Return the error for an answer, as botocore has it, to a request for a bucket of another region, or None."""
    if _BEFORE not in resource or not is_elsewhere(response.get("Error", {}).get("Code", "")):
        return None
    return elsewhere(resource.partition(_BEFORE)[2].partition("/")[0], _read_region(response))


def is_elsewhere(code: str) -> bool:
    """Say whether an answer's code means that."""
    return code in _CODES


def find_region(text: str) -> str:
    """Return the region that the body of such an answer names, or nothing."""
    named = re.search(r"<Region>([\w-]+)</Region>", text) or re.search(r"expecting (?:'|&\w+;|&#39;)([\w-]+)", text)
    return named[1] if named else ""


def ask_region(client: Any, bucket: str) -> str:
    """Return the region that a bucket is in, or nothing: who may not have the bucket is told, too."""
    try:
        return _read_region(client.head_bucket(Bucket=bucket))
    except ClientError as error:
        return _read_region(error.response)
    except (BotoCoreError, RecursionError):  # without a region in the answer, botocore itself asks as this does
        return ""


def elsewhere(bucket: str, region: str, asked: str = "") -> AWSError:
    """Return the error for a bucket that is in ``region`` and was looked for in ``asked``, as far as they are known."""
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
