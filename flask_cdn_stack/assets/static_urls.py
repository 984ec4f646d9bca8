"""The URLs of a static folder's files, and a test whether the app serves the files there.

The app's URL map decides. Its answer is known in advance for names of plain characters below a rule like Flask's own,
if no other rule could match too; this halves the time to collect ten thousand files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ..naming import bind_urls, build_url_path

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Map, MapAdapter, Rule

_FILENAME = "<path:filename>"

# Characters that are never percent-encoded in a path (RFC 3986, section 2.3), and the slash.
_is_plain = re.compile(r"[A-Za-z0-9._~/-]+").fullmatch


class StaticURLs:
    """The URLs of one static endpoint, whose only variable is the file name."""

    def __init__(self, app: Flask, endpoint: str) -> None:
        self._endpoint = endpoint
        first, *more = app.url_map.iter_rules(endpoint)
        self._urls, self._requests = bind_urls(app.url_map), bind_as_rule(app.url_map, first)
        self._prefix = self._ask("x").removesuffix("x") if _is_as_flasks(first) and not more else ""
        rivals = [rule for rule in app.url_map.iter_rules() if _are_rivals(first, rule)]
        is_on_any_host = not app.url_map.host_matching and not app.url_map.default_subdomain
        self._is_alone = bool(self._prefix) and not rivals and is_on_any_host

    def build(self, name: str) -> str:
        """Return the path of a file, percent-encoded and without its leading slash."""
        return self._prefix + name if self._prefix and _is_plain(name) else self._ask(name)

    def serves(self, key: str, name: str) -> bool:
        """Return whether a request for a key, the decoded path, gets the file from this endpoint."""
        if self._is_alone and _is_plain(name):
            return True
        from werkzeug.exceptions import HTTPException

        try:
            served = self._requests.match("/" + key, method="GET")
        except HTTPException:
            return False
        return served == (self._endpoint, {"filename": name})

    def remarks(self) -> list[str]:
        """Return no warnings: files that are not served are listed by name."""
        return []

    def _ask(self, name: str) -> str:
        return build_url_path(self._urls, self._endpoint, {"filename": name}).removeprefix("/")


def bind_as_rule(url_map: Map, rule: Rule) -> MapAdapter:
    """Return a map adapter for the host or subdomain of a rule."""
    if url_map.host_matching:
        return url_map.bind(rule.host or "cdn.invalid")
    return url_map.bind("cdn.invalid", subdomain=rule.subdomain or None)


def _is_as_flasks(rule: Rule) -> bool:
    from werkzeug.routing import PathConverter, Rule

    is_plain = rule.rule.endswith("/" + _FILENAME) and rule.rule.count("<") == 1 and "//" not in rule.rule
    is_special = rule.build_only or rule.redirect_to or rule.websocket or rule.defaults
    takes_get = "GET" in (rule.methods or {"GET"})
    # An app may use its own classes of rules and converters.
    is_known = type(rule) is Rule and type(rule._converters["filename"]) is PathConverter
    return is_plain and not is_special and takes_get and is_known


def _are_rivals(static: Rule, rule: Rule) -> bool:
    """Return whether another rule might match a path that a static rule matches; True if that is not certain."""
    prefix, literal = static.rule.removesuffix(_FILENAME), rule.rule.partition("<")[0]
    if rule is static:
        return False
    return "//" in rule.rule or literal.startswith(prefix) or ("<" in rule.rule and prefix.startswith(literal))
