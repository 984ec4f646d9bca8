"""``releases``: what it lists, on which stream."""

from __future__ import annotations

import pytest

from flask_cdn_stack.cli.provenance import provenance_text
from flask_cdn_stack.release.provenance import Provenance
from tests.cli.observing import client, outputs, read_files, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, write_files

_KEYS = {"id", "release", "created", "published", "files", "bytes", "rollback_of", "problem", "by", "commit", "branch"}


def test_a_list(deployed: Program) -> None:
    """The newest first, as a table on standard output, and nothing is changed by it."""
    write_files(deployed.folder, {"shop/static/new.css": "new"})
    deployed.ok("deploy")
    before = read_files(deployed.folder), read_objects(deployed)

    header, new, old = deployed.ok("releases").stdout.splitlines()

    assert header.split() == ["RELEASE", "TIME", "FILES", "SIZE", "BY"]
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


def test_where_releases_come_from(deployed: Program) -> None:
    """A pipeline says commit, branch and who; a record of somebody else's words cannot turn the line around."""
    write_files(deployed.folder, {"shop/static/new.css": "new"})
    server = {"GITHUB_SHA": "3f" * 20, "GITHUB_REF_NAME": "main", "GITHUB_ACTOR": "ann"}
    assert deployed("deploy", environment=server).exit_code == 0

    header, new, _ = deployed.ok("releases").stdout.splitlines()

    assert header.split()[4:] == ["COMMIT", "BRANCH", "BY"]
    assert new.split()[-4:] == ["3f3f3f3f3f", "main", "ann", "published"]
    assert "by ann, from 3f3f3f3f3f on main" in deployed.ok("status").stdout
    assert provenance_text(Provenance("\u202egnp.ann", "", "")) == "by ?gnp.ann"


def test_nothing_of_it_is_kept(provisioned: Program) -> None:
    """With the setting off."""
    settings = provisioned.folder / "flask-cdn-stack.yml"
    settings.write_text(f"{settings.read_text()}assets: {{provenance: false}}\n")
    provisioned.ok("deploy")

    (item,) = provisioned.ok("releases", "--json").json["releases"]

    assert (item["by"], item["commit"], item["branch"]) == (None, None, None)


def test_at_a_terminal(deployed: Program) -> None:
    """What is published is green."""
    assert "\x1b[32mpublished\x1b[0m" in run_in_terminal(deployed, "releases").stdout


def test_nothing_published(provisioned: Program) -> None:
    """Is said, and no error."""
    result = provisioned.ok("releases")

    assert result.stdout == ""
    assert "Nothing has been published yet.\nNext: `flask-cdn-stack deploy`." in result.stderr
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
