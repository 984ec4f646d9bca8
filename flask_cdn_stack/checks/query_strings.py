"""Checks which query strings may reach a bucket.

CloudFront signs every request to the bucket, with all query strings of the cache key. S3 acts on some names only in
signed requests: a viewer who could send them could, for example, choose an object's content type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from ..errors import SettingsError
from ..settings.model import Settings
from .lists import check_once

#: Most names in a cache policy, and most characters of all of them (CloudFront developer guide, "Quotas").
MAX_NAMES = 10
MAX_CHARACTERS = 1024

#: Beginnings of names that change the response or carry a signature (S3 API reference, "GetObject";
#: "Authenticating Requests: Using Query Parameters").
ACTING_PREFIXES = ("response-", "x-amz-")

#: Names that select a part, a version, a subresource or a listing (S3 API reference, the GET operations).
ACTING_NAMES = frozenset({
    "partnumber", "versionid",
    "acl", "annotation", "annotations", "attributes", "legal-hold", "retention", "tagging", "torrent",
    "delete", "restore", "select", "select-type", "uploadid", "uploads",
    "list-type", "prefix", "delimiter", "marker", "max-keys", "start-after", "continuation-token", "fetch-owner",
    "encoding-type", "versions", "key-marker", "version-id-marker", "upload-id-marker", "max-uploads", "max-parts",
    "part-number-marker",
    "accelerate", "analytics", "cors", "encryption", "intelligent-tiering", "inventory", "lifecycle", "location",
    "logging", "metadataconfiguration", "metadatatable", "metrics", "notification", "object-lock",
    "ownershipcontrols", "policy", "policystatus", "publicaccessblock", "replication", "requestpayment", "session",
    "versioning", "website",
    "awsaccesskeyid", "signature", "expires",
})  # fmt: skip

_KEY_PAGE = '(CloudFront API reference, "CachePolicyQueryStringsConfig")'
_QUERY_PAGE = '(CloudFront developer guide, "Cache content based on query string parameters")'
_NAME = re.compile(r"[A-Za-z0-9._~-]+")
_HINT = "List the names that your URLs carry, such as [t, c, v], or say none."


def check_query_strings(names: str | tuple[str, ...], *, signed: bool = True, unsafe: bool = False) -> None:
    """Refuse query strings that are unsafe or impossible.

    :param signed: the origin is a bucket, to which CloudFront signs its requests.
    :param unsafe: ``unsafe_query_strings``: accept ``all`` nonetheless.
    :raises SettingsError: for the first fault found.
    """
    if names == "all" and signed and not unsafe:
        raise SettingsError(
            "query_strings: all is not safe on a bucket: CloudFront signs its requests, so viewers could use S3's "
            'response-* parameters to serve a file as another content type (S3 API reference, "GetObject").',
            f"{_HINT} With unsafe_query_strings: true the edge drops the names that S3 acts on.",
        )
    if isinstance(names, str):
        return
    _check_size(names)
    for name in names:
        if signed:
            _check_power(name)
        _check_name(name, names)
    if "c" not in names:
        raise SettingsError(
            f"query_strings: {', '.join(names)} lacks c, the checksum that deployed URLs carry as ?c=, so the edge "
            f"would serve old bytes under new URLs {_QUERY_PAGE}.",
            "Add c, or say none.",
        )


def warn_of_query_strings(settings: Settings) -> Iterator[str]:
    """Yield a warning for each choice that has a cost, or no effect."""
    names = settings.forwarded_query_strings
    if names == "none" and not settings.delivery.cache_policy_id:
        yield (
            "query_strings: none leaves the checksum out of the cache key, so only an invalidation "
            f"refreshes what the edge holds {_QUERY_PAGE}."
        )
    if not settings.unsafe_query_strings:
        return
    if names == "all" and settings.has_bucket:
        yield (
            "unsafe_query_strings: true lets every name but those known to act on S3 reach the bucket by signed "
            "requests, and each one makes another copy at the edge; a list of names is safe by itself."
        )
    else:
        reason = "origin is app" if not settings.has_bucket else "query_strings is not all"
        yield f"unsafe_query_strings: true has no effect while {reason}."


def acts_on_s3(name: str) -> bool:
    """Return whether S3 acts on a query string with this name, in any percent-encoding and case."""
    while (decoded := unquote(name)) != name:
        name = decoded
    name = name.strip().lower()
    return name in ACTING_NAMES or name.startswith(ACTING_PREFIXES)


def _check_size(names: tuple[str, ...]) -> None:
    page = '(CloudFront developer guide, "Quotas")'
    if not names:
        raise SettingsError(f"query_strings: the list is empty, and an allow-list needs a name {_KEY_PAGE}.", _HINT)
    if len(names) > MAX_NAMES:
        raise SettingsError(
            f"query_strings: {len(names)} names are listed, and a cache policy takes {MAX_NAMES} {page}.",
            "Keep those that change what is served.",
        )
    if (characters := sum(map(len, names))) > MAX_CHARACTERS:
        raise SettingsError(
            f"query_strings: the names have {characters} characters together, and a cache policy takes "
            f"{MAX_CHARACTERS} {page}.",
            "Shorten them.",
        )


def _check_power(name: str) -> None:
    if acts_on_s3(name):
        raise SettingsError(
            f"query_strings: S3 acts on {name!r} in a signed request, and CloudFront signs all of its requests "
            '(S3 API reference, "GetObject").',
            "Choose another name.",
        )


def _check_name(name: str, names: tuple[str, ...]) -> None:
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"query_strings: {name!r} has characters other than letters, digits, '-', '.', '_' and '~'; CloudFront "
            'compares names as they are written, and those others can be written in two ways (RFC 3986, "Unreserved '
            'Characters").',
            "Choose another name.",
        )
    check_once("query_strings", name, names, _KEY_PAGE)
