"""Deploys at the same time, and the refusals of S3 that they rest on."""

from __future__ import annotations

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.live.sites import Site, uses

_WRITERS = 8


def write_at_once(site: Site, key: str, **condition: str) -> Counter[int]:
    """Write an object many times at once under a condition, and return how often S3 answered what."""
    s3, bucket = site.account.client("s3"), site.outputs["BucketName"]

    def write(body: str) -> int:
        try:
            answer: Any = s3.put_object(Bucket=bucket, Key=key, Body=body, **condition)
        except ClientError as error:
            answer = error.response
        return int(answer["ResponseMetadata"]["HTTPStatusCode"])

    with ThreadPoolExecutor(_WRITERS) as writers:
        # Each with bytes, and so an ETag, of its own.
        return Counter(writers.map(write, [uuid.uuid4().hex for _ in range(_WRITERS)]))


@uses("plain")
def test_one_of_many_writers_wins(site: Site) -> None:
    """The others get 412, or 409 while the winner is at it (S3 API reference, "PutObject")."""
    key = f"races/{uuid.uuid4().hex}"

    first = write_at_once(site, key, IfNoneMatch="*")
    etag = site.account.client("s3").head_object(Bucket=site.outputs["BucketName"], Key=key)["ETag"]
    second = write_at_once(site, key, IfMatch=etag)

    for answers in (first, second):
        assert answers[200] == 1, answers
        assert set(answers) <= {200, 409, 412}, answers


@uses("plain")
def test_two_deploys_at_once(site: Site, tmp_path: Path) -> None:
    """Both end well; what either published is there, and the next deploy has nothing to do for the later one."""
    other = site.copy(tmp_path / "live-project")
    for each, name in ((site, "one.js"), (other, "two.js")):
        each.write({"css/app.css": f"{name} {{}}", name: uuid.uuid4().hex})

    started = [each.program.start("deploy") for each in (site, other)]
    ended = [process.communicate(timeout=600) for process in started]

    assert [process.returncode for process in started] == [0, 0], ended
    for each, name in ((site, "one.js"), (other, "two.js")):
        assert each.view(f"static/{name}?c={each.paths[f'static/{name}']}").body == each.read(f"static/{name}")
    releases = site.program.ok("releases", "--json").json["releases"]
    assert [release["id"] for release in releases if release["published"]] == [releases[0]["id"]]
    site.deploy()
    checksum = site.paths["static/css/app.css"]
    assert site.account.wait_for(lambda: site.view(f"static/css/app.css?c={checksum}").body == b"one.js {}")
