"""Two projects and one bucket without a prefix: neither writes over, or deletes, what is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Result, Services, write_files
from tests.faults.site import TargetSite, aim

ONE = {"app.css": "one", "only-one.js": "one"}
TWO = {"app.css": "two", "only-two.js": "two"}


@pytest.fixture
def one(services: Services, tmp_path: Path) -> TargetSite:
    """The project that has the bucket first."""
    return aim(services("ministack"), tmp_path / "one", "query")


@pytest.fixture
def two(one: TargetSite, tmp_path: Path) -> TargetSite:
    """Another project with the same target."""
    site = one.copy(tmp_path / "two")
    write_files(site.program.folder, {"pyproject.toml": '[project]\nname = "other"\n'})
    site.write(TWO)
    return site


def run(site: TargetSite, command: str, *options: str) -> Result:
    return site.start(None, *options, command=command).end()


def check_refused(result: Result, *words: str) -> None:
    assert result.exit_code == 4, (result.stdout, result.stderr)
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr


def name_stack(site: TargetSite, stack: str) -> None:
    file = site.program.folder / "flask-cdn-stack.yml"
    file.write_text(f"{file.read_text()}stack: {stack}\n")


def test_another_project_is_refused(one: TargetSite, two: TargetSite) -> None:
    """By every command that writes, and by its preview, with both names and what to do; nothing is changed."""
    for mark in ("0", "1"):
        one.publish({**ONE, "app.css": mark})
    before = one.etags()

    for command, *options in (
        ("deploy",),
        ("deploy", "--dry-run"),
        ("deploy", "--delete", "--yes"),
        ("rollback", "--yes"),
        ("rollback", "--dry-run"),
        ("prune", "--yes"),
        ("prune", "--dry-run"),
    ):
        result = run(two, command, *options)
        names = (f"the project {one.bucket} (stack {one.bucket}-cdn)", "the project other (stack other-cdn)")
        check_refused(result, *names, "assets.prefix", "--take-over")
        assert one.etags() == before, command
    one.check({**ONE, "app.css": "1"})


def test_the_bucket_is_taken_over(one: TargetSite, two: TargetSite) -> None:
    """Where that is said: then it is the other's, and the first is refused."""
    one.publish(ONE)

    two.publish(TWO, "--take-over")

    two.check(TWO)
    assert two.publish(TWO)["requests"] == {"GetObject": 1}
    check_refused(run(one, "deploy", "--delete", "--yes"), "the project other")
    two.check(TWO)


def test_other_commands_take_it_over(one: TargetSite, two: TargetSite) -> None:
    """Where it is said to them: what follows is refused to whoever had it."""
    for tree in (ONE, TWO):
        one.publish(tree)

    rolled_back = run(two, "rollback", "--yes", "--take-over")

    assert rolled_back.exit_code == 0, rolled_back.stderr
    two.check(ONE)
    check_refused(run(one, "deploy"), "the project other")
    with one.keeping(1):
        pruned = run(one, "prune", "--yes", "--take-over")
    assert pruned.json["deleted"] == ["static/only-two.js"], pruned.stderr
    check_refused(run(two, "deploy"), f"the project {one.bucket}")
    one.publish(ONE)
    one.check(ONE)


def test_stages_are_not_one(one: TargetSite) -> None:
    """Though they are of one project: each has its own place, or is refused."""
    file = one.program.folder / "flask-cdn-stack.yml"
    file.write_text(f"{file.read_text()}stages: {{live: , test: , apart: {{assets: {{prefix: apart}}}}}}\n")
    one.publish(ONE, "--stage", "live")
    one.write(TWO)

    result = run(one, "deploy", "--delete", "--yes", "--stage", "test")

    check_refused(result, f"(stack {one.bucket}-cdn-live)", f"(stack {one.bucket}-cdn-test)", "assets.prefix")
    one.publish(TWO, "--stage", "apart")
    one.publish(ONE, "--stage", "live")
    one.check(ONE)


def test_one_stack_is_one_project(one: TargetSite, two: TargetSite) -> None:
    """Where the settings of both name it, as a user's checkouts under several names do."""
    for site in (one, two):
        name_stack(site, "shared")
    one.publish(ONE)

    two.publish(TWO)

    two.check(TWO)
    one.publish(ONE)
    one.check(ONE)


def test_what_no_record_names(one: TargetSite) -> None:
    """Is somebody else's: it is neither written over nor deleted, unless it is taken over."""
    one.s3.put_object(Bucket=one.bucket, Key="static/app.css", Body=b"foreign")
    one.s3.put_object(Bucket=one.bucket, Key="static/stays.txt", Body=b"foreign")
    before = one.etags()
    one.write(ONE)

    for options in ((), ("--dry-run",), ("--delete", "--yes")):
        check_refused(run(one, "deploy", *options), "static/app.css", "assets.prefix", "--take-over")
        assert one.etags() == before
    one.publish(ONE, "--take-over")

    one.check(ONE)
    assert one.publish({"app.css": "one"}, "--delete", "--yes")["deleted"] == ["static/only-one.js"]
    assert one.read("static/stays.txt") == b"foreign"


def test_what_it_costs(one: TargetSite) -> None:
    """One listing where keys are new, or may be, and nothing where none are."""
    first = one.publish(ONE)["requests"]
    assert first == {"GetObject": 1, "ListObjectsV2": 1, "PutObject": 3 + len(ONE)}  # claim, record and switch

    assert one.publish(ONE)["requests"] == {"GetObject": 1}
    assert "ListObjectsV2" not in one.publish({**ONE, "app.css": "changed"})["requests"]
    assert one.publish({**ONE, "new.css": "new"})["requests"]["ListObjectsV2"] == 1
    (one.program.folder / "cdn_manifest.txt").unlink()  # as in a fresh checkout, where the deploy may be the first
    assert one.publish({**ONE, "new.css": "new"})["requests"] == {"GetObject": 1, "ListObjectsV2": 1}
