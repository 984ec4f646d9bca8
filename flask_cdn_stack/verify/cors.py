"""CORS checks: requests that browsers would make from other origins (Fetch standard, "CORS protocol")."""

from __future__ import annotations

from collections.abc import Iterator

from ..naming import compile_globs
from .content import judge_failure
from .faults import find_fault
from .model import Looked, Note, Outcome, PublishedFile, Rules, Subject
from .viewer import Answer, NoAnswerError, Viewer

#: An origin that nobody owns (RFC 2606, section 2), to test what any other site's pages may do.
STRANGER = "https://flask-cdn-stack.invalid"

# File types that browsers always request with CORS.
_NEED_CORS = compile_globs(["*.woff", "*.woff2", "*.ttf", "*.otf", "*.mjs"])


def choose_origin(rules: Rules) -> str:
    """Return an allowed origin to send."""
    named = next(iter(rules.origins), "*")
    return STRANGER if named == "*" else named.replace("*", "verify")


def check_permission(file: PublishedFile, answer: Answer, rules: Rules) -> Iterator[Outcome]:
    """Check the CORS headers of a response to the origin from :func:`choose_origin`."""
    if answer.status != 200 or not rules.origins or not (rules.sends_cors or _NEED_CORS(file.key)):
        return
    yield Looked("cors")
    origin, found = choose_origin(rules), answer.headers.get("access-control-allow-origin", "missing")
    if found not in ("*", origin):
        yield find_fault("cors-missing", file.url, origin=origin, found=found)
    vary = answer.headers.get("vary", "missing")
    if rules.sends_cors and not {"origin", "*"} & {name.strip().lower() for name in vary.split(",")}:
        yield find_fault("cors-vary", file.url, found=vary)


def check_stranger(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Check that a page from an origin that the settings do not allow may not use a file."""
    rules = subject.rules
    if not rules.origins or "*" in rules.origins or not rules.sends_cors:
        return
    yield Looked("cors")
    try:
        answer = viewer.ask(file.url, {"Origin": STRANGER}, size=file.size)
    except NoAnswerError as error:
        yield judge_failure(file.url, error, viewer.limits)
        return
    if answer.headers.get("access-control-allow-origin") in ("*", STRANGER):
        yield find_fault("cors-foreign", file.url, origin=STRANGER)


def check_preflight(viewer: Viewer, file: PublishedFile, subject: Subject) -> Iterator[Outcome]:
    """Send a preflight for a custom header. Fonts, modules, images and style sheets need no preflight.

    S3 answers 403 if the bucket has no CORS rules; that is a note, not a fault.
    """
    if not subject.rules.origins:
        return
    origin = choose_origin(subject.rules)
    asked = {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-verify"}
    try:
        answer = viewer.ask(file.url, asked, method="OPTIONS", size=file.size)
    except NoAnswerError as error:
        yield judge_failure(file.url, error, viewer.limits)
        return
    if not 200 <= answer.status < 300:
        yield Note("cors", f"no preflight ({answer.status}), which files do not need")
        return
    yield Looked("cors")
    if lacks := _find_lack(answer, origin):
        yield find_fault("preflight", file.url, origin=origin, status=answer.status, lacks=lacks)


def _find_lack(answer: Answer, origin: str) -> str:
    if answer.headers.get("access-control-allow-origin") not in ("*", origin):
        return "use the file"
    # GET is always allowed (Fetch standard, "CORS-safelisted method"), but a list without it is a mistake.
    methods = answer.headers.get("access-control-allow-methods", "GET").upper()
    return "" if {"GET", "*"} & {name.strip() for name in methods.split(",")} else "ask with GET"
