"""If viewers can choose S3's content type by query strings, a CSP sandbox keeps responses from running as pages."""

from __future__ import annotations

import re

from ..settings.model import Settings

#: The directive that denies a page its origin and scripts (Content Security Policy Level 3, section 6.3.2).
SANDBOX = "sandbox"


def lets_viewers_choose(settings: Settings) -> bool:
    """Return whether all query strings reach a bucket, so the edge must drop those that S3 acts on."""
    return settings.has_bucket and settings.forwarded_query_strings == "all"


def content_security_policy(settings: Settings) -> str | None:
    """Return the Content-Security-Policy that the edge sends, or None.

    If viewers can choose S3's content type, ``sandbox`` is put in front of the settings' policy, unless that has its
    own sandbox.
    """
    policy = settings.delivery.csp or ""
    if not lets_viewers_choose(settings) or find_sandbox(policy) is not None:
        return policy or None
    return f"{SANDBOX}; {policy}" if policy else SANDBOX


def find_sandbox(policy: str) -> frozenset[str] | None:
    """Return what a policy's sandbox allows, in lower case; None if it has no sandbox.

    Of several, the first counts; case does not matter (Content Security Policy Level 3, section 2.2.1).
    """
    directives = (part.lower().split() for part in re.split("[;,]", policy))
    return next((frozenset(words[1:]) for words in directives if words[:1] == [SANDBOX]), None)
