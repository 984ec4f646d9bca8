"""All checks of the settings together: what AWS would refuse after minutes, or accept and serve wrongly.

Every refusal names the settings key, the value, the rule, and the AWS page with the rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from ..errors import RefusedError, SettingsError
from ..naming import OWN_FOLDER
from ..settings.model import Bucket, Settings
from .access import check_access, warn_of_access
from .aliases import check_aliases, warn_of_aliases
from .assets import check_assets, check_media_type
from .bucket import check_bucket, warn_of_bucket
from .delivery import check_delivery, check_logs, warn_of_delivery
from .headers import check_headers, warn_of_headers
from .origin import MAX_PATH, check_origin, warn_of_origin
from .query_strings import check_query_strings, warn_of_query_strings
from .stack import check_region, check_stack

_PREFIX_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")


def check_settings(settings: Settings) -> tuple[str, ...]:
    """Refuse settings that cannot work, and return a warning for each that has a cost or no effect.

    :raises SettingsError: for the first fault found.
    """
    check_stack(settings)
    check_origin(settings)
    check_query_strings(
        settings.forwarded_query_strings, signed=settings.has_bucket, unsafe=settings.unsafe_query_strings
    )
    check_bucket(settings)
    check_aliases(settings)
    check_delivery(settings)
    check_headers(settings)
    check_access(settings)
    _check_prefix(settings.assets.prefix)
    _check_media_types(settings.assets.media_types)
    _check_files(settings)
    return (*_warnings(settings), *check_assets(settings))


def check_session_region(settings: Settings, region: str) -> None:
    """If the settings name no region, refuse what the session's region does not support.

    :raises SettingsError: for the first fault found.
    """
    if settings.region is not None:
        return
    check_region("region, as the AWS session has it", region)
    check_logs(settings.delivery.logs, region)
    check_bucket(settings.replace(region=region))


def require_stack(settings: Settings) -> None:
    """Refuse settings with a target instead of a stack.

    :raises RefusedError: they name a target instead.
    """
    if settings.target is not None:
        raise RefusedError(
            f"The settings name a target, the bucket {settings.target.bucket}: there is no stack to provision.",
            "Run `flask-cdn-stack deploy`; `flask-cdn-stack config --write` writes the config file. "
            "For a stack instead, take target out of the settings.",
        )


def _warnings(settings: Settings) -> Iterator[str]:
    yield from warn_of_query_strings(settings)
    if settings.target is not None:
        if unused := _stack_keys(settings):
            yield f"target: there is no stack, so these have no effect: {', '.join(unused)}."
        return
    yield from warn_of_origin(settings)
    yield from warn_of_bucket(settings)
    yield from warn_of_aliases(settings)
    yield from warn_of_delivery(settings)
    yield from warn_of_headers(settings)
    yield from warn_of_access(settings)


def _stack_keys(settings: Settings) -> list[str]:
    keys = ("stack", "app_origin", "bucket", "delivery", "access", "tags")
    # Whoever deploys to a target may need permission for a KMS key, too.
    default = Settings(bucket=Bucket(encryption=settings.bucket.encryption, former_keys=settings.bucket.former_keys))
    return [key for key in keys if getattr(settings, key) != getattr(default, key)]


def _check_prefix(prefix: str) -> None:
    page = '(CloudFront developer guide, "Origin settings", Origin path)'
    if not prefix:
        return
    if len(prefix) >= MAX_PATH:
        raise SettingsError(
            f"assets.prefix: {prefix[:20]!r}... has {len(prefix)} characters, and an origin path takes "
            f"{MAX_PATH} with its slash {page}.",
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
                f"assets.prefix: {prefix!r} contains {OWN_FOLDER}, where this tool keeps records that are never "
                "served.",
                "Write it as in: shop/live",
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


def _check_files(settings: Settings) -> None:
    config, manifest = settings.config_file, settings.manifest_file
    if config is not None and manifest is not None and PurePath(config) == PurePath(manifest):
        raise SettingsError(f"manifest_file: {manifest!r} is the config file too.", "Give it another name.")
