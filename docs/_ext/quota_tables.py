"""``.. quotas::`` lists what AWS lets an account have, by the program's own figures and in its own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from flask_cdn_stack.checks.aliases import MAX_ALIASES
from flask_cdn_stack.checks.headers import MAX_CSP
from flask_cdn_stack.checks.origin import MAX_BEHAVIORS
from flask_cdn_stack.checks.query_strings import MAX_NAMES
from flask_cdn_stack.checks.quotas import (
    MAX_ACTIVE_PATHS,
    MAX_ACTIVE_WILDCARDS,
    MAX_BUCKET_POLICY,
    MAX_MANAGED_POLICY,
    MAX_TEMPLATE,
    SHARED,
)
from flask_cdn_stack.checks.stack import MAX_TAGS
from flask_cdn_stack.stack.quotas import COUNTED

_KEY = re.compile(r"\b(?:access|app_origin|assets|bucket|delivery)\.[a-z_]+\b")


class Row(NamedTuple):
    """A quota, when this tool reports it, and what to do about it."""

    what: str
    most: int
    said: str
    remedy: str


_AT_ONCE = "By every command, when it checks the settings."
_REFUSED = "When AWS refuses."
_COUNTED = "By ``provision``, which counts them before it creates one; and when AWS refuses."

OTHERS = (
    Row("Host names of a distribution", MAX_ALIASES, _AT_ONCE, "Combine some with a wildcard in delivery.aliases."),
    Row("Cache behaviours of a distribution", MAX_BEHAVIORS + 1, _AT_ONCE, "Combine some with * in app_origin.paths."),
    Row("Query string names of a cache policy", MAX_NAMES, _AT_ONCE, "Name fewer in ``query_strings``."),
    Row("Characters of a Content-Security-Policy", MAX_CSP, _AT_ONCE, "Shorten delivery.csp."),
    Row("Tags of a stack, including this tool's", MAX_TAGS + 1, _AT_ONCE, "Use fewer in ``tags``."),
    Row(
        "Bytes of a template",
        MAX_TEMPLATE,
        _AT_ONCE,
        "Combine some of app_origin.paths, delivery.aliases or delivery.cors; DNS records need the most bytes.",
    ),
    Row(
        "Characters of a managed policy",
        MAX_MANAGED_POLICY,
        "By ``template --policy``.",
        "Divide its statements among two policies.",
    ),
    Row(
        "Bytes of a bucket policy",
        MAX_BUCKET_POLICY,
        "By ``provision``, with bucket.existing.",
        "Combine or remove other statements.",
    ),
    Row(
        "Paths without a wildcard in the invalidations in progress, per distribution",
        MAX_ACTIVE_PATHS,
        "By ``deploy --invalidate``; and when CloudFront still refuses after 15 minutes of retries.",
        "Name folders, such as ``/static/*``. The paths that a deploy chooses have wildcards.",
    ),
    Row(
        "Paths with a wildcard in the invalidations in progress, per distribution",
        MAX_ACTIVE_WILDCARDS,
        "The same. A deploy invalidates ten at most.",
        "Use ``assets.fingerprint: path``, with which there is next to nothing to invalidate.",
    ),
)


class Quotas(SphinxDirective):
    """Every quota that a stack or a deploy may reach."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        return self.parse_text_to_nodes("\n".join(_lines()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("quotas", Quotas)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _lines() -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 30 10 25 35", "")
    yield from ("   * - What", "     - At most", "     - When it is reported", "     - What to do")
    shared = (
        Row(quota.what, quota.most, _COUNTED if quota.kind in COUNTED else _REFUSED, quota.remedy) for quota in SHARED
    )
    for row in (*shared, *OTHERS):
        yield f"   * - {row.what}"
        yield f"     - {row.most:,}"
        yield f"     - {mark(row.said)}"
        yield f"     - {mark(row.remedy)}"


def mark(text: str) -> str:
    """Return a sentence of the program with its keys linked and its commands marked as code."""
    text = re.sub(r"(?<!`)`([^`]+)`(?!`)", r"``\1``", text)
    # What is code already stays as it is; a lone * would begin emphasis.
    parts = re.split(r"(``[^`]+``)", text)
    return "".join(
        part if part.startswith("``") else _KEY.sub(r":confval:`\g<0>`", part.replace("*", r"\*")) for part in parts
    )
