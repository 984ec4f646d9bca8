"""Where viewers choose what S3 answers with, no answer may run as a page of the CDN's: a sandbox sees to that."""

from __future__ import annotations

import re

from ..settings.model import Settings

#: The directive that takes a page's origin and its scripts away (Content Security Policy Level 3, section 6.3.2).
SANDBOX = "sandbox"


def lets_viewers_choose(settings: Settings) -> bool:
    """Say whether query strings of any name reach a bucket, so that the edge must drop those that S3 acts on."""
    return settings.has_bucket and settings.forwarded_query_strings == "all"


def content_security_policy(settings: Settings) -> str | None:
    """Return the header that the edge sends, or None where it sends none.

    Where viewers choose what S3 answers with, ``sandbox`` stands in front of the settings' policy, unless that has a
    sandbox of its own.
    """
    policy = settings.delivery.csp or ""
    if not lets_viewers_choose(settings) or find_sandbox(policy) is not None:
        return policy or None
    return f"{SANDBOX}; {policy}" if policy else SANDBOX


def find_sandbox(policy: str) -> frozenset[str] | None:
    """Return what the sandbox of a policy allows, in lower case; None where it has no sandbox.

    Of several the first counts, and case does not (Content Security Policy Level 3, section 2.2.1).
    """
    directives = (part.lower().split() for part in re.split("[;,]", policy))
    return next((frozenset(words[1:]) for words in directives if words[:1] == [SANDBOX]), None)
