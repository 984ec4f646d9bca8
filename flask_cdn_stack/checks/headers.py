"""Checks of the settings for response headers: what CloudFront refuses, and what browsers would not understand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ..errors import SettingsError
from ..settings.delivery import Delivery
from ..settings.model import Settings
from .assets import PRINTABLE
from .content_security import content_security_policy, find_sandbox, lets_viewers_choose
from .lists import check_once
from .removed_headers import KEY_HEADERS, uses_keys

#: Most characters of a Content-Security-Policy (CloudFront developer guide, "Quotas").
MAX_CSP = 1783

#: Most characters of Access-Control-Allow-Origin, by the same page.
MAX_ORIGIN = 1783

#: AWS's managed policies (CloudFront developer guide, "Use managed response headers policies"). None removes a header.
MANAGED_POLICIES = frozenset({
    "60669652-455b-4ae9-85a4-c4c02393f86c", "5cc3b908-e619-4b99-88e5-2cf7f45965bd",
    "67f7725c-6f97-4210-82d7-5512b31e9d03", "e61eb60c-9c35-4d20-a928-2b84e02af89c",
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
})  # fmt: skip

# Managed policies that add CORS headers: all but SecurityHeadersPolicy. None has custom headers.
_MANAGED_CORS = MANAGED_POLICIES - {"67f7725c-6f97-4210-82d7-5512b31e9d03"}

_PAGE = '(CloudFront developer guide, "Understand response headers policies")'
# With both of these a page could remove its sandbox (HTML Standard, "The iframe element", sandbox).
_OPENS = frozenset({"allow-scripts", "allow-same-origin"})

_LABEL = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_ORIGIN = re.compile(rf"https?://(\*\.)?{_LABEL}(\.{_LABEL})*(:(?P<port>[0-9]{{1,5}}))?")


def check_headers(settings: Settings) -> None:
    """Refuse headers that CloudFront cannot send.

    :raises SettingsError: for the first fault found.
    """
    _check_cors(settings.delivery.cors)
    _check_csp(settings)
    if lets_viewers_choose(settings):
        _check_sandbox(settings.delivery)
    if settings.delivery.response_headers_policy_id in MANAGED_POLICIES:
        check_removed(settings, ())


def check_removed(settings: Settings, removed: Iterable[str]) -> None:
    """Refuse an existing policy that shows viewers which KMS key encrypts the bucket's files.

    :param removed: the names of the headers that it removes; case does not matter.
    :raises SettingsError: it shows the key.
    """
    policy = settings.delivery.response_headers_policy_id
    shown = {*KEY_HEADERS} - {name.lower() for name in removed}
    if policy is not None and shown and uses_keys(settings):
        raise SettingsError(
            f"delivery.response_headers_policy_id: {policy!r} does not remove {' and '.join(sorted(shown))}, in which "
            "S3 tells every viewer the key of bucket.encryption and the account's id "
            '(S3 API reference, "GetObject", response headers).',
            "Let the policy remove them, or take it out: the stack's own removes them.",
        )


def warn_of_headers(settings: Settings) -> Iterator[str]:
    """Yield a warning if an existing policy replaces the settings."""
    delivery = settings.delivery
    if delivery.response_headers_policy_id is None:
        return
    keys = [key for key in ("cors", "hsts", "csp") if getattr(delivery, key) != getattr(Delivery(), key)]
    if keys:
        yield (
            f"{', '.join(f'delivery.{key}' for key in keys)}: of no effect beside delivery.response_headers_policy_id, "
            "whose policy says which headers are sent."
        )
    if delivery.response_headers_policy_id in _MANAGED_CORS:
        yield from warn_of_vary(settings, "")


def warn_of_vary(settings: Settings, vary: str) -> Iterator[str]:
    """Yield a warning for an existing policy that adds CORS headers without ``Vary: Origin``.

    :param vary: the value of its custom header ``Vary``; empty if it has none.
    """
    if "origin" not in (name.strip().lower() for name in vary.split(",")):
        yield (
            f"delivery.response_headers_policy_id: {settings.delivery.response_headers_policy_id!r} adds CORS headers "
            "and no Vary that names Origin, so that browsers refuse a file with crossorigin that they have from a page "
            'without it (Fetch standard, "CORS protocol and HTTP caches"); let a policy of your own add the header '
            "Vary: Accept-Encoding, Origin."
        )


def _check_cors(cors: str | tuple[str, ...] | None) -> None:
    hint = 'Write "*" for every origin, off, or a list of origins such as https://shop.example.'
    if not isinstance(cors, tuple):
        return
    if not cors:
        raise SettingsError(
            f"delivery.cors: the list is empty, and CloudFront wants one origin at least {_PAGE}.", hint
        )
    for origin in cors:
        check_once("delivery.cors", origin, cors, _PAGE)
        if len(origin) > MAX_ORIGIN:
            raise SettingsError(
                f"delivery.cors: {origin[:20]!r}... has {len(origin)} characters, and CloudFront takes {MAX_ORIGIN} "
                '(CloudFront developer guide, "Quotas").',
                hint,
            )
        if not _is_origin(origin):
            raise SettingsError(
                f"delivery.cors: {origin!r} is not an origin: scheme://host or scheme://host:port in lower case, "
                f"without path or trailing slash, and * only as the host's first part {_PAGE}.",
                hint,
            )


def _is_origin(text: str) -> bool:
    match = _ORIGIN.fullmatch(text)
    return match is not None and 1 <= int(match["port"] or 1) <= 65535


def _check_csp(settings: Settings) -> None:
    csp = settings.delivery.csp
    if csp is None:
        return
    if not PRINTABLE.fullmatch(csp):
        raise SettingsError(
            f"delivery.csp: {csp[:80]!r} is empty, has more than one line, begins or ends with a space, or has "
            f"characters that are not printable ASCII {_PAGE}.",
            "Write it on one line, as in: default-src 'none'; style-src 'self', or say off.",
        )
    if "{{" in csp:
        raise SettingsError(
            f"delivery.csp: {csp[:80]!r} has {{{{, and CloudFormation puts what {{{{resolve:...}}}} names in its "
            'place, be it a secret, for every viewer to read (CloudFormation user guide, "Dynamic references").',
            "Write what is meant itself.",
        )
    sent = content_security_policy(settings) or ""
    if len(sent) > MAX_CSP:
        raise SettingsError(
            f"delivery.csp: {sent[:20]!r}... has {len(sent)} characters, and CloudFront takes {MAX_CSP} "
            '(CloudFront developer guide, "Quotas").',
            "Shorten it: one *.host stands for many hosts.",
        )


def _check_sandbox(delivery: Delivery) -> None:
    hint = "Or name the query_strings that your URLs carry, such as [t, c, v]."
    if delivery.response_headers_policy_id is not None:
        raise SettingsError(
            f"delivery.response_headers_policy_id: {delivery.response_headers_policy_id!r} takes the place of the "
            "Content-Security-Policy: sandbox, which answers of a bucket need while query_strings is all, because "
            'viewers may then make a file a page (S3 API reference, "GetObject").',
            f"Take it out; delivery.cors, delivery.hsts and delivery.csp say what is sent. {hint}",
        )
    if delivery.csp is not None and (find_sandbox(delivery.csp) or frozenset()) >= _OPENS:
        raise SettingsError(
            f"delivery.csp: {delivery.csp[:80]!r} has a sandbox that allows scripts and the CDN's origin, while "
            "query_strings is all on a bucket and viewers may make a file a page "
            '(HTML Standard, "The iframe element", sandbox).',
            f"Take allow-scripts or allow-same-origin out. {hint}",
        )
