"""URL paths and keys of assets, by one rule for the extension and for uploads, so that they cannot disagree.

The path in a URL is the one that the app's own URL map builds for the endpoint and file name, without the host. The key
in the bucket is that path decoded, without its leading slash.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from werkzeug.routing import Map, MapAdapter, Rule

#: Tag with the project that a stack belongs to.
PROJECT_TAG = "flask-cdn-stack:project"

#: Folder in the bucket, below the prefix, that holds this tool's own records. Never served.
OWN_FOLDER = ".flask-cdn-stack"

#: The distribution's default root object: a key that is never published, so that ``/`` does not list the bucket.
ROOT_OBJECT = ".flask-cdn-stack-root"

#: Folder, below the prefix, of the versions that the edge finds by the checksum in the query (assets.immutable).
VERSIONS_FOLDER = ".flask-cdn-stack-versions"

#: Key of the published manifest.
MANIFEST_KEY = "cdn_manifest.txt"


_VERSION = rf"{re.escape(VERSIONS_FOLDER)}/[0-9a-f]+/(.*)"


def names_endpoint(endpoint: str, names: Iterable[str]) -> bool:
    """Return whether ``endpoint`` is one of ``names`` or a blueprint's endpoint of that name (``*.name``)."""
    return any(endpoint == name or endpoint.endswith("." + name) for name in names)


def has_static_rule(url_map: Map, endpoint: str) -> bool:
    """Return whether every rule of ``endpoint`` has ``filename`` as its only variable.

    An endpoint with other variables in its prefix, host or subdomain is left to Flask, and so is an ordinary view that
    happens to be called ``static``. False for an endpoint that does not exist.
    """
    return _has_arguments(url_map, endpoint, {"filename"})


def has_fixed_rule(url_map: Map, endpoint: str) -> bool:
    """Return whether no rule of ``endpoint`` has variables; False for an endpoint that does not exist."""
    return _has_arguments(url_map, endpoint, set())


def _has_arguments(url_map: Map, endpoint: str, arguments: set[str]) -> bool:
    try:
        rules = list(url_map.iter_rules(endpoint))
    except KeyError:
        return False
    return bool(rules) and all(rule.arguments == arguments for rule in rules)


def find_path_endpoints(url_map: Map, url: str) -> list[str]:
    """Return the endpoints of the rules that match any path below ``url``, and have no other variable.

    :param url: the URL path as in the rule, without trailing slash.
    """
    return sorted({rule.endpoint for rule in url_map.iter_rules() if takes_path(rule, url)})


def takes_path(rule: Rule, url: str) -> bool:
    """Return whether a rule is ``url``, a slash, and a path as its only variable."""
    start, _, rest = rule.rule.partition("<")
    if start != f"{url}/" or len(rule.arguments) != 1 or not rest.endswith(">"):
        return False
    takes_get = "GET" in (rule.methods or {"GET"}) and not rule.websocket
    return takes_get and not any(converter.part_isolating for converter in rule._converters.values())


def bind_urls(url_map: Map) -> MapAdapter:
    """Return an adapter of the URL map for :func:`build_url_path`; it can be reused as long as the map exists."""
    return url_map.bind("cdn.invalid")


def build_url_path(urls: MapAdapter, endpoint: str, values: Mapping[str, Any]) -> str:
    """Build the URL path on the CDN, with values that the rule does not use in the query string.

    The rule's host or subdomain and the app's mount point are left out. ``+`` in the path is written ``%2B``, because
    S3 reads a plain one as a space.

    :raises werkzeug.routing.BuildError: as Flask's own builder does.
    """
    url = urls.build(endpoint, values, force_external=True)
    path, question, query = url[url.index("/", url.index("//") + 2) :].partition("?")
    return path.replace("+", "%2B") + question + query


def hashed_path(path: str, checksum: str) -> str:
    """Return a path with a checksum before its last extension: for ``app.min.js``, ``app.min.<checksum>.js``.

    The path is a key or a percent-encoded URL path.
    """
    stem, extension = posixpath.splitext(path)
    return f"{stem}.{quote(checksum, safe='')}{extension}"


def version_path(path: str, checksum: str) -> str:
    """Return the path at which the edge finds one version of a file: in a folder with the checksum as its name.

    The path is a key or a percent-encoded URL path, without leading slash.
    """
    return f"{VERSIONS_FOLDER}/{checksum}/{path}"


def plain_path(path: str) -> str:
    """Return the path under which viewers request a version: the reverse of :func:`version_path`.

    Any other path is returned unchanged.
    """
    found = re.fullmatch(_VERSION, path, re.DOTALL)
    return found[1] if found else path


def asset_key(url_path: str) -> str:
    """Return the decoded form of a percent-encoded URL path, without its leading slash."""
    return unquote(url_path.removeprefix("/"))


def compile_globs(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return a function that tests whether a decoded URL path, without leading slash, matches any of ``patterns``.

    ``*`` and ``?`` match within a segment, ``**`` across segments, and a pattern without ``/`` is matched with the
    file name in any folder.
    """
    alternatives = [_glob_expression(pattern) for pattern in patterns]
    if not alternatives:
        return lambda path: False
    expression = re.compile("|".join(alternatives), re.DOTALL)
    return lambda path: expression.fullmatch(path) is not None


_GLOB_PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _glob_expression(pattern: str) -> str:
    anchored = pattern.removeprefix("/") if "/" in pattern else "**/" + pattern
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", anchored)
    return "".join(_GLOB_PARTS.get(part) or re.escape(part) for part in parts)


def quote_key(key: str) -> str:
    """Return the URL path of a key, percent-encoded, without leading slash."""
    return quote(key, safe="!$&'()*,/:;=@")
