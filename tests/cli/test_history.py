"""``releases``, ``rollback`` and ``prune``: what they show, ask, publish and delete."""

from __future__ import annotations

import re

import pytest

from flask_cdn_stack.cli.provenance import provenance_text
from flask_cdn_stack.release.provenance import Provenance
from tests.cli.observing import assert_one_message, client, invalidations, outputs, read_files, read_objects
from tests.cli.settings_file import add_settings
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, write_files

_KEYS = {"id", "release", "created", "published", "files", "bytes", "rollback_of", "problem", "by", "commit", "branch"}


def test_a_list(deployed: Program) -> None:
    """The newest first, as a table or as one object on standard output; nothing is changed by it."""
    old = deployed.ok("deploy", "--json").json["release"]
    alone = deployed.ok("releases", "--json").json
    write_files(deployed.folder, {"shop/static/new.css": "new"})
    deployed.ok("deploy")
    before = read_files(deployed.folder), read_objects(deployed)

    header, *rows = deployed.ok("releases").stdout.splitlines()

    assert header.split() == ["RELEASE", "TIME", "FILES", "SIZE", "BY"]
    assert [(row.split()[2], row.endswith("  published")) for row in rows] == [("4", True), ("3", False)]
    assert "\x1b[32mpublished\x1b[0m" in run_in_terminal(deployed, "releases").stdout
    (item,) = alone["releases"]
    assert set(item) == _KEYS
    assert item["id"] == item["release"] == old
    assert (item["published"], item["files"], item["problem"]) == (True, 3, None)
    assert item["created"][:10].replace("-", "") == old[:8]
    assert alone["requests"] == {"GetObject": 2}
    assert (read_files(deployed.folder), read_objects(deployed)) == before


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
    add_settings(provisioned.folder, "assets: {provenance: false}")
    provisioned.ok("deploy")

    (item,) = provisioned.ok("releases", "--json").json["releases"]

    assert (item["by"], item["commit"], item["branch"]) == (None, None, None)


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


_ROLLBACK_KEYS = {
    *("release", "rollback_of", "restored", "unchanged", "invalidated"),
    *("manifest_file", "config_file", "requests", "seconds"),
}
STYLE = "static/css/app.css"


@pytest.fixture
def twice(deployed: Program) -> Program:
    """The program in a project that was deployed again, with another style sheet."""
    write_files(deployed.folder, {"shop/static/css/app.css": "body { color: teal }\n"})
    deployed.ok("deploy")
    return deployed


def list_releases(program: Program) -> list[str]:
    return [item["release"] for item in program.ok("releases", "--json").json["releases"]]


def test_a_rollback(twice: Program) -> None:
    """The old object and the old manifest are there again, as a new release; the edge forgets the object."""
    new, old = list_releases(twice)
    etags = read_objects(twice)
    manifest = (twice.folder / "cdn_manifest.txt").read_text()

    result = twice.ok("rollback", "--yes", "--json")

    report = result.json
    assert set(report) == _ROLLBACK_KEYS
    assert report["rollback_of"] == old
    assert report["restored"] == [{"key": STYLE, "bytes": 22}]
    assert (report["unchanged"], report["invalidated"]) == (2, [f"/{STYLE}*"])
    requests = {"GetObject": 3, "ListObjectsV2": 2, "HeadObject": 2, "CopyObject": 1, "PutObject": 3}
    assert report["requests"] == {**requests, "CreateInvalidation": 1}
    assert list_releases(twice) == [report["release"], new, old]
    assert read_objects(twice)[STYLE] != etags[STYLE]
    assert invalidations(twice)[0] == [f"/{STYLE}*"]
    assert (twice.folder / "cdn_manifest.txt").read_text() != manifest
    assert "1 of 3 objects to copy back" in result.stderr
    assert "Running apps serve it as soon as the invalidation is done." in result.stderr
    listed = twice.ok("releases").stdout.splitlines()[1]
    assert listed.endswith(f"published, rollback of {old}")


def test_a_dry_run_of_a_rollback(twice: Program) -> None:
    """Says the same and changes nothing; 3 where that was asked for. Without a terminal somebody has to say yes."""
    before = read_files(twice.folder), read_objects(twice)

    result = twice("rollback", "--dry-run", "--exit-code", "--json")

    assert result.exit_code == 3
    assert [item["key"] for item in result.json["restored"]] == [STYLE]
    assert f"  {STYLE}" in result.stderr.splitlines()
    plan = twice.ok("rollback", "--dry-run")
    assert (f"  {STYLE}" in plan.stdout.splitlines(), STYLE in plan.stderr) == (True, False)
    assert_one_message(twice("rollback"), 4, "no terminal", "--yes")
    assert (read_files(twice.folder), read_objects(twice)) == before


