"""Publishing a release: claim, upload, record, invalidate, switch.

The order makes a kill at any point harmless. Objects are claimed before they are overwritten; the release record and
the invalidation come before the state, which alone says what is published; local files come after all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Protocol

from ..assets.fingerprint import HashedAsset
from ..aws.uploads import Sending, Upload, Uploaded
from ..errors import CDNStackError, ConflictError, PartialDeployError, UnreachableError
from ..naming import OWN_FOLDER
from .plan import Plan, PlannedUpload, make_plan
from .run import Run
from .state import (
    FORMAT,
    MAX_LOST_ANSWERS,
    RECORD_TYPE,
    Claim,
    ObjectRecord,
    Removal,
    Snapshot,
    State,
    Store,
    add_claim,
    change_state,
    pack,
    read_state,
    settle_claims,
)

#: Seconds between two looks at a removal that is in the way.
POLL_SECONDS = 5

#: Failures that an error lists by name.
LISTED_FAILURES = 20


class Bucket(Store, Protocol):
    """Where the assets go."""

    def upload(self, sendings: Iterable[Sending], done: Callable[[Sending, Uploaded | CDNStackError], None]) -> None:
        """Send files; call ``done`` for each as it ends."""


class Distribution(Protocol):
    """What may hold copies of the assets."""

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        """Ask that copies be dropped."""


class Watcher(Protocol):
    """Is told how a deploy goes on."""

    def say(self, text: str) -> None:
        """Take note of a sentence."""

    def planned(self, plan: Plan) -> None:
        """Take note of what is about to be uploaded."""

    def uploaded(self, key: str, size: int) -> None:
        """Take note of one upload that has ended."""


@dataclass(frozen=True)
class Outcome:
    """A deploy that has ended. ``uploads`` are those of the plan that was published."""

    plan: Plan
    release: str | None
    uploads: tuple[PlannedUpload, ...]


def publish_assets(
    bucket: Bucket, distribution: Distribution, assets: Sequence[HashedAsset], run: Run, watcher: Watcher
) -> Outcome:
    """Upload what changed and publish the release; plan again where another run published first.

    :raises PartialDeployError: uploads failed; nothing was published.
    :raises StateError: the record in the bucket cannot be used.
    :raises AWSError: AWS refused or could not be reached.
    """
    publication = _Publication(bucket, distribution, run, watcher)
    snapshot = read_state(bucket)
    while True:
        snapshot = publication.await_removals(snapshot, {asset.key for asset in assets})
        plan = make_plan(assets, snapshot.state, run.id, publication.records)
        if plan.publishes:
            watcher.planned(plan)
            release = publication.apply(plan, snapshot)
        else:
            release = publication.withdraw(snapshot)
        if release is not None:
            return Outcome(plan, release, publication.uploads)
        watcher.say("Another deploy published meanwhile; planning again.")
        snapshot = read_state(bucket)


def preview_assets(bucket: Bucket, assets: Sequence[HashedAsset], run: Run) -> Outcome:
    """Return what :func:`publish_assets` would begin with, and the release that is published; changes nothing."""
    state = read_state(bucket).state
    plan = make_plan(assets, state, run.id)
    return Outcome(plan, state.release, plan.uploads)


class _Publication:
    """One run's way to its publication, over as many plans as that takes."""

    def __init__(self, bucket: Bucket, distribution: Distribution, run: Run, watcher: Watcher) -> None:
        self._bucket, self._distribution, self._run, self._watcher = bucket, distribution, run, watcher
        self._sent: dict[str, PlannedUpload] = {}
        self.records: dict[str, ObjectRecord] = {}

    @property
    def uploads(self) -> tuple[PlannedUpload, ...]:
        return tuple(self._sent.values())

    def apply(self, plan: Plan, snapshot: Snapshot) -> str | None:
        """Carry the plan out; None where another run published meanwhile."""
        left: frozenset[Claim] = frozenset()
        if plan.uploads:
            claimed = self._claim(plan, snapshot)
            if claimed is None:
                return None
            snapshot = claimed
            left = frozenset(filter(self._run.is_left, snapshot.state.writing.values()))
            self._upload(plan)
        release = self._run.release_id()
        self._record_release(release, plan, snapshot.state)
        if plan.invalidations:
            self._distribution.invalidate(plan.invalidations, release)
        published = change_state(
            self._bucket,
            snapshot,
            lambda state: self._publish(state, release, plan, left),
            lambda state: release in state.releases,
        )
        return None if published is None else release

    def withdraw(self, snapshot: Snapshot) -> str | None:
        """Take back the claim of a run that has nothing left to publish; None where another run published meanwhile."""
        withdrawn = change_state(self._bucket, snapshot, lambda state: settle_claims(state, self._run.id, (), ()))
        return None if withdrawn is None else snapshot.state.release

    def await_removals(self, snapshot: Snapshot, keys: set[str]) -> Snapshot:
        """Wait until no key that is needed is being deleted; finish a deletion that was left behind."""
        while needed := sorted(keys & snapshot.state.doomed_keys()):
            if not self._finish_left_removals(snapshot):
                self._watcher.say(f"Waiting: another run is deleting {needed[0]}, which this release needs.")
                self._run.sleep(POLL_SECONDS)
            snapshot = read_state(self._bucket)
        return snapshot

    def _finish_left_removals(self, snapshot: Snapshot) -> bool:
        left = {owner: item for owner, item in snapshot.state.removing.items() if self._may_finish(owner, item)}
        if not left:
            return False
        # Taken over first: of two runs that finish it, one might delete what the other has uploaded again.
        own = Removal(tuple(sorted({key for removal in left.values() for key in removal.keys})), self._run.now())

        def take_over(state: State) -> State:
            others = {owner: removal for owner, removal in state.removing.items() if owner not in left}
            return replace(state, removing={**others, self._run.id: own})

        taken = change_state(self._bucket, snapshot, take_over)
        if taken is not None:
            self._bucket.delete(own.keys)
            change_state(self._bucket, taken, self._forget_removal)
        return True

    def _may_finish(self, owner: str, removal: Removal) -> bool:
        return owner == self._run.id or self._run.is_overdue(removal)

    def _forget_removal(self, state: State) -> State:
        removing = dict(state.removing)
        keys = removing.pop(self._run.id).keys
        objects = {key: record for key, record in state.objects.items() if key not in keys}
        return replace(state, objects=objects, removing=removing)

    def _claim(self, plan: Plan, snapshot: Snapshot) -> Snapshot | None:
        claim = self._run.claim(tuple(item.asset.key for item in plan.uploads))
        return change_state(self._bucket, snapshot, lambda state: add_claim(state, self._run.id, claim))

    def _upload(self, plan: Plan) -> None:
        planned = {item.asset.key: item for item in plan.uploads}
        failures: list[tuple[str, CDNStackError]] = []

        def done(upload: Sending, result: Uploaded | CDNStackError) -> None:
            item = planned[upload.key]
            if isinstance(result, CDNStackError):
                failures.append((upload.key, result))
            else:
                self._sent[upload.key] = item
                self.records[upload.key] = _object_record(item.asset, result)
            self._watcher.uploaded(upload.key, upload.size)

        self._bucket.upload((_upload(item.asset) for item in plan.uploads), done)
        if failures:
            raise _partial_failure(failures, len(planned))

    def _record_release(self, release: str, plan: Plan, state: State) -> None:
        objects = {**state.objects, **self.records}
        keys = [*plan.unchanged, *(item.asset.key for item in plan.uploads)]
        content = {
            "format": FORMAT,
            "release": release,
            "created": int(self._run.now()),
            "manifest": plan.manifest,
            "objects": {key: asdict(objects[key]) for key in keys},
        }
        self._write_own(f"{OWN_FOLDER}/releases/{release}.json.gz", pack(content))

    def _write_own(self, key: str, data: bytes) -> None:
        """Write what nobody else writes: a conflict means that it is there, and only the answer was lost."""
        for retries in reversed(range(MAX_LOST_ANSWERS)):
            try:
                self._bucket.write(key, data, RECORD_TYPE, None)
                return
            except ConflictError:
                return
            except UnreachableError:
                if not retries:
                    raise

    def _publish(self, state: State, release: str, plan: Plan, left: frozenset[Claim]) -> State:
        uploaded = {item.asset.key for item in plan.uploads}
        return replace(
            settle_claims(state, self._run.id, uploaded, left),
            serial=state.serial + 1,
            objects={**state.objects, **self.records},
            release=release,
            manifest=plan.manifest_checksum,
            releases=(*state.releases, release),
        )


def _upload(asset: HashedAsset) -> Upload:
    headers = asset.headers
    return Upload(asset.key, asset.file, asset.size, asset.checksum, headers.content_type, headers.cache_control)


def _object_record(asset: HashedAsset, uploaded: Uploaded) -> ObjectRecord:
    return ObjectRecord(asset.checksum, asset.size, uploaded.etag, uploaded.version, asset.headers.id)


def _partial_failure(failures: Sequence[tuple[str, CDNStackError]], total: int) -> PartialDeployError:
    lines = [f"  {key}: {error.message}" for key, error in sorted(failures)[:LISTED_FAILURES]]
    if len(failures) > LISTED_FAILURES:
        lines.append(f"  ... and {len(failures) - LISTED_FAILURES} more")
    message = "\n".join([f"{len(failures)} of {total} uploads failed; nothing was published:", *lines])
    hints: Mapping[str, None] = dict.fromkeys(error.hint for _, error in failures if error.hint)
    return PartialDeployError(message, "\n".join(hints))
