"""``releases``: what it lists, on which stream."""

from __future__ import annotations

import pytest

from tests.cli.observing import client, outputs, read_files, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, write_files

_KEYS = {"id", "release", "created", "published", "files", "bytes", "rollback_of", "problem"}


def test_a_list(deployed: Program) -> None:
    """The newest first, as a table on standard output, and nothing is changed by it."""
    write_files(deployed.folder, {"shop/static/new.css": "new"})
    deployed.ok("deploy")
    before = read_files(deployed.folder), read_objects(deployed)

    header, new, old = deployed.ok("releases").stdout.splitlines()

    assert header.split() == ["RELEASE", "TIME", "FILES", "SIZE"]
    assert new.split()[2] == "4"
    assert new.endswith("  published")
    assert old.split()[2] == "3"
    assert not old.endswith("published")
    assert (read_files(deployed.folder), read_objects(deployed)) == before


def test_json(deployed: Program) -> None:
    """One object; two requests for one release."""
    release = deployed.ok("deploy", "--json").json["release"]

    report = deployed.ok("releases", "--json").json

    (item,) = report["releases"]
    assert set(item) == _KEYS
    assert item["id"] == item["release"] == release
    assert (item["published"], item["files"], item["problem"]) == (True, 3, None)
    assert item["created"][:10].replace("-", "") == release[:8]
    assert report["requests"] == {"GetObject": 2}


def test_at_a_terminal(deployed: Program) -> None:
    """What is published is green."""
    assert "\x1b[32mpublished\x1b[0m" in run_in_terminal(deployed, "releases").stdout


def test_nothing_published(provisioned: Program) -> None:
    """Is said, and no error."""
    result = provisioned.ok("releases")

    assert result.stdout == ""
    assert "Nothing has been published yet. Next: `flask-cdn-stack deploy`." in result.stderr
    assert "nothing has been published yet" in provisioned.ok("prune").stderr
    assert provisioned.ok("releases", "--json").json["releases"] == []


@pytest.mark.parametrize(("data", "words"), [(None, "is gone"), (b"?", "is damaged")])
def test_a_record_that_tells_nothing(deployed: Program, data: bytes | None, words: str) -> None:
    """Is listed as such, with a warning."""
    s3, bucket = client(deployed, "s3"), outputs(deployed)["BucketName"]
    (release,) = deployed.ok("releases", "--json").json["releases"]
    key = f".flask-cdn-stack/releases/{release['release']}.json.gz"
    if data is None:
        s3.delete_object(Bucket=bucket, Key=key)
    else:
        s3.put_object(Bucket=bucket, Key=key, Body=data)

    result = deployed.ok("releases")

    assert f"Warning: The record {key} in the bucket {words}" in result.stderr
    assert result.stdout.splitlines()[1].endswith("published, not readable")
