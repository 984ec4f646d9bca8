"""What no linter finds: settings that AWS refuses after minutes, or takes and then serves wrongly.

Every refusal names the settings key, the value, the rule and the AWS page that the rule is from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from ..errors import RefusedError, SettingsError
from ..naming import OWN_FOLDER, PROJECT_TAG
from ..settings.model import Settings, Target
from .asset_checks import check_assets, check_media_type
from .query_strings import check_query_strings

_STACK = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+")
_TARGET_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"[0-9]+(\.[0-9]+){3}")
_DISTRIBUTION = re.compile(r"E[A-Z0-9]{1,31}")
_OTHER_PARTITIONS = ("cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-")
_PREFIX_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_ORIGIN = re.compile(rf"https?://(\*\.)?{_LABEL}(\.{_LABEL})*(:(?P<port>[0-9]{{1,5}}))?")
_TAG_TEXT = re.compile(r"[\w .:/=+\-@]*")

#: CloudFormation takes 50 tags for a stack; one is the project's own.
MAX_TAGS = 49

#: Longest origin path, with its leading slash.
MAX_ORIGIN_PATH = 255


def check_settings(settings: Settings) -> tuple[str, ...]:
    """Refuse settings that cannot work, and return a sentence for each that works with a cost.

    :raises SettingsError: for the first that cannot.
    """
    _check_stack(settings.stack)
    _check_region(settings.region)
    _check_target(settings.target)
    check_query_strings(settings.query_strings)
    _check_ttl(settings)
    _check_cors(settings.delivery.cors)
    _check_hsts(settings.delivery.hsts)
    _check_prefix(settings.assets.prefix)
    _check_media_types(settings.assets.media_types)
    _check_tags(settings.tags)
    _check_files(settings)
    return (*_warnings(settings), *check_assets(settings))


def require_stack(settings: Settings) -> None:
    """Make sure that the settings describe a stack.

    :raises RefusedError: they name a target instead.
    """
    if settings.target is not None:
        raise RefusedError(
            f"The settings name a target, the bucket {settings.target.bucket}: there is no stack to provision.",
            "Run `flask-cdn-stack deploy`; `flask-cdn-stack config --write` writes the config file. "
            "For a stack instead, take target out of the settings.",
        )


def _warnings(settings: Settings) -> Iterator[str]:
    if settings.target is not None and (unused := _stack_keys(settings)):
        yield f"target: there is no stack, so these say nothing: {', '.join(unused)}."
    if settings.query_strings == "none":
        yield (
            "query_strings: none leaves the checksum out of the cache key, so only an invalidation "
            "refreshes what the edge holds."
        )
    if settings.delivery.viewer_protocol == "allow-all":
        yield (
            "delivery.viewer_protocol: allow-all lets CloudFront ask S3 over plain http for viewers who came by it, "
            "which the bucket refuses; use redirect-to-https "
            '(CloudFront developer guide, "Require HTTPS for communication between CloudFront and your Amazon S3 '
            'origin").'
        )


def _check_stack(stack: str | None) -> None:
    if stack is not None and not _STACK.fullmatch(stack):
        raise SettingsError(
            f"stack: {stack!r} is not a name of 1 to 40 letters, digits and hyphens that begins with a letter "
            '(CloudFormation user guide, "Create a stack").',
            "40 and not CloudFormation's 128, because the names of CloudFront's parts are made from it and have 64.",
        )


def _check_region(region: str | None) -> None:
    if region is None:
        return
    if not _REGION.fullmatch(region):
        raise SettingsError(
            f"region: {region!r} is not the code of an AWS region.", "Write it as in: us-east-1 or eu-central-1."
        )
    if region.startswith(_OTHER_PARTITIONS):
        raise SettingsError(
            f"region: {region!r} lies in an AWS partition of its own, where CloudFront is missing or another service "
            '(AWS Fault Isolation Boundaries, "Partitions").',
            "Choose a region of the standard partition, such as us-east-1 or eu-central-1.",
        )


def _check_target(target: Target | None) -> None:
    if target is None:
        return
    if not _BUCKET.fullmatch(target.bucket) or ".." in target.bucket or _ADDRESS.fullmatch(target.bucket):
        raise SettingsError(
            f"target.bucket: {target.bucket!r} is not a name of 3 to 63 lower-case letters, digits, hyphens and dots "
            'that begins and ends with a letter or digit (S3 user guide, "General purpose bucket naming rules").',
            "Write the name alone, as in shop-assets, without s3:// and without a folder (that is assets.prefix).",
        )
    _check_domain(target.domain)
    if target.distribution_id is not None and not _DISTRIBUTION.fullmatch(target.distribution_id):
        raise SettingsError(
            f"target.distribution_id: {target.distribution_id!r} is not the id of a CloudFront distribution "
            '(CloudFront API reference, "DistributionSummary").',
            "Write it as in E1A2B3C4D5E6F7, and leave it out for a CDN that is not CloudFront.",
        )
    if target.region is not None and not _TARGET_REGION.fullmatch(target.region):
        raise SettingsError(
            f"target.region: {target.region!r} is not the code of a region "
            '(S3 user guide, "Making requests using Amazon S3 endpoints").',
            "Write it as in eu-central-1, or auto where the service says so.",
        )


def _check_domain(domain: str) -> None:
    # Loads Flask, which only those need who have a target.
    from ..extension.domain import parse_domain

    try:
        is_host = parse_domain(domain)[0] is not None and "/" not in domain
    except SettingsError:
        is_host = False
    if not is_host:
        shown = domain.rpartition("@")[2]  # what stands before may be a password
        raise SettingsError(
            f"target.domain: {shown!r} is not a host, with a port where needed, and without scheme or path; "
            "CDN_DOMAIN is made from it.",
            "Write it as in cdn.shop.example or 127.0.0.1:9000.",
        )


def _stack_keys(settings: Settings) -> list[str]:
    default = Settings()
    return [key for key in ("stack", "bucket", "delivery", "tags") if getattr(settings, key) != getattr(default, key)]


def _check_ttl(settings: Settings) -> None:
    ttl = settings.delivery.ttl
    if not ttl.min <= ttl.default <= ttl.max:
        raise SettingsError(
            f"delivery.ttl: min {ttl.min}, default {ttl.default} and max {ttl.max} are not in this order "
            '(CloudFront developer guide, "Manage how long content stays in the cache").',
            "Set min <= default <= max.",
        )


def _check_cors(cors: str | bool | tuple[str, ...]) -> None:
    page = '(CloudFront developer guide, "Understand response headers policies")'
    hint = 'Write "*" for every origin, off, or a list of origins such as https://shop.example.'
    if cors is True:
        raise SettingsError("delivery.cors: true does not say which origins.", hint)
    if not isinstance(cors, tuple):
        return
    if not cors:
        raise SettingsError(f"delivery.cors: the list is empty, and CloudFront wants one origin at least {page}.", hint)
    for origin in cors:
        if cors.count(origin) > 1:
            raise SettingsError(f"delivery.cors: {origin!r} is listed twice.", "Remove one.")
        if not _is_origin(origin):
            raise SettingsError(
                f"delivery.cors: {origin!r} is not an origin: scheme://host or scheme://host:port in lower case, "
                f"without path or trailing slash, and * only as the host's first part {page}.",
                hint,
            )


def _is_origin(text: str) -> bool:
    match = _ORIGIN.fullmatch(text)
    return match is not None and 1 <= int(match["port"] or 1) <= 65535


def _check_hsts(hsts: int | bool) -> None:
    if hsts is True:
        raise SettingsError(
            "delivery.hsts: true does not say for how long "
            '(CloudFront developer guide, "Understand response headers policies", Strict-Transport-Security).',
            "Give seconds, such as 31536000, or off.",
        )


def _check_prefix(prefix: str) -> None:
    page = '(CloudFront developer guide, "Origin settings", Origin path)'
    if not prefix:
        return
    if len(prefix) >= MAX_ORIGIN_PATH:
        raise SettingsError(
            f"assets.prefix: {prefix[:20]!r}... has {len(prefix)} characters, and an origin path takes "
            f"{MAX_ORIGIN_PATH} with its slash {page}.",
            "Shorten it.",
        )
    for segment in prefix.split("/"):
        if segment in ("", ".", ".."):
            raise SettingsError(
                f"assets.prefix: {prefix!r} has a leading, trailing or double slash, or a . or .. segment {page}.",
                "Write it as in: shop/live",
            )
        if segment == OWN_FOLDER:
            raise SettingsError(
                f"assets.prefix: {prefix!r} contains {OWN_FOLDER}, where this tool keeps records that are never served."
            )
        if not _PREFIX_SEGMENT.fullmatch(segment):
            raise SettingsError(
                f"assets.prefix: {prefix!r} has characters other than letters, digits, '.', '_', '-' and '/', which "
                f"CloudFront and S3 may encode differently {page}.",
                "Rename the prefix.",
            )


def _check_media_types(media_types: Mapping[str, str]) -> None:
    for glob, kind in media_types.items():
        check_media_type(f"assets.media_types.{glob}", kind)


def _check_tags(tags: dict[str, str]) -> None:
    page = '(CloudFormation API reference, "Tag")'
    if len(tags) > MAX_TAGS:
        raise SettingsError(
            f"tags: {len(tags)} are given, and a stack takes 50, one of which is the project's {page}.",
            f"Keep {MAX_TAGS} at most.",
        )
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise SettingsError(
                f"tags.{key[:130]}: a key has 1 to 128 characters and a value at most 256 {page}.", "Shorten it."
            )
        if key.lower().startswith("aws:"):
            raise SettingsError(f"tags.{key}: keys that begin with aws: belong to AWS {page}.", "Rename the key.")
        if key == PROJECT_TAG:
            raise SettingsError(
                f"tags.{key}: this tag is flask-cdn-stack's own; it says which project the stack belongs to.",
                "Rename the key.",
            )
        if not _TAG_TEXT.fullmatch(key) or not _TAG_TEXT.fullmatch(value):
            raise SettingsError(
                f"tags.{key}: {key!r} and {value!r} may have letters, digits, spaces and _ . : / = + - @ "
                '(CloudFront API reference, "Tag").',
                "Remove the other characters.",
            )


def _check_files(settings: Settings) -> None:
    config, manifest = settings.config_file, settings.manifest_file
    if isinstance(config, str) and isinstance(manifest, str) and PurePath(config) == PurePath(manifest):
        raise SettingsError(f"manifest_file: {manifest!r} is the config file too.", "Give it another name.")
