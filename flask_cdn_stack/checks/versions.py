"""Versions that the edge finds by a checksum in the query (assets.immutable): what that needs besides."""

from __future__ import annotations

from ..errors import SettingsError
from ..naming import version_path
from ..settings.model import Settings
from .function_code import MAPPED_DIGITS

#: Characters of the path that a function may give an origin.
MAX_ORIGIN_PATH = 255


def check_versions(settings: Settings) -> None:
    """Refuse versions that the edge would not find, or would take for one another.

    :raises SettingsError: for the first reason.
    """
    assets = settings.assets
    if not assets.maps_query:
        return
    if settings.target is not None:
        raise SettingsError(
            "assets.immutable: true needs a function at the edge, which a stack has, and target names a CDN that is "
            'looked after elsewhere (CloudFront developer guide, "Customize at the edge with CloudFront Functions").',
            "Set assets.fingerprint to path, which needs none, or take assets.immutable out.",
        )
    if (length := assets.url_checksum_length) not in MAPPED_DIGITS:
        raise SettingsError(
            f"assets.checksum_length: {length} is not from {MAPPED_DIGITS[0]} to {MAPPED_DIGITS[-1]}, of which "
            "assets.immutable makes names; the whole checksum stands in URLs of releases that have no such names.",
            "Take assets.checksum_length out.",
        )
    if settings.forwarded_query_strings == "none" and not settings.delivery.cache_policy_id:
        raise SettingsError(
            "query_strings: none leaves the checksum out of the cache key, and with assets.immutable the edge keeps "
            "what it finds by it for a year: it would serve old bytes under new URLs "
            '(CloudFront developer guide, "Cache content based on query string parameters").',
            "Take query_strings out, or assets.immutable.",
        )
    if (characters := len(version_path("", "0" * length)) + len(assets.prefix) + 1) > MAX_ORIGIN_PATH:
        raise SettingsError(
            f"assets.prefix: with assets.immutable, an origin path of {characters} characters would be made of it, and "
            f'{MAX_ORIGIN_PATH} are allowed (CloudFront developer guide, "Helper methods for origin modification").',
            "Shorten it.",
        )
