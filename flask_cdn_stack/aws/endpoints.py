"""Finds the URL to which boto3 would send a request.

A bucket's URL comes from botocore's endpoint rules, which its clients use, too. If anything unusual is set, a client is
asked instead, which takes five times as long.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

from ..errors import SettingsError
from .boto3_session import open_boto3
from .model_files import use_model_files
from .network import is_foreign

if TYPE_CHECKING:
    import botocore.session

_PSEUDO_REGION = re.compile(r"fips-|-fips|-global$")

# Names of general purpose buckets. Two hyphens in a row are for other kinds of buckets, and for what is no bucket (S3
# user guide, "General purpose bucket naming rules").
_BUCKET = re.compile(r"(?!.*--)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

# Further settings that change botocore's endpoint, or its way to sign.
_DECIDING = (
    "use_fips_endpoint",
    "use_dualstack_endpoint",
    "auth_scheme_preference",
    "sigv4a_signing_region_set",
    "api_versions",
    "data_path",
)

# Settings of S3 in a profile that change neither. All but the last are the AWS CLI's own.
_HARMLESS = {
    "max_concurrent_requests",
    "max_queue_size",
    "max_bandwidth",
    "multipart_threshold",
    "multipart_chunksize",
    "preferred_transfer_client",
    "target_bandwidth",
    "payload_signing_enabled",
}


class Place(NamedTuple):
    """A bucket's URL, without a slash at its end, and the region that requests to it are signed for."""

    url: str
    region: str


class _AskedError(Exception):
    """Carries a request that was ready to be sent, and stops it."""

    def __init__(self, request: Any) -> None:
        self.request = request


def find_url(session: botocore.session.Session, service: str, region: str, endpoint: str | None) -> str:
    """Return the URL of a service, not of a bucket.

    :param endpoint: the endpoint that is set for the service, or None.
    :raises SettingsError: botocore refuses the endpoint settings.
    """
    return endpoint or str(_open_client(session, service, region, None).meta.endpoint_url)


def find_place(session: botocore.session.Session, bucket: str, region: str, endpoint: str | None) -> Place | None:
    """Return the place of a bucket as boto3 finds it; None if boto3 signs in a way that obstore cannot.

    :param endpoint: the endpoint that is set for S3, or None.
    :raises SettingsError: botocore refuses the endpoint settings.
    """
    if not _BUCKET.fullmatch(bucket) or not _is_usual(session, region, endpoint):
        return _ask(session, bucket, region, endpoint)
    # The parameters that a client would give to the rules with usual settings.
    place = {"Endpoint": endpoint, "ForcePathStyle": True} if endpoint else {}
    try:
        found = _read_rules(session).resolve_endpoint(
            Bucket=bucket, Region=region, UseGlobalEndpoint=region == "us-east-1", **place
        )
    except BotoCoreError as error:
        raise _refused(error) from error
    scheme = found.properties["authSchemes"][0]
    return Place(found.url.rstrip("/"), scheme["signingRegion"]) if scheme["name"] == "sigv4" else None


def plain_options(endpoint: str | None) -> dict[str, Any]:
    """Return botocore's options for a service that is only compatible with S3; none for AWS's own.

    They leave out checksums in headers and trailers, which not all such services support. The signature covers the
    SHA-256 of the payload in any case.
    """
    checksums = ("request_checksum_calculation", "response_checksum_validation")
    known = [name for name in checksums if name in Config.OPTION_DEFAULTS]  # since botocore 1.36, which began with them
    return dict.fromkeys(known, "when_required") if is_foreign(endpoint) else {}


def _is_usual(session: botocore.session.Session, region: str, endpoint: str | None) -> bool:
    if any(session.get_config_variable(name) for name in _DECIDING):
        return False
    if session.get_config_variable("defaults_mode") not in (None, "legacy"):
        return False
    if not _HARMLESS.issuperset(session.get_config_variable("s3") or ()):
        return False
    return not _PSEUDO_REGION.search(region) and "s3-accelerate." not in (endpoint or "")


@lru_cache(maxsize=8)
def _read_rules(session: botocore.session.Session) -> EndpointProvider:
    """Return botocore's endpoint rules for S3."""
    use_model_files(session)
    loader = session.get_component("data_loader")
    return EndpointProvider(loader.load_service_model("s3", "endpoint-rule-set-1"), loader.load_data("partitions"))


def _ask(session: botocore.session.Session, bucket: str, region: str, endpoint: str | None) -> Place | None:
    client = _open_client(session, "s3", region, endpoint)
    try:
        client.head_object(Bucket=bucket, Key="-")
    except _AskedError as asked:
        url, headers = asked.request.url, asked.request.headers
        signed = re.match(r"AWS4-HMAC-SHA256 Credential=-/\d+/([^/]+)/s3/", _text(headers.get("Authorization", "")))
        return Place(url.removesuffix("/-"), signed[1]) if signed else None
    except BotoCoreError as error:
        raise _refused(error) from error
    return None


@lru_cache(maxsize=16)
def _open_client(session: botocore.session.Session, service: str, region: str, endpoint: str | None) -> Any:
    """Return a client that sends nothing; it needs no credentials."""
    try:
        client = open_boto3(session).client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=endpoint,
            aws_access_key_id="-",
            aws_secret_access_key="-",
            config=Config(proxies={}, **plain_options(endpoint)),
        )
    except (BotoCoreError, ValueError) as error:
        raise _refused(error) from error
    client.meta.events.register_first("before-send", _keep)
    return client


def _keep(request: Any, **_: Any) -> None:
    raise _AskedError(request)


def _refused(error: Exception) -> SettingsError:
    return SettingsError(
        f"botocore cannot use the endpoint settings of AWS_... variables or the profile: {str(error).rstrip('.')}.",
        "Look at AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT and the profile's s3 section in ~/.aws/config.",
    )


def _text(header: str | bytes) -> str:
    return header.decode() if isinstance(header, bytes) else header
