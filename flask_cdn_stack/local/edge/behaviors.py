"""Choosing the cache behavior for a request, and refusing requests before the cache is read."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from urllib.parse import unquote

from .messages import Answer, Request
from .rules import Behavior, Rules

_STATUS_WORDS = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 502: "Bad Gateway", 503: "Service Unavailable"}


def find_behavior(rules: Rules, path: str) -> Behavior:
    """Return the first cache behavior whose path pattern matches.

    The path is normalised for the comparison only; the origin gets it unchanged (CloudFront developer guide, "Cache
    behavior settings", Path pattern).
    """
    shape = normalise(path)
    return next(behavior for behavior in rules.behaviors if _compile(behavior.pattern).fullmatch(shape))


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> re.Pattern[str]:
    shape = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(shape if pattern.startswith(("/", "*")) else f"/{shape}", re.DOTALL)


def normalise(path: str) -> str:
    """Remove dot segments, doubled slashes and needless percent-encodings (RFC 3986, "Syntax-Based Normalization")."""
    if "%" in path:
        path = re.sub(r"%[0-9A-Fa-f]{2}", _decode_unreserved, path)
    elif "/." not in path and "//" not in path:
        return path
    return "/" + posixpath.normpath(path).lstrip("/") + ("/" if path.endswith(("/", "/.", "/..")) else "")


def _decode_unreserved(code: re.Match[str]) -> str:
    letter = unquote(code[0], "latin-1")
    return letter if re.fullmatch(r"[A-Za-z0-9._~-]", letter) else code[0]


def refuse(behavior: Behavior, request: Request) -> Answer | None:
    """Return a redirect or an error if the behavior does not allow the request's protocol or method, else None."""
    if request.is_plain_http and behavior.viewer_protocol != "allow-all":
        if behavior.viewer_protocol == "https-only":
            return explain(403, "Only https is answered here.")
        location = f"https://{request.headers.get('host', '')}{request.target}"
        return Answer(301 if request.method in ("GET", "HEAD") else 307, {"location": location}, result="Redirect")
    if request.method not in behavior.allowed_methods:
        return explain(403, f"{request.method} is not among the allowed methods of the cache behavior.")
    return None


def explain(status: int, reason: str) -> Answer:
    """Return an error response of the edge itself, with a text for people."""
    text = f"{status} {_STATUS_WORDS[status]}\nThe local edge could not satisfy the request: {reason}\n"
    return Answer(status, {"content-type": "text/plain; charset=utf-8"}, text.encode(), "Error")
