"""One fault of a CDN after the other, and what is found: the table of the faults is met row by row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

import pytest

from flask_cdn_stack.verify.faults import CHECKS, FAULTS, find_fault
from flask_cdn_stack.verify.model import Page, Rules, Subject, VerifyReport
from flask_cdn_stack.verify.run import verify
from flask_cdn_stack.verify.viewer import Limits, Viewer
from tests.verify.fake_cdn import CACHE, HOST, LOGO, STYLE, Asked, FakeCDN, Fault, Given, no_fault, pack

LIMITS = Limits(connect=1.0, whole=1.0, pause=0.0)

_LOGO, _STYLE = "static/logo.svg", "static/css/app.css"
_SHOP = "https://shop.example"
_PAGE = f"{_SHOP}/"


def look(cdn: FakeCDN, subject: Subject) -> VerifyReport:
    """Look at a subject."""
    with Viewer(cdn.way, LIMITS) as viewer:
        return verify(subject, viewer)


def at_logo(change: Callable[[Given], Given | None]) -> Fault:
    """Make a fault of each answer to a first request for the picture."""
    return lambda asked, given: change(given) if asked.path == f"/{_LOGO}" and asked.is_plain else given


def header(name: str, value: str | None) -> Fault:
    """Give a header of the picture another value."""
    return at_logo(lambda given: given.with_header(name, value))


def status(number: int, **headers: str) -> Fault:
    """Answer with a status."""
    return at_logo(lambda given: Given(number, headers))


def packed(change: Callable[[Given], Given]) -> Fault:
    """Make a fault of the style sheet, compressed with gzip."""
    return lambda asked, given: change(given) if asked.headers.get("accept-encoding") == "gzip" else given


def reads(path: str) -> Fault:
    """Let everybody read a path."""
    return lambda asked, given: Given(200, {}, b"secret") if asked.path == path else given


def changes_by(query: str) -> Fault:
    """Let viewers choose the content type, by a query that is written so."""
    return lambda asked, given: given.with_header("Content-Type", "text/html") if query in asked.query else given


class Row(NamedTuple):
    """A fault, its place in the table, the file, and the words that are shown; ``subject`` changes what is known."""

    code: str
    fault: Fault
    words: dict[str, Any]
    path: str = f"{_LOGO}?c={hashlib.sha256(LOGO).hexdigest()}"
    subject: dict[str, Any] = {}


def page(*references: str, **more: Any) -> dict[str, Any]:
    """Return a page that names something."""
    return {"pages": (Page(_PAGE, references, **more),)}


_SHOP_ONLY = {"rules": Rules((_SHOP,))}
_ANYBODY = {"rules": Rules(("*",))}
_STRANGER = "https://flask-cdn-stack.invalid"
_OLD = f"{_LOGO}?c={'0' * 64}"
_SHEET = f"{_STYLE}?c={hashlib.sha256(STYLE).hexdigest()}"

ROWS = [
    Row("no-answer", at_logo(lambda given: None), {"reason": "Remote end closed connection without response"}),
    Row("too-slow", at_logo(lambda given: replace(given, waits=2.0)), {"seconds": "1 s"}),
    Row("moved", status(302, Location="/login"), {"status": 302, "location": "/login"}),
    Row("missing", status(403), {"status": 403}),
    Row("server-error", status(503), {"status": 503, "times": "3 times"}),
    Row("status", status(418), {"status": 418}),
    Row("too-long", at_logo(lambda given: replace(given, body=LOGO + b"more")), {"size": f"{len(LOGO)} bytes"}),
    Row(
        "other-bytes", at_logo(lambda given: replace(given, body=b"x")),
        {"size": "1 byte", "checksum": "2d711642b726b044..."},
    ),
    Row("type", header("Content-Type", "text/html"), {"found": "text/html", "wanted": "image/svg+xml"}),
    Row("type", header("Content-Type", None), {"found": "missing", "wanted": "image/svg+xml"}),
    Row("type", header("Content-Type", "a\x1b[1m"), {"found": "a\ufffd[1m", "wanted": "image/svg+xml"}),
    Row("encoding", header("Content-Encoding", "zstd"), {"found": "zstd", "wanted": "none"}),
    Row("header", no_fault, {"name": "Content-Language", "found": "missing", "wanted": "de"}),
    Row("cache", header("Cache-Control", "no-cache"), {"found": "no-cache", "wanted": CACHE}),
    Row("cache", header("Cache-Control", None), {"found": "missing", "wanted": CACHE}),
    Row(
        "cors-missing", header("Access-Control-Allow-Origin", "https://other.example"),
        {"origin": _SHOP, "found": "https://other.example"}, subject=_SHOP_ONLY,
    ),
    Row("cors-vary", header("Vary", "Accept-Encoding"), {"found": "Accept-Encoding"}, subject=_ANYBODY),
    Row("cors-foreign", no_fault, {"origin": _STRANGER}, subject=_SHOP_ONLY),
    Row(
        "preflight", lambda asked, given: given.with_header("Access-Control-Allow-Methods", "POST"),
        {"origin": _STRANGER, "status": 200, "lacks": "ask with GET"}, subject=_ANYBODY,
    ),
    Row("uncompressed", packed(lambda given: Given(200, {}, STYLE)), {"encoding": "gzip"}, _SHEET),
    Row(
        "compressed-bytes", packed(lambda given: replace(given, body=pack("gzip", STYLE + b"x"))),
        {"encoding": "gzip", "reason": "other bytes come out of it"}, _SHEET,
    ),
    Row(
        "compressed-bytes", packed(lambda given: replace(given, body=b"x")),
        {"encoding": "gzip", "reason": "it cannot be unpacked"}, _SHEET,
    ),
    Row(
        "miss", lambda asked, given: given.with_header("X-Cache", "Miss from cloudfront"),
        {"times": "5 times", "seen": "x-cache: Miss from cloudfront"},
    ),
    *(
        Row("query", changes_by(query), {"query": f"{query}=text/html", "what": "content-type text/html"})
        for query in ("response-content-type", "Response-Content-Type", "response%2Dcontent%2Dtype")
    ),
    Row("own-folder", reads("/.flask-cdn-stack/state.json.gz"), {"status": 200}, ".flask-cdn-stack/state.json.gz"),
    Row("own-folder", reads("/%2Eflask-cdn-stack/state.json.gz"), {"status": 200}, "%2Eflask-cdn-stack/state.json.gz"),
    Row("listing", reads("/"), {"status": 200}, ""),
    Row(
        "bucket-open", reads(f"/bucket/shop/{_LOGO}"), {"status": 200}, f"bucket/shop/{_LOGO}",
        {"bucket": f"http://{HOST}/bucket", "prefix": "shop/"},
    ),
    Row("page", no_fault, {"reason": "it answers 500"}, "/", page(problem="it answers 500")),
    Row(
        "named-missing", no_fault, {"reason": "answers 404", "page": _PAGE}, "/\ufffd[1m.js",
        page(broken=((f"{_SHOP}/\x1b[1m.js", "answers 404"),)),
    ),
    Row(
        "named-missing", no_fault, {"reason": "answers 404", "page": _PAGE}, "/local.js",
        page(broken=((f"{_SHOP}/local.js", "answers 404"),)),
    ),
    Row(
        "named-missing", no_fault, {"reason": "answers 403", "page": _PAGE}, "static/gone.js",
        page(f"http://{HOST}/static/gone.js"),
    ),
    Row("named-earlier", no_fault, {"page": _PAGE}, _OLD, page(f"https://{HOST}/{_OLD}")),
    Row(
        "named-earlier", reads("/static/app.0123456789abcdef.js"), {"page": _PAGE}, "static/app.0123456789abcdef.js",
        page(f"//{HOST}/static/app.0123456789abcdef.js"),
    ),
    Row(
        "named-other", lambda asked, given: replace(given, body=b"x") if "t=1" in asked.query else given,
        {"page": _PAGE}, f"{_LOGO}?t=1", page(f"http://{HOST}/{_LOGO}?t=1"),
    ),
]  # fmt: skip

# Of the host, which have tests of their own.
_ELSEWHERE = {
    *("name-unknown", "unreachable", "stopped", "wrong-certificate", "certificate-ends", "old-tls", "plain-http"),
}


def test_nothing_is_wrong(cdn: FakeCDN) -> None:
    """Every check has looked at something, in the order in which they are shown."""
    subject = cdn.publish(
        rules=Rules(("*",)), bucket=f"http://{HOST}/bucket", pages=(Page(_PAGE, (f"//{HOST}/{_SHEET}",)),)
    )

    report = look(cdn, subject)

    assert report.failed == ()
    assert report.checked == tuple(file.url for file in subject.files)
    looked = {check.name: check.looked for check in report.checks}
    assert list(looked) == list(CHECKS)
    assert [name for name, number in looked.items() if not number] == ["certificate", "http"]
    assert looked["pages"] == 3  # the page, its style sheet, and the picture that is named in there


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.code)
def test_a_fault(cdn: FakeCDN, row: Row) -> None:
    """It is found once, by its check, with its way out."""
    cdn.fault = row.fault
    subject = replace(cdn.publish(), **row.subject)
    if row.code == "header":
        files = (file._replace(others=(("Content-Language", "de"),)) for file in subject.files if file.key == _LOGO)
        subject = replace(subject, files=tuple(files))
    url = f"{_SHOP}{row.path}" if row.path[:1] == "/" else f"http://{HOST}/{row.path}"

    found = [finding for finding in look(cdn, subject).failed if finding.url == url]

    assert find_fault(row.code, url, **row.words) in found
    assert {finding.problem for finding in found} == {find_fault(row.code, url, **row.words).problem}


def test_the_table_is_whole() -> None:
    """Every row of it is met, has a check that is shown, and says what to do in sentences."""
    assert {row.code for row in ROWS} | _ELSEWHERE == {fault.code for fault in FAULTS}
    assert {fault.check for fault in FAULTS} == set(CHECKS)
    assert [fault.code for fault in FAULTS if not fault.remedy.endswith(".")] == []


def test_a_moment_s_trouble(cdn: FakeCDN) -> None:
    """What is answered 503, or not at all, is asked for again, and then nothing is wrong."""
    troubles: list[Given | None] = [Given(503), None]

    def fail_first(asked: Asked, given: Given) -> Given | None:
        return troubles[asked.before] if asked.is_plain and asked.before < 2 else given

    cdn.fault = fail_first

    assert look(cdn, cdn.publish()).failed == ()


@pytest.mark.parametrize(
    ("subject", "fault", "check", "note"),
    [
        ({"is_local": True}, lambda asked, given: given.with_header("X-Cache", "Miss from cloudfront"), "hit",
         "not seen: a local AWS without an edge"),
        ({}, lambda asked, given: given.with_header("X-Cache", None), "hit",
         "not seen: no header X-Cache, by which CDNs say so"),
        ({"is_local": True}, packed(lambda given: Given(200, {}, STYLE)), "compression",
         "not seen: a local AWS without an edge"),
        ({"rules": Rules(is_own=False)}, packed(lambda given: Given(200, {}, STYLE)), "compression",
         "not seen: a CDN that is not a stack's"),
        ({"rules": Rules(is_own=False), "bucket": f"http://{HOST}"}, no_fault, "private",
         "the bucket can be read around the CDN"),
        ({"rules": Rules(("*",))}, lambda asked, given: Given(403) if asked.method == "OPTIONS" else given, "cors",
         "no preflight (403), which files do not need"),
        (page(f"{_SHOP}/own.js"), no_fault, "pages", f"no page names a URL of {HOST}"),
    ],
)  # fmt: skip
def test_what_is_nobody_s_fault(cdn: FakeCDN, subject: dict[str, Any], fault: Fault, check: str, note: str) -> None:
    """It is said beside the check, and is no finding."""
    cdn.fault = fault

    report = look(cdn, replace(cdn.publish(), **subject))

    assert report.failed == ()
    assert note in next(found.notes for found in report.checks if found.name == check)


def test_a_cdn_of_one_s_own(cdn: FakeCDN) -> None:
    """Where others say which headers there are, only what browsers refuse to use without them is a fault."""
    cdn.files = {"a.woff2": ("font/woff2", b"font"), "a.png": ("image/png", b"picture")}
    cdn.fault = lambda asked, given: given.with_header("Access-Control-Allow-Origin", None).with_header("Vary", None)

    report = look(cdn, cdn.publish(rules=Rules(("*",), is_own=False, sends_cors=False)))

    assert [finding.url.partition("?")[0] for finding in report.failed if "Allow-Origin" in finding.problem] == [
        f"http://{HOST}/a.woff2"
    ]


def test_stored_compressed(cdn: FakeCDN) -> None:
    """A file that may have been stored with gzip is compared with what was packed."""
    cdn.fault = lambda asked, given: (
        replace(given.with_header("Content-Encoding", "gzip"), body=pack("gzip", STYLE))
        if asked.path == f"/{_STYLE}"
        else given
    )
    subject = cdn.publish()
    files = tuple(file._replace(may_be_packed=file.key == _STYLE) for file in subject.files)

    assert look(cdn, replace(subject, files=files)).failed == ()
    wrong = tuple(file._replace(checksum="0" * 64) for file in files)
    assert {finding.check for finding in look(cdn, replace(subject, files=wrong)).failed} == {"bytes"}


def test_what_no_compression_makes_smaller(cdn: FakeCDN) -> None:
    """The edge compresses it all the same, to something longer, which is read to its end."""
    cdn.files["static/noise.js"] = ("text/javascript; charset=utf-8", Random(1).randbytes(2_000))

    assert look(cdn, cdn.publish()).failed == ()
