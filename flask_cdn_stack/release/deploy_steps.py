"""What each step of a deploy does where nothing is carried out: the steps of a dry run, and of one without a bucket.

Whoever takes these steps is told the same by :func:`~.deploy.deploy` as :class:`~.deployment.Deployment`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from ..assets.collect import Collection
from ..assets.fingerprint import Build
from ..aws.invalidations import Invalidation
from .edge import Edge
from .emptied import find_emptied
from .ownership import check_foreign, doubtful_keys, read_own
from .parties import Consent, DeployOptions, Early, Parties, ReleaseSite, Source
from .plan import Plan, PlannedDeletion, PlannedUpload, make_plan
from .prune import preview_unneeded
from .records import ReleaseRecord, read_release
from .run import Run
from .state import State


class DeploySteps:
    """The steps of a deploy with nothing to look at, and of which nothing is carried out."""

    def __init__(self, site: ReleaseSite, run: Run, options: DeployOptions, parties: Parties) -> None:
        self._site, self._run, self._options = site, run, options
        self._watcher, self._consent = parties.watcher, parties.consent

    @property
    def release(self) -> str | None:
        """The release that is published."""
        return None

    def read_ahead(self) -> None:
        """Begin with what takes long."""

    def find_unneeded(self, build: Build) -> tuple[PlannedDeletion, ...]:
        """Return the objects that nothing needs when this build is published.

        :raises RefusedError: they are more than may be deleted, or there is no bucket.
        """
        keys, run, site = [item.key for item in build.objects], self._run, self._site

        def publishes(state: State) -> bool:
            return make_plan(build, state, run.id).publishes

        ceiling = site.ceiling(self._options.max_deletes)
        doomed = preview_unneeded(site.objects, keys, site.in_path, site.keep, ceiling, run, publishes)
        if doomed:
            self._consent.to_delete(doomed)
        return doomed

    def publishing(self, source: Source) -> AbstractContextManager[object]:
        """Be there while the steps that may write are taken."""
        return nullcontext()

    def read_record(self, collection: Collection) -> None:
        """Read what lies in the bucket."""

    def claim_early(self, source: Source) -> Sequence[Early]:
        """Claim files that the bucket surely lacks, and return them; they are sent before everything is hashed."""
        return ()

    def send_early(self, source: Source, early: Sequence[Early]) -> None:
        """Upload them, each as it is hashed."""

    def plan(self, build: Build) -> Plan:
        """Work out what is to be done, and make sure that nothing foreign is in the way.

        :raises RefusedError: something is.
        """
        return Plan((), (), frozenset(), build.manifest, publishes=False)

    def claim(self, plan: Plan) -> bool:
        """Claim what will be written; False where another run published meanwhile."""
        return True

    def upload(self, plan: Plan) -> bool:
        """Send what the plan says; False where the run was stopped for too long."""
        return True

    def uploads(self, plan: Plan) -> tuple[PlannedUpload, ...]:
        """Return what was sent in all plans, of which this is the last, or what would be."""
        return plan.uploads

    def write_record(self, plan: Plan) -> ReleaseRecord | None:
        """Write the record of the release; None where there is nothing to publish."""
        return None

    def invalidate(self, plan: Plan, record: ReleaseRecord | None) -> Invalidation:
        """Ask that the edge forget what was replaced, and what it owes."""
        return Invalidation()

    def switch(self, plan: Plan, record: ReleaseRecord | None) -> bool:
        """Publish; False where another run published meanwhile."""
        return True

    def begin_again(self, collection: Collection) -> None:
        """Read the record anew, for another plan."""

    def write_files(self, plan: Plan, write_manifest: Callable[[str], object]) -> None:
        """Let the manifest be written."""

    def forget(self, paths: Sequence[str]) -> str:
        """Ask that the edge forget the user's own paths; return an id."""
        return ""

    def delete(self, objects: Sequence[PlannedDeletion]) -> Sequence[PlannedDeletion]:
        """Delete what is not needed; return what was deleted."""
        return objects

    def settle_owed(self) -> Invalidation:
        """Ask that the edge forget what was deleted."""
        return Invalidation()

    def wait(self, invalidation: str) -> None:
        """Wait until the edge has forgotten."""


class DryRun(DeploySteps):
    """Looks at the bucket, and carries nothing out."""

    _state = State()

    @property
    def release(self) -> str | None:
        return self._state.release

    def read_ahead(self) -> None:
        read_ahead(self._site, self._options)

    def read_record(self, collection: Collection) -> None:
        self._state = read_own(self._site.objects, self._run, self._site.read_ahead()).state
        agree(self._site, self._consent, self._state, collection)

    def plan(self, build: Build) -> Plan:
        bucket = self._site.objects
        taken = check_foreign(bucket, self._run, self._state, doubtful_keys(build, self._state))
        stored = bucket.list_etags() if self._options.verify_remote else None
        return make_plan(build, self._state, self._run.id, stored=stored, taken=taken)

    def invalidate(self, plan: Plan, record: ReleaseRecord | None) -> Invalidation:
        return Edge(self._site.cdn, self._run).plan(self._state, plan.replaced)


class AppDeployment(DeploySteps):
    """Asks the edge for what the user named, and writes the manifest; the files stay where they are."""

    def write_files(self, plan: Plan, write_manifest: Callable[[str], object]) -> None:
        write_manifest(plan.manifest)

    def forget(self, paths: Sequence[str]) -> str:
        return self._site.cdn.invalidate(paths, self._run.id) if paths else ""

    def wait(self, invalidation: str) -> None:
        if invalidation:
            self._site.cdn.wait(invalidation)


def read_ahead(site: ReleaseSite, options: DeployOptions) -> None:
    """Begin to read the record."""
    # Where the user may think about a question meanwhile, the record is read after it.
    if options.delete:
        site.objects  # noqa: B018
    else:
        site.read_ahead()


def agree(site: ReleaseSite, consent: Consent, state: State, collection: Collection) -> None:
    """Ask, where files would leave the release because their folder is gone."""
    if emptied := find_emptied(state, collection, partial(read_release, site.objects)):
        consent.to_empty(emptied)
