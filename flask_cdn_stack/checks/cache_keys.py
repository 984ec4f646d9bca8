"""Checks of existing cache policies: what they include in the cache key, and so send to the origin.

AWS's managed policies are listed here; others are read during ``provision`` (:mod:`flask_cdn_stack.stack.advice`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import SettingsError
from ..settings.model import Settings
from .content_security import lets_viewers_choose
from .query_strings import acts_on_s3

_KEY = "delivery.cache_policy_id"
_QUERY_PAGE = '(CloudFront developer guide, "Cache content based on query string parameters")'
_POLICY_PAGE = '(CloudFront developer guide, "Understand cache policies")'


class CacheKey(NamedTuple):
    """The cache key of a cache policy.

    ``queries`` is CloudFront's word: ``none``, ``whitelist`` (``names`` only), ``allExcept`` (all but ``names``) or
    ``all``. ``keeps`` is False if the policy disables caching.
    """

    name: str
    queries: str = "none"
    names: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    keeps: bool = True

    def has_query(self, name: str) -> bool:
        """Return whether a query string with this name is in the cache key."""
        if self.queries in ("whitelist", "allExcept"):
            return (name in self.names) is (self.queries == "whitelist")
        return self.queries == "all"


_AMPLIFY = ("Authorization", "Host")
_ORIGIN_CONTROLS = ("Host", "Origin", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override")

#: AWS's managed policies (CloudFront developer guide, "Use managed cache policies"; Amplify Hosting user guide, "How
#: Amplify applies cache configuration to an app").
MANAGED = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": CacheKey("CachingOptimized"),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": CacheKey("CachingOptimizedForUncompressedObjects"),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": CacheKey("CachingDisabled", keeps=False),
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": CacheKey(
        "Elemental-MediaPackage", "whitelist", ("aws.manifestfilter", "end", "m", "start"), ("Origin",)
    ),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": CacheKey("UseOriginCacheControlHeaders", headers=_ORIGIN_CONTROLS),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": CacheKey(
        "UseOriginCacheControlHeaders-QueryStrings", "all", headers=_ORIGIN_CONTROLS
    ),
    "2e54312d-136d-493c-8eb9-b001f22f67d2": CacheKey("Amplify", "all", headers=_AMPLIFY),
    "4d1d2f1d-3a71-49ad-9e08-7ea5d843a556": CacheKey("Amplify-Default", "all", headers=_AMPLIFY),
    "a6bad946-36c3-4c33-aa98-362c74a7fb13": CacheKey("Amplify-DefaultNoCookies", "all", headers=_AMPLIFY),
    "1c6db51a-a33f-469a-8245-dae26771f530": CacheKey("Amplify-ImageOptimization", "all", headers=_AMPLIFY),
    "7e5fad67-ee98-4ad0-b05a-394999eefc1a": CacheKey("Amplify-StaticContent", headers=_AMPLIFY),
}


def check_cache_key(settings: Settings, key: CacheKey) -> None:
    """Refuse a policy that sends S3 query strings it acts on, or that lists query strings without the checksum.

    :raises SettingsError: for the first fault found.
    """
    if settings.has_bucket:
        _check_bucket(settings, key)
    # A version is kept for a year: without its checksum in the key, nothing would refresh what the edge holds.
    is_wrong = key.queries != "none" or settings.assets.maps_query
    if key.keeps and is_wrong and _lacks_checksum(settings, key):
        raise SettingsError(
            f"{_describe(settings, key)}, whose query strings lack c, the checksum that deployed URLs carry as ?c=, so "
            f"the edge would serve old bytes under new URLs {_QUERY_PAGE}.",
            "Add c to the policy, take another one, or set assets.fingerprint to path.",
        )


def warn_of_cache_key(settings: Settings, key: CacheKey) -> Iterator[str]:
    """Yield a warning for a policy that disables caching, or ignores the query strings that URLs change by."""
    if not key.keeps:
        yield (
            f"{_describe(settings, key)}, which lets the edge keep nothing: every request goes to the origin "
            f"{_POLICY_PAGE}."
        )
    elif key.queries == "none" and _lacks_checksum(settings, key):
        yield (
            f"{_describe(settings, key)}, which leaves the checksum out of the cache key, so only an invalidation "
            f"refreshes what the edge holds {_QUERY_PAGE}."
        )


def _describe(settings: Settings, key: CacheKey) -> str:
    return f"{_KEY}: {settings.delivery.cache_policy_id!r} is {key.name}"


def _lacks_checksum(settings: Settings, key: CacheKey) -> bool:
    return settings.assets.fingerprint == "query" and not key.has_query("c")


def _check_bucket(settings: Settings, key: CacheKey) -> None:
    if any(header.lower() == "host" for header in key.headers):
        raise SettingsError(
            f"{_describe(settings, key)}, which sends the header Host, and S3 takes that for another bucket "
            '(CloudFront developer guide, "Use managed cache policies").',
            "Take a policy without headers in the cache key.",
        )
    # If viewers may send any query string, a function at the edge drops those that S3 acts on.
    if lets_viewers_choose(settings):
        return
    if key.queries in ("all", "allExcept"):
        raise SettingsError(
            f"{_describe(settings, key)}, whose query strings are {key.queries}: CloudFront signs its requests to a "
            "bucket, so viewers could use S3's response-* parameters to serve a file as another content type "
            '(S3 API reference, "GetObject").',
            "Take a policy that lists the names that your URLs carry, such as t, c and v. With query_strings: all and "
            "unsafe_query_strings: true the edge drops the names that S3 acts on.",
        )
    for name in key.names:
        if acts_on_s3(name):
            raise SettingsError(
                f"{_describe(settings, key)}, which sends the query string {name!r}, and S3 acts on it in a signed "
                'request, as all of CloudFront\'s are (S3 API reference, "GetObject").',
                "Take the name out of the policy, or take another policy.",
            )
