"""Finds templates that take a file from the CDN although browsers accept it only from the page's own origin.

Templates are searched as text, because what they render cannot be known. A URL in a variable, for example, is not
found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from ..naming import compile_globs

if TYPE_CHECKING:
    from flask import Flask

    from .collect import Collection

#: Largest file, in bytes, that is searched.
MAX_BYTES = 1024 * 1024

#: Most uses of one kind that a warning names; the rest are counted.
MAX_NAMED = 10

_URL = r"""\{\{[^{}]*?\burl_for\((?P<call>[^{}]*?filename\s*=\s*(?P<quote>["'])(?P<name>.+?)(?P=quote)[^{}]*)\}\}"""

# What browsers refuse from another origin, how a template writes it, and the consequence.
_USES = (
    (rf"<use\b[^>]*?\bhref\s*=\s*[\"']?{_URL}", "<use> of another origin stays blank (SVG 2)"),
    (
        rf"\bserviceWorker\s*\.\s*register\(\s*[\"'`]?{_URL}",
        "a service worker of another origin is a SecurityError (Service Workers)",
    ),
    (
        rf"\bnew\s+(?:Shared)?Worker\(\s*[\"'`]?{_URL}",
        "a worker of another origin is a SecurityError (HTML standard)",
    ),
    (
        rf"<link\b[^>]*?\brel\s*=\s*[\"']?manifest\b[^>]*?\bhref\s*=\s*[\"']?{_URL}",
        "start_url and scope of a manifest of another origin are ignored (Web Application Manifest)",
    ),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), what) for pattern, what in _USES)

_ITS_OWN = re.compile(r"\b_cdn\s*=\s*False|\b_force_no_cdn\s*=\s*True")


class _Use(NamedTuple):
    place: str
    name: str
    what: str


def scan_templates(app: Flask, collection: Collection, local: tuple[str, ...]) -> Collection:
    """Return the collection with a warning for each kind of such use in the app's templates.

    :param local: globs of the files that stay with the app.
    """
    is_local = compile_globs(local)
    keys = [asset.key for asset in collection.assets]
    found: dict[str, list[_Use]] = {}
    for file in _find_templates(app):
        for use in _find_uses(file, app.root_path):
            if not any(is_local(key) for key in keys if key.endswith(f"/{use.name}")):
                found.setdefault(use.what, []).append(use)
    warnings = [_sentence(what, uses) for what, uses in found.items()]
    return collection._replace(warnings=(*collection.warnings, *warnings))


def _find_templates(app: Flask) -> Iterator[str]:
    loaders = [owner.jinja_loader for owner in (app, *app.blueprints.values())]
    folders = dict.fromkeys(folder for loader in loaders for folder in getattr(loader, "searchpath", ()))
    for top in folders:
        for folder, inner, names in os.walk(top):
            inner.sort()
            yield from (os.path.join(folder, name) for name in sorted(names))


def _find_uses(file: str, root: str) -> Iterator[_Use]:
    try:
        if os.path.getsize(file) > MAX_BYTES:
            return
        with open(file, encoding="utf-8", errors="replace") as opened:
            text = opened.read()
    except OSError:
        return
    if "url_for" not in text:
        return
    for pattern, what in _PATTERNS:
        for match in pattern.finditer(text):
            if not _ITS_OWN.search(match["call"]):
                line = text.count("\n", 0, match.start("name")) + 1
                yield _Use(f"{os.path.relpath(file, root)}:{line}", match["name"], what)


def _sentence(what: str, uses: list[_Use]) -> str:
    places = [f"  {use.place}  {use.name}" for use in uses[:MAX_NAMED]]
    if len(uses) > MAX_NAMED:
        places.append(f"  and {len(uses) - MAX_NAMED:,} more")
    names = ", ".join(dict.fromkeys(use.name.rpartition("/")[2] for use in uses[:MAX_NAMED]))
    places.append(f"  Name it in assets.local ({names}), or write _cdn=False in the call of url_for.")
    return "\n".join(
        [f"Templates load from the CDN what browsers take only from the page's own origin: {what}.", *places]
    )
