"""Query strings that S3 acts on, where the distribution signs the request: no viewer can use one."""

from __future__ import annotations

from typing import Any

from flask_cdn_stack.verify import Answer
from tests.live.sites import Site, uses

OVERRIDES = (
    "response-content-type=text/html",
    "Response-Content-Type=text/html",
    "RESPONSE-CONTENT-TYPE=text/html",
    "response%2Dcontent%2Dtype=text/html",
    "response%2dContent-type=text/html",
    "%72esponse-content-disposition=attachment",
    "c=1&response-cache-control=no-store",
    "response-expires=0&response-content-encoding=gzip",
    "versionId=null",
    "version%49d=null",
    "acl",
    "%61cl",
    "torrent",
    "partNumber=1",
    "list-type=2",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
)


def content(answer: Answer) -> tuple[Any, ...]:
    """Return what an override would change."""
    names = ("content-type", "content-disposition", "cache-control", "content-encoding", "expires", "etag")
    return (answer.status, answer.body, *map(answer.headers.get, names))


@uses("plain", "open")
def test_a_file_stays_as_it_is(site: Site) -> None:
    """Whatever a viewer asks for, and however it is written."""
    path = "static/css/app.css"
    plain = content(site.view(path))

    assert plain[:3] == (200, site.read(path), "text/css; charset=utf-8")
    acted = [query for query in OVERRIDES if content(site.view(f"{path}?{query}")) != plain]
    assert acted == []


@uses("plain", "open")
def test_the_root_lists_nothing(site: Site) -> None:
    """Nor says who may do what."""
    for query in ("list-type=2", "list%2Dtype=2", "List-Type=2", "acl", "%61cl", "versions", "location"):
        answer = site.view(f"?{query}")
        assert answer.status == 403, query
        assert b"static" not in answer.body
