"""A deploy as a whole: what it does besides publishing, what a dry run of it says, and whom it asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from flask_cdn_stack.assets.collect import Collection, StaticFolder
from flask_cdn_stack.errors import AWSError, RefusedError
from flask_cdn_stack.release.deploy import (
    DeployOptions,
    DeployReader,
    DeployReport,
    Files,
    Parties,
    carry_out,
    deploy,
    only_look,
)
from flask_cdn_stack.release.history import Keep
from flask_cdn_stack.release.plan import PlannedDeletion
from tests.release.deployments import Tree, read
from tests.release.fakes import FaultyOnce, MemoryBucket, RecordingDistribution, RecordingWatcher, TreeSource, make_run
from tests.release.publishing import MemorySite, publish_to

OLD = {"css/app.css": "one", "old.js": "old", "same.js": "same"}
NEW = {"css/app.css": "two", "same.js": "same", "new.js": "new"}

EVERYTHING = DeployOptions(delete=True, invalidate=("/index.html",), wait=True)


class WaitingDistribution(RecordingDistribution):
    """Remembers what was waited for, too; an id says how many requests there had been."""

    waited: list[str]

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        super().invalidate(paths, reference)
        return f"I{len(self.asked)}"

    def wait(self, invalidation: str) -> None:
        if invalidation:
            self.waited.append(invalidation)


@dataclass
class Shop:
    """A site with one release of three files, and all that is asked of it."""

    bucket: MemoryBucket = field(default_factory=MemoryBucket)
    cdn: WaitingDistribution = field(default_factory=WaitingDistribution)
    written: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cdn.waited = []
        publish_to(self.site, TreeSource(OLD), RecordingWatcher(), DeployOptions())

    @property
    def site(self) -> MemorySite:
        return MemorySite(self.bucket, self.cdn, make_run(), Keep(1, 0))

    def deploy(self, options: DeployOptions, reader: DeployReader = carry_out, tree: Tree = NEW) -> DeployReport:
        files = Files(Collection(()), TreeSource(tree))
        return deploy(self.site, lambda: files, options, Parties(consent=Agreeable()), self.written.append, reader)


class Agreeable:
    """Agrees to everything."""

    def to_empty(self, text: str) -> None:
        pass

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        pass


def test_what_follows_a_publication() -> None:
    """The user's own paths, the deletion, and what the edge owes then; all of it is waited for in the end."""
    shop = Shop()

    report = shop.deploy(EVERYTHING)

    assert shop.cdn.asked == [("/css/app.css*",), ("/index.html",), ("/old.js*",)]
    assert shop.cdn.waited == ["I1", "I2", "I3"]
    assert report.deleted == (PlannedDeletion("old.js", "unneeded"),)
    assert report.invalidated == ("/css/app.css*", "/index.html", "/old.js*")
    assert shop.bucket.texts() == NEW
    assert shop.written == [report.build.manifest]


@pytest.mark.parametrize(
    "options", [DeployOptions(), DeployOptions(verify_remote=True), EVERYTHING], ids=["plain", "verifies", "everything"]
)
def test_a_dry_run_says_what_a_deploy_does(options: DeployOptions) -> None:
    """No option means another thing to it; it writes nothing and asks for nothing."""
    shop = Shop()
    before, release = dict(shop.bucket.objects), read(shop.bucket.objects).release
    shop.bucket.step = FaultyOnce("write", [AssertionError("written")])

    planned = shop.deploy(options, only_look)

    assert (shop.bucket.objects, shop.cdn.asked, shop.cdn.waited) == (before, [], [])
    assert planned.release == release
    shop.bucket.step = FaultyOnce("", [])
    done = shop.deploy(options)
    assert (planned.plan, set(planned.uploads), planned.deleted) == (done.plan, set(done.uploads), done.deleted)
    # Before it, nothing is owed of what will be deleted.
    assert done.invalidated[: len(planned.invalidated)] == planned.invalidated
    assert shop.written == [done.build.manifest]


@pytest.mark.parametrize("reader", [carry_out, only_look])
def test_without_a_bucket(reader: DeployReader) -> None:
    """Nothing is looked at; the edge is asked for the user's own paths alone, and not by a dry run."""
    shop, source = Shop(), TreeSource(NEW)
    site = shop.site
    site.has_bucket = False
    shop.bucket.step = FaultyOnce("read", [AssertionError("read")])
    options = DeployOptions(invalidate=("/index.html",), wait=True)

    report = publish_to(site, source, RecordingWatcher(), options, reader)

    assert (report.plan.publishes, report.release, report.uploads) == (False, None, ())
    assert report.invalidated == ("/index.html",)
    assert (shop.cdn.asked, shop.cdn.waited) == (([("/index.html",)], ["I1"]) if reader is carry_out else ([], []))


def test_what_fails_after_the_publication() -> None:
    """The message begins with what was done."""
    shop = Shop()
    shop.bucket.step = FaultyOnce("delete", [AWSError("AWS denied it.")])

    with pytest.raises(
        AWSError, match=r"^Release .* is published; what was to follow failed\. AWS denied it\."
    ) as caught:
        shop.deploy(EVERYTHING)

    assert str(read(shop.bucket.objects).release) in caught.value.message
    assert shop.written


@pytest.mark.parametrize("reader", [carry_out, only_look])
def test_more_to_delete_than_may_be(reader: DeployReader) -> None:
    """Stops it before anything is changed."""
    shop = Shop()
    before = dict(shop.bucket.objects)

    with pytest.raises(RefusedError, match=r"Objects to delete: 1; assets\.max_deletes allows 0\."):
        shop.deploy(replace(EVERYTHING, max_deletes=0), reader)

    assert shop.bucket.objects == before


@pytest.mark.parametrize("reader", [carry_out, only_look])
def test_files_whose_folder_is_gone(reader: DeployReader) -> None:
    """Stay published, where nobody has agreed; by itself, the library agrees to no such thing."""
    shop = Shop()
    before = dict(shop.bucket.objects)
    files = Files(Collection((), folders=(StaticFolder("static", "static", "", True),)), TreeSource({}))

    with pytest.raises(RefusedError, match="There is no file to publish"):
        deploy(shop.site, lambda: files, reader=reader)

    assert shop.bucket.objects == before
