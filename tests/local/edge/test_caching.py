"""What viewers get of one origin behind the edge, and what the origin is asked."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import brotli
import pytest

from flask_cdn_stack.local.edge.origins import Surroundings
from flask_cdn_stack.local.edge.rules import CachePolicy, ErrorResponse, Group, Origin
from flask_cdn_stack.local.edge.server import EdgeServer
from flask_cdn_stack.local.launcher import reserve_port
from tests.conftest import wait_until
from tests.local.edge.site import POLICY, FakeOrigin, Reply, Seen, Site, ask, make_rules, open_site

_LARGE = b"body { color: teal }\n" * 100
_STYLE = {"Content-Type": "text/css", "ETag": '"1"'}


@pytest.fixture
def site() -> Iterator[Site]:
    with open_site(errors={404: ErrorResponse(7), 503: ErrorResponse(2)}) as site:
        yield site


def test_the_second_request_is_a_hit(site: Site) -> None:
    """With its age; the origin is asked once."""
    first = site.ask()
    site.clock.now += 30
    second = site.ask()

    assert (first.result, second.result) == ("Miss", "Hit")
    assert (first.status, first.body) == (second.status, second.body) == (200, b"one")
    assert (first.headers.get("age"), second.headers["age"]) == (None, "30")
    assert len(site.origin.asked) == 1


def test_what_the_edge_says_of_itself(site: Site) -> None:
    """Its place and its way are the same each time, and each request has an id."""
    first, second = site.ask().headers, site.ask().headers

    assert first["via"].startswith("1.1 ")
    assert first["via"].endswith(".cloudfront.net (CloudFront)")
    assert first["via"] == second["via"]
    assert first["x-amz-cf-pop"] == second["x-amz-cf-pop"] == "LOCAL50-C1"
    assert len({first["x-amz-cf-id"], second["x-amz-cf-id"]}) == 2


def test_what_the_origin_is_asked() -> None:
    """Only what is in the cache key, and the root object in place of nothing."""
    with open_site(root_object="a.css") as site:
        site.ask("/?utm=1&c=2", Accept_Encoding="deflate, br, gzip", Cookie="a=1", Referer="x", User_Agent="me")

    ((method, target, headers),) = site.origin.asked
    assert (method, target, headers["accept-encoding"]) == ("GET", "/a.css?c=2", "br,gzip")
    assert (headers["host"], headers["user-agent"]) == ("app.example", "Amazon CloudFront")
    assert not {"cookie", "referer"} & headers.keys()


def test_what_is_kept_apart(site: Site) -> None:
    """By the query strings of the list."""
    targets = ("/a.css", "/a.css?c=1", "/a.css?c=2", "/a.css?c=1&utm=3", "/a.css?x=1")

    assert site.results(*targets) == ["Miss", "Miss", "Miss", "Hit", "Hit"]


def test_an_expired_copy_that_is_right(site: Site) -> None:
    """The origin says so, and it is fresh again."""
    site.origin.replies["/a.css"] = Reply(headers={**_STYLE, "Cache-Control": "max-age=10"})
    first = site.ask()
    site.clock.now += 10
    second = site.ask()
    site.clock.now += 9
    third = site.ask()

    assert [first.result, second.result, third.result] == ["Miss", "RefreshHit", "Hit"]
    assert second.body == b"one"
    assert site.origin.asked[1][2]["if-none-match"] == '"1"'
    assert (third.headers["age"], len(site.origin.asked)) == ("9", 2)


def test_an_expired_copy_that_is_wrong(site: Site) -> None:
    """What is there now is sent."""
    site.origin.replies["/a.css"] = Reply(headers={**_STYLE, "Cache-Control": "max-age=10"})
    site.ask()
    site.origin.replies["/a.css"] = Reply(b"two", headers={**_STYLE, "ETag": '"2"'})
    site.clock.now += 10

    assert (site.ask().body, site.ask().result) == (b"two", "Hit")


def test_an_expired_copy_of_an_origin_in_trouble(site: Site) -> None:
    """Is sent for as long as the error would be kept, and grows older."""
    site.origin.replies["/a.css"] = Reply(headers={**_STYLE, "Cache-Control": "max-age=10"})
    site.ask()
    site.origin.replies["/a.css"] = Reply(b"down", 503)
    site.clock.now += 10
    stale, next_one = site.ask(), site.ask()
    site.clock.now += 2
    site.ask()

    assert (stale.status, stale.body, stale.headers["age"]) == (200, b"one", "10")
    assert (next_one.body, len(site.origin.asked)) == (b"one", 3)


def test_stale_while_revalidate(site: Site) -> None:
    """The viewer does not wait."""
    said = {**_STYLE, "Cache-Control": "max-age=10, stale-while-revalidate=60"}
    site.origin.replies["/a.css"] = Reply(headers=said)
    site.ask()
    site.origin.replies["/a.css"] = Reply(b"two", headers={**said, "ETag": '"2"'})
    site.clock.now += 20

    assert site.ask().body == b"one"
    assert wait_until(lambda: site.ask().body == b"two")


@pytest.mark.parametrize("said", ["no-store", "private", "no-cache"])
def test_what_is_not_kept(site: Site, said: str) -> None:
    """The origin says so."""
    site.origin.replies["/a.css"] = Reply(headers={**_STYLE, "Cache-Control": said})

    assert site.results("/a.css", "/a.css") == ["Miss", "Miss"]


def test_errors(site: Site) -> None:
    """A missing file is kept for its time, and what S3 says of one to who may not list is not."""
    missing = site.ask("/none.css")
    site.origin.replies["/none.css"] = Reply()
    site.origin.replies["/denied.css"] = Reply(b"denied", 403)
    still = site.ask("/none.css")
    site.clock.now += 7

    assert (missing.status, missing.result) == (still.status, still.result) == (404, "Error")
    assert site.ask("/none.css").status == 200
    assert [site.ask("/denied.css").result for _ in range(2)] == ["Error", "Error"]
    assert site.origin.targets.count("/denied.css") == 2


def test_error_pages() -> None:
    """Stand for an error, with the status that the distribution says, and are kept as it is."""
    errors = {404: ErrorResponse(60, "/errors/404.html", 200), 403: ErrorResponse(60, "/gone.html", 200)}
    with open_site(errors=errors) as site:
        site.origin.replies["/errors/404.html"] = Reply(b"not here", headers={"Content-Type": "text/html"})
        site.origin.replies["/denied.css"] = Reply(b"denied", 403)
        pages = [site.ask("/none.css") for _ in range(2)]
        denied = site.ask("/denied.css")

        assert [(page.status, page.body, page.result) for page in pages] == [(200, b"not here", "Error")] * 2
        assert (denied.status, denied.body) == (404, b"missing")
        assert site.origin.targets == ["/none.css", "/errors/404.html", "/denied.css", "/gone.html"]


def test_an_origin_that_is_not_there() -> None:
    """Is 502, with a word of the edge's."""
    rules = make_rules(reserve_port(0))
    with EdgeServer(Surroundings("", custom_address="127.0.0.1"), rules) as edge:
        seen = ask(edge.port, "/a.css")

    assert (seen.status, seen.result) == (502, "Error")
    assert b"the origin app does not answer" in seen.body


