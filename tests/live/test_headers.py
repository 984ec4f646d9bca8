"""What the edge adds to an answer, takes away from it, and makes of it."""

from __future__ import annotations

import gzip
import uuid

from flask_cdn_stack.verify import Answer
from tests.live.sites import Site, uses


@uses("plain", "kms")
def test_nothing_of_the_bucket_is_told(site: Site) -> None:
    """No header of S3's reaches a viewer, and the account's number least of all."""
    headers = site.view("static/css/app.css").headers

    assert [name for name in headers if name.startswith("x-amz-") and not name.startswith("x-amz-cf-")] == []
    assert [name for name, value in headers.items() if site.account.number in value] == []


@uses("plain")
def test_pages_elsewhere_may_use_it(site: Site) -> None:
    """Asked with an origin, of a file that is there and of one that is not."""
    for path, status in (("static/css/app.css", 200), ("static/nothing.css", 403)):
        answer = site.view(path, Origin="https://shop.example")
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "*")
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert site.view("static/css/app.css").headers["strict-transport-security"] == "max-age=31536000"


@uses("plain")
def test_a_plain_copy_is_not_one_with_cors(site: Site) -> None:
    """``Vary`` is there whoever asks, and CORS headers come with a 304 too.

    AWS's documents say neither that ``Vary`` may be a custom header nor what a policy adds to a 304.
    """
    path, origin = "static/css/app.css", "https://shop.example"
    plain = site.view(path)
    cors = site.view(path, Origin=origin)
    again = site.view(path, Origin=origin, If_None_Match=plain.headers["etag"])

    assert again.status == 304
    assert [answer.headers["access-control-allow-origin"] for answer in (cors, again)] == ["*", "*"]
    for answer in (plain, cors, again):
        named = {name.strip().lower() for name in answer.headers["vary"].split(",")}
        assert {"accept-encoding", "origin"} <= named


def fetch_compressed(site: Site, encoding: str) -> Answer:
    """Ask for something new until it comes compressed: an edge that is busy leaves it as it is."""
    answers: list[Answer] = []

    def is_compressed() -> bool:
        answers.append(site.view(f"static/long.js?v={uuid.uuid4().hex}", Accept_Encoding=encoding))
        return "content-encoding" in answers[-1].headers

    site.account.wait_for(is_compressed)
    return answers[-1]


@uses("plain")
def test_text_is_compressed(site: Site) -> None:
    """As the viewer likes it, from 1,000 bytes on."""
    whole = site.read("static/long.js")

    for encoding in ("gzip", "br"):
        answer = fetch_compressed(site, encoding)
        assert answer.headers.get("content-encoding") == encoding
        assert len(answer.body) < len(whole)
        assert encoding != "gzip" or gzip.decompress(answer.body) == whole
    short = site.view("static/css/app.css", Accept_Encoding="gzip, br")
    assert "content-encoding" not in short.headers


@uses("plain")
def test_a_missing_file_is_looked_for_again(site: Site) -> None:
    """Ten seconds later, as the settings say, and not after CloudFormation's five minutes."""
    name = f"late-{uuid.uuid4().hex}.js"
    assert site.view(f"static/{name}").status == 403

    site.write({name: "late"})
    site.deploy()

    assert site.account.wait_for(lambda: site.view(f"static/{name}").status == 200, 60)
