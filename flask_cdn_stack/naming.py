"""The one rule that names an asset, shared by the extension and by the upload.

The path in a URL is what the app's own URL map builds for the endpoint and file name, without the host;
the key in the bucket is that path decoded, without its leading slash. The two can therefore not disagree.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from werkzeug.routing import Map, MapAdapter, Rule

#: Tag that says which project a stack belongs to.
PROJECT_TAG = "flask-cdn-stack:project"

#: Folder in the bucket, below the prefix, that holds this tool's own records. Never served.
OWN_FOLDER = ".flask-cdn-stack"

#: The distribution's root object: a key that is never published, so that ``/`` shows nothing.
ROOT_OBJECT = ".flask-cdn-stack-root"

#: Folder, below the prefix, of the versions that the edge finds by a checksum in the query (assets.immutable).
VERSIONS_FOLDER = ".flask-cdn-stack-versions"

#: Key of the published manifest.
MANIFEST_KEY = "cdn_manifest.txt"


_VERSION = rf"{re.escape(VERSIONS_FOLDER)}/[0-9a-f]+/(.*)"


def names_endpoint(endpoint: str, names: Iterable[str]) -> bool:
    """Say whether ``endpoint`` is one of ``names`` or a blueprint's endpoint of that name (``*.name``)."""
    return any(endpoint == name or endpoint.endswith("." + name) for name in names)


def has_static_rule(url_map: Map, endpoint: str) -> bool:
    """Say whether every rule of ``endpoint`` has ``filename`` as its only variable.

    An endpoint with other variables in its prefix, host or subdomain is left to Flask, as is an ordinary
    view that happens to be called ``static``. False too for an endpoint that does not exist.
    """
    return _has_arguments(url_map, endpoint, {"filename"})


def has_fixed_rule(url_map: Map, endpoint: str) -> bool:
    """Say whether every rule of ``endpoint`` is without variables; false for an endpoint that does not exist."""
    return _has_arguments(url_map, endpoint, set())


def _has_arguments(url_map: Map, endpoint: str, arguments: set[str]) -> bool:
    try:
        rules = list(url_map.iter_rules(endpoint))
    except KeyError:
        return False
    return bool(rules) and all(rule.arguments == arguments for rule in rules)


def find_path_endpoints(url_map: Map, url: str) -> list[str]:
    """Return the endpoints of the rules that take any path below ``url``, and have no other variable.

    :param url: as a rule has it, without a slash at its end.
    """
    return sorted({rule.endpoint for rule in url_map.iter_rules() if takes_path(rule, url)})


def takes_path(rule: Rule, url: str) -> bool:
    """Say whether a rule is ``url``, a slash, and a path as its only variable."""
    start, _, rest = rule.rule.partition("<")
    if start != f"{url}/" or len(rule.arguments) != 1 or not rest.endswith(">"):
        return False
    takes_get = "GET" in (rule.methods or {"GET"}) and not rule.websocket
    return takes_get and not any(converter.part_isolating for converter in rule._converters.values())


def bind_urls(url_map: Map) -> MapAdapter:
    """Return what :func:`build_url_path` builds with; one lasts as long as its map."""
    return url_map.bind("cdn.invalid")


def build_url_path(urls: MapAdapter, endpoint: str, values: Mapping[str, Any]) -> str:
    """Build the path, and the query of values that the rule does not use, as the CDN serves them.

    The host or subdomain of the rule and any mount point are left out. ``+`` in the path is written ``%2B``,
    because S3 reads a plain one as a space.

    :raises werkzeug.routing.BuildError: as Flask's own builder does.
    """
    url = urls.build(endpoint, values, force_external=True)
    path, question, query = url[url.index("/", url.index("//") + 2) :].partition("?")
    return path.replace("+", "%2B") + question + query


def hashed_path(path: str, checksum: str) -> str:
    """Put a checksum into a file's name, before its last extension: ``app.min.js``, ``app.min.<checksum>.js``.

    The same for a key and for a percent-encoded URL path.
    """
    stem, extension = posixpath.splitext(path)
    return f"{stem}.{quote(checksum, safe='')}{extension}"


def version_path(path: str, checksum: str) -> str:
    """Return where the edge finds one version of a file: its path, in a folder that its checksum names.

    The same for a key and for a percent-encoded URL path, both without leading slash.
    """
    return f"{VERSIONS_FOLDER}/{checksum}/{path}"


def plain_path(path: str) -> str:
    """Return the path at which viewers ask for a version; any other path as it is."""
    found = re.fullmatch(_VERSION, path, re.DOTALL)
    return found[1] if found else path


def asset_key(url_path: str) -> str:
    """Return the decoded form of a percent-encoded URL path, without its leading slash."""
    return unquote(url_path.removeprefix("/"))


def compile_globs(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return a test of decoded URL paths, without leading slash, against any of ``patterns``.

    ``*`` and ``?`` stay within a segment, ``**`` crosses segments, and a pattern without ``/`` is matched with the
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