def test_a_rollback_to_what_is_published(twice: Program) -> None:
    """A rollback to what is published asks nothing."""
    new = list_releases(twice)[0]

    result = twice.ok("rollback", new[:20], "--json")

    assert (result.json["release"], result.json["restored"]) == (new, [])
    assert "Nothing to do" in result.stderr
    assert twice("rollback", new, "--dry-run", "--exit-code").exit_code == 0


@pytest.mark.parametrize(("answer", "exit_code", "published"), [(b"y\n", 0, 3), (b"n\n", 4, 2)])
def test_a_rollback_at_a_terminal(twice: Program, answer: bytes, exit_code: int, published: int) -> None:
    """It asks."""
    result = run_in_terminal(twice, "rollback", answer=answer)

    assert result.exit_code == exit_code
    assert re.search(r"In account 0{12}, region us-east-1\.\s+Publish release \S+ again\? \[y/N\]", result.stdout)
    assert len(list_releases(twice)) == published


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ("no release before the published one",)),
        (("2001",), ("There is no release 2001.", "flask-cdn-stack releases")),
    ],
)
def test_no_such_rollback(deployed: Program, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """One message, and nothing changed."""
    before = read_files(deployed.folder), read_objects(deployed)

    assert_one_message(deployed("rollback", *arguments, "--yes"), 4, *words)
    assert (read_files(deployed.folder), read_objects(deployed)) == before


def test_a_manifest_of_the_users(twice: Program) -> None:
    """Is not overwritten, which is found out before anything is published."""
    (twice.folder / "cdn_manifest.txt").write_text("mine\n")
    before = read_objects(twice)

    assert_one_message(twice("rollback", "--yes"), 4, "cdn_manifest.txt exists and was not written by")
    assert read_objects(twice) == before


_PRUNE_KEYS = {"invalidated", "releases", "deleted", "kept", "requests", "seconds"}
LOGO = "static/logo.svg"


@pytest.fixture
def settled(deployed: Program) -> Program:
    """The program in a project whose second release has one file less, and which keeps one release."""
    (deployed.folder / "shop/static/logo.svg").unlink()
    deployed.ok("deploy")
    add_settings(deployed.folder, "assets:\n  keep_releases: 1\n  keep_days: 0")
    return deployed


def test_a_prune(settled: Program) -> None:
    """The old release and the file that only it had; the rest stays, and so does what a deploy knows."""
    new, old = list_releases(settled)
    before = read_objects(settled)

    result = settled.ok("prune", "--yes", "--json")

    report = result.json
    assert set(report) == _PRUNE_KEYS
    assert (report["releases"], report["deleted"], report["kept"]) == ([old], [LOGO], [new])
    assert list_releases(settled) == [new]
    record = f".flask-cdn-stack/releases/{old}.json.gz"
    assert before.keys() - read_objects(settled).keys() == {LOGO, record}
    assert "Deleted 1 release and 1 object." in result.stderr
    assert settled.ok("deploy", "--json").json["uploaded"] == []
    assert_one_message(settled("rollback", old, "--yes"), 4, f"There is no release {old}.", "pruned")


def test_nothing_to_prune(deployed: Program) -> None:
    """With the settings as they come, all of the last month is kept; nothing is asked."""
    before = read_objects(deployed)

    result = deployed.ok("prune", "--json")

    assert (result.json["releases"], result.json["deleted"], len(result.json["kept"])) == ([], [], 1)
    assert "Nothing to delete" in result.stderr
    assert deployed("prune", "--dry-run", "--exit-code").exit_code == 0
    assert read_objects(deployed) == before


def test_a_dry_run_of_a_prune(settled: Program) -> None:
    """Names what would go, and deletes nothing."""
    before = read_objects(settled)

    result = settled("prune", "--dry-run", "--exit-code", "--json")

    assert result.exit_code == 3
    assert result.json["deleted"] == [LOGO]
    assert f"  {LOGO}" in result.stderr.splitlines()
    assert f"  {LOGO}" in settled.ok("prune", "--dry-run").stdout.splitlines()
    assert read_objects(settled) == before


def test_too_many_to_prune(settled: Program) -> None:
    """The ceiling holds with --yes too; both numbers and both ways out are named."""
    before = read_objects(settled)

    refused = settled("prune", "--yes", "--max-deletes", "0")

    assert_one_message(refused, 4, "Objects to delete: 1; assets.max_deletes allows 0.", "--max-deletes 1")
    assert read_objects(settled) == before


@pytest.mark.parametrize(("answer", "exit_code", "left"), [(b"y\n", 0, 1), (b"n\n", 4, 2)])
def test_a_prune_at_a_terminal(settled: Program, answer: bytes, exit_code: int, left: int) -> None:
    """It shows what goes, and asks."""
    result = run_in_terminal(settled, "prune", answer=answer)

    assert result.exit_code == exit_code
    assert LOGO in result.stdout
    assert re.search(r"In account 0{12}, region us-east-1\.\s+Delete them\? \[y/N\]", result.stdout)
    assert len(list_releases(settled)) == left