@pytest.mark.parametrize(
    ("accepted", "encoding", "decode"),
    [("gzip, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("identity", None, bytes)],
)
def test_compression(site: Site, accepted: str, encoding: str | None, decode: Any) -> None:
    """Each viewer gets what it takes, twice the same, and caches are told."""
    site.origin.replies["/a.css"] = Reply(_LARGE, headers=_STYLE)
    first, second = (site.ask(Accept_Encoding=accepted) for _ in range(2))

    assert (first.headers.get("content-encoding"), decode(first.body)) == (encoding, _LARGE)
    assert first.headers["etag"] == ('W/"1"' if encoding else '"1"')
    assert first.headers["vary"] == "Accept-Encoding"
    assert (second.body, second.result) == (first.body, "Hit")


@pytest.mark.parametrize(
    ("behavior", "is_chunked"),
    [
        ({"compress": False}, False),
        ({"cache": CachePolicy()}, False),
        ({"cache": replace(POLICY, default_ttl=0, max_ttl=0)}, False),
        ({}, True),
    ],
)
def test_no_compression(behavior: dict[str, Any], is_chunked: bool) -> None:
    """The behavior says no, the policy says no, nothing is kept, or nobody knows how long it will be."""
    with open_site(behavior) as site:
        site.origin.replies["/a.css"] = Reply(_LARGE, headers=_STYLE, is_chunked=is_chunked)
        seen = site.ask(Accept_Encoding="br")

        assert ("content-encoding" in seen.headers, seen.body) == (False, _LARGE)


def test_a_large_object_that_expires_compressed(site: Site) -> None:
    """The origin is asked by its own ETag, and what is sent stays compressed."""
    body = _LARGE * 100
    site.origin.replies["/a.css"] = Reply(body, headers={**_STYLE, "Cache-Control": "max-age=1"})
    site.ask(Accept_Encoding="br")
    site.clock.now += 1

    seen = site.ask(Accept_Encoding="br")

    assert (seen.result, seen.headers["etag"], brotli.decompress(seen.body)) == ("RefreshHit", 'W/"1"', body)


def test_head(site: Site) -> None:
    """Says of the body how long it is, and leaves it in the cache for who wants it."""
    head, get = site.ask(method="HEAD"), site.ask()

    assert (head.status, head.headers["content-length"], head.body) == (200, "3", b"")
    assert (get.result, get.body) == ("Hit", b"one")


def test_parts_and_conditions_are_served_from_the_cache(site: Site) -> None:
    """The origin was asked for the whole, without the viewer's conditions."""
    answers = [
        site.ask(Range="bytes=1-"),
        site.ask(If_None_Match='"1"'),
        site.ask("/b.css", If_None_Match='"1"'),
    ]

    assert [(seen.status, seen.body) for seen in answers] == [(206, b"ne"), (304, b""), (404, b"missing")]
    assert answers[1].result == "Hit"
    assert all(not {"range", "if-none-match"} & headers.keys() for _, _, headers in site.origin.asked)


def test_many_viewers_at_once() -> None:
    """One of them has the origin asked, and all get what it says ("Request collapsing")."""
    with open_site() as site, ThreadPoolExecutor(20) as viewers:
        seen = list(viewers.map(lambda _: site.ask(), range(200)))

        assert {one.body for one in seen} == {b"one"}
        assert len(site.origin.asked) == 1


def test_methods() -> None:
    """A preflight and a form reach the origin where they are allowed, and are not kept; others are refused."""
    behavior = {"allowed_methods": ("GET", "HEAD", "OPTIONS", "POST")}
    with open_site(behavior) as site:
        site.origin.replies["/a.css"] = Reply(b"done", headers={"Cache-Control": "max-age=60"})
        asked = {"Origin": "https://a.example", "Access_Control_Request_Method": "GET"}
        results = [site.ask(method=method, **asked).result for method in ("OPTIONS", "OPTIONS", "POST")]

        assert results == ["Miss"] * 3
        assert site.origin.asked[0][2]["access-control-request-method"] == "GET"
        assert (site.ask(method="PUT").status, len(site.origin.asked)) == (403, 3)


@pytest.mark.parametrize(("policy", "status"), [("redirect-to-https", 301), ("https-only", 403), ("allow-all", 200)])
def test_plain_http(policy: str, status: int) -> None:
    """A viewer on loopback counts as one by https, unless it says otherwise."""
    with open_site({"viewer_protocol": policy}) as site:
        assert site.ask().status == 200
        seen = site.ask(X_Forwarded_Proto="http")

        assert seen.status == status
        if status == 301:
            assert (seen.headers["location"], seen.result) == ("https://cdn.example/a.css", "Redirect")


_MOVE = """
function handler(event) {
    var request = event.request;
    if (request.uri === '/private.css') return {statusCode: 404, headers: {'x-by': {value: 'function'}}};
    if (request.uri === '/broken.css') throw new Error('oh');
    if (request.uri === '/odd.css') return {};
    request.uri = request.uri.replace('/old/', '/');
    return request;
}
"""
_SIGN = """
function handler(event) {
    event.response.headers['x-seen'] = {value: event.request.uri + ' ' + event.response.statusCode};
    return event.response;
}
"""


def test_functions() -> None:
    """One changes the request and so the cache key, answers by itself, or fails; the other changes the answer."""
    with open_site({"viewer_request": _MOVE, "viewer_response": _SIGN}) as site:
        moved, plain = site.ask("/old/a.css"), site.ask("/a.css")
        private, broken, odd, missing = (site.ask(f"/{name}.css") for name in ("private", "broken", "odd", "missing"))

        assert (moved.body, moved.headers["x-seen"], plain.result) == (b"one", "/a.css 200", "Hit")
        assert (private.status, private.headers["x-by"]) == (404, "function")
        assert private.result == "FunctionGeneratedResponse"
        assert (broken.status, broken.result) == (503, "FunctionExecutionError")
        assert (odd.status, odd.result) == (502, "FunctionValidationError")
        assert "x-seen" not in missing.headers
        assert site.origin.targets == ["/a.css", "/missing.css"]


def test_the_second_origin_stands_in_for_the_first() -> None:
    """Where that has one of the statuses, or is not there; what it answers is kept."""
    group = {"both": Group(("app", "spare"), frozenset({404}))}
    with FakeOrigin() as spare:
        spare.replies.update({"/b.css": Reply(b"spare"), "/a.css": Reply(b"spare")})
        second = Origin("spare", "spare.example", is_bucket=False, scheme="http", port=spare.port)
        with open_site({"origin": "both"}, groups=group) as site:
            rules = make_rules(site.origin.port, {"origin": "both"}, groups=group)
            rules = replace(rules, origins={**rules.origins, "spare": second})
            down = replace(rules, origins={**rules.origins, "app": replace(second, id="app", port=reserve_port(0))})
            found: list[Seen] = []
            for one in (rules, down):
                with EdgeServer(Surroundings("", custom_address="127.0.0.1"), one) as edge:
                    found += [ask(edge.port, path) for path in ("/a.css", "/b.css", "/b.css")]

    assert [seen.body for seen in found] == [b"one", b"spare", b"spare", b"spare", b"spare", b"spare"]
    assert [seen.result for seen in found[1:3]] == ["Miss", "Hit"]


@pytest.mark.parametrize(
    ("line", "status", "asked"),
    [
        ("GET http://other.example/a.css?c=1 HTTP/1.1", 200, ["/a.css?c=1"]),
        ("GET http://other.example HTTP/1.1", 404, ["/"]),
        ("GET /b//a.css/../%zz HTTP/1.1", 404, ["/b//a.css/../%zz"]),
        ("GET @127.0.0.1:1/ HTTP/1.1", 400, []),
        ("GET /a b HTTP/1.1", 400, []),
        ("GET /\0 HTTP/1.1", 400, []),
        ("GET / HTTP/9.9", 400, []),
        ("nonsense", 400, []),
    ],
)
def test_odd_requests(site: Site, line: str, status: int, asked: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    """Never lead anywhere but to the origin, and say nothing in the terminal."""
    with socket.create_connection(("127.0.0.1", site.edge.port), 10) as connection:
        connection.sendall(f"{line}\r\nHost: cdn.example\r\nCookie: {'a' * 10_000}\r\n\r\n".encode())
        answer = connection.recv(65536)

    assert int(answer.split()[1]) == status
    assert site.origin.targets == asked
    assert capfd.readouterr().err == ""


def find_edges() -> set[threading.Thread]:
    """Return the threads of every edge in this process, of which other tests may have one."""
    return {thread for thread in threading.enumerate() if thread.name == "edge"}


def test_it_stops_while_viewers_wait() -> None:
    """None of its threads is left."""
    before = find_edges()
    with open_site() as site, ThreadPoolExecutor(1) as viewers:
        viewers.submit(site.ask)
        assert len(find_edges() - before) == 1
    assert find_edges() <= before
