"""Going back, one run at a time: what is copied, in what order, and what is refused."""

from __future__ import annotations

import pytest

from flask_cdn_stack.errors import PartialDeployError, RefusedError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.failures import LISTED_FAILURES
from flask_cdn_stack.release.records import ReleaseRecord
from flask_cdn_stack.release.rollback import preview_rollback, roll_back
from flask_cdn_stack.release.rollback_plan import Rollback
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import Claim, ObjectRecord
from tests.release.deployments import Tree
from tests.release.fakes import FakeClock, make_run
from tests.release.histories import Act, MemoryVersions, VersionedBucket, make_dated, read_record
from tests.release.publishing import WatchedSite

OLD = {"a": "a0", "b": "b0", "old": "old0"}
NEW = {"a": "a1", "b": "b0", "new": "new0"}


class Site(WatchedSite):
    """A bucket with releases."""

    def __init__(self, *trees: Tree) -> None:
        super().__init__()
        self.bucket = VersionedBucket(self.objects, self.note)
        self.versions = MemoryVersions(self.objects, self.note)
        for number, tree in enumerate(trees):
            self.deploy(tree, f"deploy{number}")

    def deploy(self, tree: Tree, run: str = "later") -> None:
        Act("deploy", tree).perform(self.objects, make_dated(run, FakeClock(), 9))

    def go_back(self, wanted: str | None = None, run: Run | None = None) -> Rollback:
        """Publish an earlier release, with a log of its own."""
        self.log.clear()
        run = run or make_run("back")
        plan = preview_rollback(self.bucket, self.versions, self.distribution, wanted, run)
        return roll_back(self.bucket, self.versions, self.distribution, plan.target, run, self.watcher)

    @property
    def texts(self) -> dict[str, str]:
        return self.bucket.texts()


def test_order() -> None:
    """Claim, copy, record, invalidate, switch, as a deploy does; only what differs is copied."""
    site = Site(OLD, NEW)

    outcome = site.go_back()

    assert site.log == [
        *("read state", "read release", "list", "read state", "list", "write state", "copy a"),
        *("write release", "invalidate", "write state"),
    ]
    assert (outcome.keys, outcome.publishes) == (("a",), True)
    assert site.distribution.asked == [("/a*",)]
    assert site.texts == {**OLD, "new": "new0"}


def test_what_is_recorded_of_objects_that_were_there() -> None:
    """The versions that they have now: older ones are deleted sooner."""
    site = Site(OLD, NEW)
    later = site.state.objects["b"]._replace(version="later")
    site.change(objects={**site.state.objects, "b": later})

    release = site.go_back().release

    assert read_record(site.objects, str(release)).objects["b"] == site.state.objects["b"] == later


def test_back_and_forth() -> None:
    """Without an id, the release before the published one is meant, which may be a rollback itself."""
    site = Site(OLD, NEW)
    old, new = site.state.releases

    site.go_back()
    assert site.go_back().target.id == new
    assert {key: site.texts[key] for key in NEW} == NEW
    assert site.go_back(old).target.id == old
    assert {key: site.texts[key] for key in OLD} == OLD


def test_deleted_files_come_back() -> None:
    """From their versions, also where no other release has them; nothing of them is at the edge."""
    site = Site(OLD)
    Act("delete", {"b": "b0"}).perform(site.objects, make_dated("delete", FakeClock(), 9))
    assert set(site.texts) == {"b"}

    outcome = site.go_back()

    assert outcome.keys == ("a", "old")
    assert outcome.invalidation.paths == ()
    assert site.texts == OLD


@pytest.mark.parametrize("target", [0, 1])
def test_nothing_to_do(target: int) -> None:
    """Where the release is published, under whichever id: that is seen by looking."""
    site = Site(OLD, NEW)
    site.go_back()
    wanted = (site.state.releases[0], site.state.releases[2])[target]
    before = dict(site.objects)

    outcome = site.go_back(wanted)

    assert (outcome.publishes, outcome.release, outcome.keys) == (False, site.state.release, ())
    assert site.log == ["read state", "read release", "list", "read state", "list"]
    assert site.objects == before


def test_what_was_deleted_or_changed_by_hand() -> None:
    """Is restored with the release, though the record knows nothing of it."""
    site = Site({**OLD, "kept": "k"}, {**NEW, "kept": "k"})
    del site.objects["b"]
    site.objects["kept"] = b"by hand"

    assert site.go_back().keys == ("a", "b", "kept")
    assert {key: site.texts[key] for key in (*OLD, "kept")} == {**OLD, "kept": "k"}


def test_what_an_interrupted_deploy_left() -> None:
    """Is put right, also when the target is the published release itself."""
    site = Site(OLD, NEW)
    site.change(writing={"dead": Claim(("b", "new"), 0, "here", 5)})
    site.objects["b"] = b"half"

    outcome = site.go_back(site.state.releases[1])

    assert outcome.keys == ("b", "new")
    assert outcome.invalidation.paths == ("/b*", "/new*")
    assert {key: site.texts[key] for key in NEW} == NEW
    assert site.state.writing == {}


def test_versions_that_are_gone() -> None:
    """Are missed before anything is changed, all of them by name."""
    trees = [{f"{number:02}": text for number in range(LISTED_FAILURES + 5)} for text in ("old", "new")]
    site = Site(*trees)
    for key in [key for key in site.objects if key.startswith(".versions/")]:
        del site.objects[key]
    before = dict(site.objects)

    with pytest.raises(RefusedError) as caught:
        site.go_back()

    lines = caught.value.message.splitlines()
    assert "has 25 objects that the bucket does not hold any more" in lines[0]
    assert (lines[1], lines[20], lines[21:]) == ("  00", "  19", ["  ... and 5 more"])
    assert "flask-cdn-stack deploy" in caught.value.hint
    assert site.objects == before


def test_copies_that_fail() -> None:
    """Nothing is published; the next run puts the rest right."""
    site = Site({"a": "a0", "b": "b0"}, {"a": "a1", "b": "b1"})

    site.refuse("copy b")
    with pytest.raises(PartialDeployError) as caught:
        site.go_back()

    assert caught.value.message == (
        "1 of 2 objects could not be copied back; nothing was published:\n  b: AWS denied to copy b."
    )
    assert caught.value.hint == "Allow it."
    assert len(site.state.releases) == 2
    site.refuse()
    assert site.go_back(run=make_run("next", pid=2)).keys == ("b",)
    assert (site.texts, site.state.writing) == ({"a": "a0", "b": "b0"}, {})


def test_what_refers_to_others_comes_last() -> None:
    """Names with a checksum first, then the plain ones, then the published manifest."""
    site = Site()
    objects = {key: ObjectRecord(key, 1, "e", key, "h") for key in ("cdn_manifest.txt", "app.css", "app.0123abcd.css")}
    for key in objects:
        site.objects[f".versions/{key}/{key}"] = b"x"
    target = ReleaseRecord("old", 1, render_manifest({"app.css": "0123abcdef"}), objects)

    roll_back(site.bucket, site.versions, site.distribution, target, make_run(), site.watcher)

    assert [item for item in site.log if item.startswith("copy")] == [
        *("copy app.0123abcd.css", "copy app.css", "copy cdn_manifest.txt")
    ]
