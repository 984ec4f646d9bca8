"""The steps of a deploy that changes no bucket: of a dry run, and with the app as the only origin.

:func:`~.deploy.deploy` calls them in the same order as those of :class:`~.deployment.Deployment`.
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
from .parties import Consent, DeployOptions, Parties, ReleaseSite, Source
from .plan import Plan, PlannedDeletion, PlannedUpload, make_plan
from .prune import preview_unneeded
from .records import ReleaseRecord, read_release
from .run import Run
from .state import State


class DeploySteps:
    """The steps of a deploy, none of which does anything yet."""

    def __init__(self, site: ReleaseSite, run: Run, options: DeployOptions, parties: Parties) -> None:
        self._site, self._run, self._options = site, run, options
        self._watcher, self._consent = parties.watcher, parties.consent

    @property
    def release(self) -> str | None:
        """The id of the published release."""
        return None

    def read_ahead(self) -> None:
        """Start reading the record in the background."""

    def find_unneeded(self, build: Build) -> tuple[PlannedDeletion, ...]:
        """Return the objects that no kept release needs once this build is published.

        :raises RefusedError: there are more than may be deleted, or there is no bucket.
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
        """A context for the steps that may write."""
        return nullcontext()

    def read_record(self, collection: Collection) -> None:
        """Read the record in the bucket."""

    def claim_early(self, source: Source) -> None:
        """Claim the files that the bucket lacks in any case, to upload them while others are hashed."""

    def send_early(self, source: Source) -> None:
        """Upload the files that were claimed early, and hash each on the way."""

    def plan(self, build: Build) -> Plan:
        """Plan the deploy, and refuse to overwrite foreign objects.

        :raises RefusedError: a foreign object is in the way.
        """
        return Plan((), (), frozenset(), build.manifest, publishes=False)

    def claim(self, plan: Plan) -> bool:
        """Claim the keys to write; return False if another run has published in the meantime."""
        return True

    def upload(self, plan: Plan) -> bool:
        """Upload the plan's objects; return False if the run was suspended for too long."""
        return True

    def uploads(self, plan: Plan) -> tuple[PlannedUpload, ...]:
        """Return the uploads of all plans, this one included, or those that would be made."""
        return plan.uploads

    def write_record(self, plan: Plan) -> ReleaseRecord | None:
        """Write the release record; return None if there is nothing to publish."""
        return None

    def invalidate(self, plan: Plan, record: ReleaseRecord | None) -> Invalidation:
        """Invalidate what was replaced, and the paths that earlier runs left to invalidate."""
        return Invalidation()

    def switch(self, plan: Plan, record: ReleaseRecord | None) -> bool:
        """Publish the release; return False if another run has published in the meantime."""
        return True

    def begin_again(self, collection: Collection) -> None:
        """Read the record again, for a new plan."""

    def write_files(self, plan: Plan, write_manifest: Callable[[str], object]) -> None:
        """Write the manifest."""

    def forget(self, paths: Sequence[str]) -> str:
        """Invalidate the paths that the user gave; return the invalidation's id."""
        return ""

    def delete(self, objects: Sequence[PlannedDeletion]) -> Sequence[PlannedDeletion]:
        """Delete the objects that are not needed; return those that were deleted."""
        return objects

    def settle_owed(self) -> Invalidation:
        """Invalidate what was deleted."""
        return Invalidation()

    def wait(self, invalidation: str) -> None:
        """Wait until the invalidations are complete."""


class DryRun(DeploySteps):
    """A dry run: reads the bucket, and changes nothing."""

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
    """A deploy with the app as the only origin: writes the manifest, and invalidates the paths that the user gave."""

    def write_files(self, plan: Plan, write_manifest: Callable[[str], object]) -> None:
        write_manifest(plan.manifest)

    def forget(self, paths: Sequence[str]) -> str:
        return self._site.cdn.invalidate(paths, self._run.id) if paths else ""

    def wait(self, invalidation: str) -> None:
        if invalidation:
            self._site.cdn.wait(invalidation)


def read_ahead(site: ReleaseSite, options: DeployOptions) -> None:
    """Start reading the record in the background."""
    # If the user may be asked a question, the record is read after it, as the answer can take long.
    if options.delete:
        site.objects  # noqa: B018
    else:
        site.read_ahead()


def agree(site: ReleaseSite, consent: Consent, state: State, collection: Collection) -> None:
    """Ask for consent if files would leave the release because their folder is missing or empty."""
    if emptied := find_emptied(state, collection, partial(read_release, site.objects)):
        consent.to_empty(emptied)
