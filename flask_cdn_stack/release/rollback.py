"""The use case ``rollback``: publishes an earlier release's manifest and objects as a new release.

Nothing is uploaded. Objects that have changed since are copied back from the versions that the old release's record
names; all of these are looked up before anything is changed. The other steps are those of a deploy: claim, copy, write
the release record, invalidate, switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import NamedTuple, Protocol

from ..assets.published_names import Naming
from ..aws.uploads import Uploaded
from ..aws.versions import Version
from ..errors import CDNStackError, RefusedError
from ..naming import MANIFEST_KEY
from ..quantities import count
from .edge import CDN, Edge
from .failures import list_lines, partial_failure
from .history import find_release
from .ownership import find_unnamed, read_own, refuse_foreign
from .parties import AssetStore, NoWatcher, VersionedSite, Versions, Watcher
from .publication import Publication
from .records import ReleaseRecord
from .release_naming import check_naming
from .removal import await_removals
from .rollback_plan import CopyHeaders, Rollback, plan_rollback, replaced_paths, url_paths
from .run import Run

_NOBODY = NoWatcher()


def _unknown(key: str) -> str:
    return ""


class RollbackReport(NamedTuple):
    """The plan, and what was done; in a dry run both are the plan."""

    plan: Rollback
    done: Rollback


WriteFiles = Callable[[RollbackReport], object]


class RollbackReader(Protocol):
    """Carries a plan out, or only returns it."""

    def __call__(
        self, site: VersionedSite, run: Run, plan: Rollback, watcher: Watcher, write_files: WriteFiles
    ) -> RollbackReport: ...


def carry_out(
    site: VersionedSite, run: Run, plan: Rollback, watcher: Watcher, write_files: WriteFiles
) -> RollbackReport:
    """Publish what the plan says, write the local files, and return what was done."""
    done = plan
    if plan.publishes or plan.invalidation.paths:
        done = roll_back(site.objects, site.versions, site.cdn, plan.target, run, watcher, site.copy_headers)
    report = RollbackReport(plan, done)
    write_files(report)
    return report


def only_look(
    site: VersionedSite, run: Run, plan: Rollback, watcher: Watcher, write_files: WriteFiles
) -> RollbackReport:
    """Return the plan without doing anything, for a dry run."""
    return RollbackReport(plan, plan)


def rollback(
    site: VersionedSite,
    wanted: str | None = None,
    agree: Callable[[Rollback], object] = lambda plan: None,
    watcher: Watcher = _NOBODY,
    write_files: WriteFiles = lambda report: None,
    *,
    take_over: bool = False,
    reader: RollbackReader = carry_out,
) -> RollbackReport:
    """Publish an earlier release again, from the objects and versions in the bucket.

    :param wanted: the beginning of the release's id; None for the release published before the current one.
    :param agree: is called with the plan, and raises an error to refuse it.
    :param write_files: is called with the report, to write the manifest for the app; not in a dry run.
    :param take_over: go on even if the record is another project's.
    :param reader: ``carry_out``, or ``only_look`` for a dry run, both of this module.
    :raises RefusedError: there is no such release, some of its objects are gone, or apps would not find them.
    :raises PartialDeployError: copies failed; nothing was published.
    :raises CDNStackError: another failure of the record or AWS.
    """
    run = site.start_run(take_over)
    plan = preview_rollback(site.objects, site.versions, site.cdn, wanted, run, site.naming, site.copy_headers)
    agree(plan)
    return reader(site, run, plan, watcher, write_files)


def preview_rollback(
    bucket: AssetStore,
    versions: Versions,
    cdn: CDN,
    wanted: str | None,
    run: Run,
    naming: Naming | None = None,
    copy_headers: CopyHeaders = _unknown,
) -> Rollback:
    """Return the plan of a rollback; changes nothing.

    :param wanted: the beginning of the release's id; None for the release published before the current one.
    :param naming: the rules by which apps build URLs; None if no app is known.
    :param copy_headers: returns which plain copies are cached only briefly.
    :raises RefusedError: there is no such release, some of its objects are gone, or apps would not find them.
    :raises StateError: the state or the release's record cannot be used.
    """
    state = read_own(bucket, run).state
    target = find_release(bucket, state, wanted)
    if naming is not None:
        check_naming(target, naming)
    plan = plan_rollback(target, state, run.id, bucket.list_etags(), copy_headers)
    _check(bucket, versions, plan, run)
    return replace(plan, invalidation=Edge(cdn, run).plan(state, plan.replaced))


def roll_back(
    bucket: AssetStore,
    versions: Versions,
    cdn: CDN,
    target: ReleaseRecord,
    run: Run,
    watcher: Watcher,
    copy_headers: CopyHeaders = _unknown,
) -> Rollback:
    """Publish an earlier release again. If another run publishes first, plan again.

    Finished copies are recorded before an error is raised.

    :param target: as :func:`preview_rollback` found it; ``copy_headers`` as there.
    :raises RefusedError: some of its objects are gone, or foreign objects are in their place; nothing was
        changed.
    :raises PartialDeployError: copies failed; nothing was published.
    :raises AWSError: AWS refused or could not be reached.
    """
    steps = _RollbackSteps(bucket, versions, cdn, run, watcher, copy_headers)
    with watcher.working(), steps.recording():
        steps.read_record()
        while True:
            plan = steps.plan(target)
            if steps.claim(plan) and steps.copy_back(plan):
                record = steps.write_record(plan)
                invalidation = steps.invalidate(plan, record)
                if release := steps.switch(plan, record):
                    return replace(plan, release=release, invalidation=invalidation)
            steps.begin_again()


class _RollbackSteps(Publication):
    """The steps of a rollback that a deploy does not have."""

    def __init__(
        self,
        bucket: AssetStore,
        versions: Versions,
        cdn: CDN,
        run: Run,
        watcher: Watcher,
        copy_headers: CopyHeaders,
    ) -> None:
        super().__init__(bucket, cdn, run)
        self._bucket, self._versions, self._watcher = bucket, versions, watcher
        self._copy_headers = copy_headers

    def read_record(self) -> None:
        """Read the state in the bucket."""
        self.lease.snapshot = read_own(self._bucket, self._run)

    def recording(self) -> AbstractContextManager[None]:
        """Record the finished copies if the block ends in an error."""
        return self.lease.recording()

    def plan(self, target: ReleaseRecord) -> Rollback:
        """Plan the rollback; wait for other runs that are deleting objects which the release needs."""
        keys = target.objects.keys()
        self.lease.snapshot = await_removals(self._bucket, self._run, self._watcher, self.lease.snapshot, keys)
        plan = plan_rollback(target, self.state, self._run.id, self._bucket.list_etags(), self._copy_headers)
        _check(self._bucket, self._versions, plan, self._run)
        return plan

    def copy_back(self, plan: Rollback) -> bool:
        """Copy versions back to their keys; return False if the run was suspended for too long."""
        if not plan.keys:
            return True
        copied = 0
        failures: dict[str, CDNStackError] = {}
        replaced = replaced_paths(plan, self.before, self.before.unknown_keys(""))

        def done(version: Version, result: Uploaded | CDNStackError) -> None:
            nonlocal copied
            key = version.key
            if isinstance(result, CDNStackError):
                failures[key] = result
                return
            copied += 1
            record = plan.target.objects[key]._replace(etag=result.etag, version=result.version)
            self.lease.arrived(key, record, replaced.get(key))

        for stage in _stages(plan):
            self._versions.copy_back(stage, done, self.lease.check, self.lease.tick)
        if self.lease.is_lost:
            return False
        if copied < len(plan.keys):
            asked = count(len(plan.keys), "object")
            summary = f"{len(plan.keys) - copied:,} of {asked} could not be copied back; nothing was published:"
            raise partial_failure(summary, failures)
        return True

    def write_record(self, plan: Rollback) -> ReleaseRecord | None:
        """Write the record of the new release; return None if there is nothing to publish."""
        if not plan.publishes:
            return None
        target, copied = plan.target, self.lease.records
        objects = {key: copied.get(key) or self.state.objects[key] for key in target.objects}
        return self.write(target.manifest, objects, target.naming, target)

    def begin_again(self) -> None:
        """Read the state again, for a new plan."""
        self._watcher.say("Another run changed the record meanwhile; planning again.")
        self.lease.read_again()


def _check(bucket: AssetStore, versions: Versions, plan: Rollback, run: Run) -> None:
    if plan.foreign and not run.takes_over:
        refuse_foreign(find_unnamed(read_own(bucket, run).state, plan.foreign))
    _check_versions(versions, plan)


def _check_versions(versions: Versions, plan: Rollback) -> None:
    missing = versions.find_missing(_versions(plan)) if plan.keys else []
    if missing:
        raise RefusedError(
            f"Release {plan.target.id} has {count(len(missing), 'object')} that the bucket does not hold any more in "
            f"the version that was published; nothing was changed:\n{list_lines(missing)}",
            "A bucket keeps replaced versions for bucket.noncurrent_days, and only if it is versioned. "
            "Check out the sources of that release and run `flask-cdn-stack deploy` instead.",
        )


def _stages(plan: Rollback) -> Iterable[list[Version]]:
    # Objects that refer to others come last: names without a checksum, then the published manifest.
    stages: tuple[list[Version], ...] = ([], [], [])
    paths = url_paths(plan.target)
    for version in _versions(plan):
        stages[2 if version.key == MANIFEST_KEY else version.key in paths].append(version)
    return filter(None, stages)


def _versions(plan: Rollback) -> list[Version]:
    records = ((key, plan.target.objects[key]) for key in plan.keys)
    return [Version(key, item.version, item.etag, item.checksum, item.size) for key, item in records]
