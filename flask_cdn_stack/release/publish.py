"""Publishing a release: claim, upload, record, invalidate, switch.

The order makes a kill at any point harmless. Objects are claimed before they are overwritten; the release record and
the invalidation come before the state, which alone says what is published; local files come after all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from typing import NamedTuple, Protocol, TypeVar

from ..assets.fingerprint import AssetObject, Build
from ..aws.uploads import Sending, Uploaded
from ..errors import CDNStackError
from .edge import Distribution, Edge
from .failures import partial_failure
from .plan import Plan, PlannedUpload, make_plan
from .records import ReleaseRecord
from .removal import await_removals, finish_left_removals
from .run import Run
from .sending import ObjectSending
from .state import Claim, ObjectRecord, Snapshot, State, Store, add_claim, change_state, read_state, settle_claims
from .switch import find_left_claims, publish_release, withdraw_claim

S = TypeVar("S", bound=Sending)

#: In which order kinds of objects are uploaded: what refers to others comes after them.
_STAGES = {"hashed": 0, "query": 0, "kept": 1, "copy": 1, "manifest": 2}


class Bucket(Store, Protocol):
    """Where the objects go."""

    def upload(self, sendings: Iterable[Sending], done: Callable[[Sending, Uploaded | CDNStackError], None]) -> None:
        """Send files; call ``done`` for each as it ends."""

    def list_etags(self) -> Mapping[str, str]:
        """Return the ETag of every object by its key."""


class Early(Sending, Protocol):
    """A file that is sent before everything is hashed; ``is_renamed``: its name in the bucket has its checksum."""

    @property
    def is_renamed(self) -> bool: ...

    def describe(self, uploaded: Uploaded) -> AssetObject:
        """Return the object as it was sent."""


class Source(Protocol):
    """Where a release comes from."""

    def reading_ahead(self) -> AbstractContextManager[None]:
        """Prepare what can be prepared without knowing what is published."""

    def find_early(self, state: State) -> Sequence[Early]:
        """Return files that will be sent whatever their bytes are."""

    def build(self) -> Build:
        """Return the release."""


class Watcher(Protocol):
    """Is told how a deploy goes on."""

    def say(self, text: str) -> None:
        """Take note of a sentence."""

    def sending(self, count: int, size: int) -> None:
        """Take note of how many objects, and bytes, are about to be uploaded."""

    def uploaded(self, key: str, size: int) -> None:
        """Take note of one upload that has ended."""


class Outcome(NamedTuple):
    """A deploy that has ended. ``uploads`` are those of all its plans, ``invalidation`` is the id of what was asked."""

    build: Build
    plan: Plan
    release: str | None
    uploads: tuple[PlannedUpload, ...]
    invalidation: str | None = None


#: Is told of a state before a deploy goes on from there.
Consent = Callable[[State], object]


def _agree(state: State) -> None:
    pass


def publish_assets(
    bucket: Bucket,
    distribution: Distribution,
    source: Source,
    run: Run,
    watcher: Watcher,
    *,
    verifies: bool = False,
    early: bool = True,
    consent: Consent = _agree,
) -> Outcome:
    """Upload what changed and publish the release; plan again where another run published first.

    :param verifies: list the bucket, and upload again what is not there as it was left.
    :param early: upload new files while others are still hashed.
    :param consent: is given each state that is planned from, before anything is sent; it raises what it objects with.
    :raises PartialDeployError: uploads failed; nothing was published.
    :raises AssetError: the build cannot be made.
    :raises StateError: the record in the bucket cannot be used.
    :raises AWSError: AWS refused or could not be reached.
    """
    publication = _Publication(bucket, distribution, run, watcher)
    sendings: Sequence[Early] = ()
    with source.reading_ahead():
        snapshot = read_state(bucket)
        if finish_left_removals(bucket, run, snapshot):
            snapshot = read_state(bucket)
        consent(snapshot.state)
        if early:
            sendings, snapshot = publication.claim_early(source, snapshot)
    publication.send_early(sendings)
    build = source.build()
    keys = {asset.key for asset in build.objects}
    while True:
        snapshot = await_removals(bucket, run, watcher, snapshot, keys)
        stored = bucket.list_etags() if verifies else None
        asked = snapshot.state.usage.paths_at(run.now())
        plan = make_plan(build, snapshot.state, run.id, publication.records, stored, asked)
        release = publication.apply(plan, snapshot) if plan.publishes else publication.withdraw(snapshot)
        if release is not None:
            return Outcome(build, plan, release, publication.uploads, publication.edge.invalidation)
        watcher.say("Another deploy published meanwhile; planning again.")
        snapshot = read_state(bucket)
        consent(snapshot.state)
        publication.forget_unclaimed(snapshot.state)


def preview_assets(
    bucket: Bucket, source: Source, run: Run, *, verifies: bool = False, consent: Consent = _agree
) -> Outcome:
    """Return what :func:`publish_assets` would do, and the release that is published; changes nothing."""
    state = read_state(bucket).state
    consent(state)
    build = source.build()
    stored = bucket.list_etags() if verifies else None
    plan = make_plan(build, state, run.id, stored=stored, asked=state.usage.paths_at(run.now()))
    return Outcome(build, plan, state.release, plan.uploads)


class _Publication:
    """One run's way to its publication, over as many plans as that takes."""

    def __init__(self, bucket: Bucket, distribution: Distribution, run: Run, watcher: Watcher) -> None:
        self._bucket, self._run, self._watcher = bucket, run, watcher
        self._sent: dict[str, PlannedUpload] = {}
        self.records: dict[str, ObjectRecord] = {}
        self.edge = Edge(distribution)

    @property
    def uploads(self) -> tuple[PlannedUpload, ...]:
        return tuple(self._sent.values())

    def claim_early(self, source: Source, snapshot: Snapshot) -> tuple[Sequence[Early], Snapshot]:
        """Claim files that the bucket surely lacks; none where another run published meanwhile."""
        early = source.find_early(snapshot.state)
        # A name with the checksum in it is new with its bytes: whoever else writes it writes the same.
        overwritten = [item.key for item in early if not item.is_renamed]
        claimed = self._claim(overwritten, snapshot) if overwritten else snapshot
        return ((), read_state(self._bucket)) if claimed is None else (early, claimed)

    def send_early(self, early: Sequence[Early]) -> None:
        """Upload files, each as it is hashed."""
        if early:
            self._watcher.sending(len(early), sum(item.size for item in early))
            self._send(early, lambda sending, uploaded: PlannedUpload(sending.describe(uploaded), "new"))

    def forget_unclaimed(self, state: State) -> None:
        """Count what was uploaded and is not claimed as lost: another run may have published and removed it since."""
        claim = state.writing.get(self._run.id)
        claimed = set(claim.keys if claim else ())
        self.records = {key: record for key, record in self.records.items() if key in claimed}

    def apply(self, plan: Plan, snapshot: Snapshot) -> str | None:
        """Carry the plan out; None where another run published meanwhile."""
        left: frozenset[Claim] = frozenset()
        if plan.uploads:
            claimed = self._claim([item.asset.key for item in plan.uploads], snapshot)
            if claimed is None:
                return None
            snapshot = claimed
            left = find_left_claims(snapshot.state, self._run)
            self._upload(plan)
        uploaded = {item.asset.key for item in plan.uploads}
        record = self._make_record(plan, snapshot.state)
        return publish_release(
            self._bucket,
            snapshot,
            record,
            lambda: self.edge.forget(plan.invalidations, record.id),
            lambda state: settle_claims(state, self._run.id, uploaded, left),
            self.records,
        )

    def withdraw(self, snapshot: Snapshot) -> str | None:
        """Take back the claim of a run that has nothing left to publish; None where another run published meanwhile."""
        return withdraw_claim(self._bucket, snapshot, self._run, self.edge.asked)

    def _claim(self, keys: Iterable[str], snapshot: Snapshot) -> Snapshot | None:
        claim = self._run.claim(tuple(keys))
        return change_state(self._bucket, snapshot, lambda state: add_claim(state, self._run.id, claim))

    def _upload(self, plan: Plan) -> None:
        self._watcher.sending(len(plan.uploads), sum(item.asset.size for item in plan.uploads))
        planned = {item.asset.key: item for item in plan.uploads}
        ordered = sorted(planned.values(), key=lambda item: _STAGES[item.asset.kind])
        for _, stage in groupby(ordered, key=lambda item: _STAGES[item.asset.kind]):
            self._send([ObjectSending(item.asset) for item in stage], lambda sending, _: planned[sending.key])

    def _send(self, sendings: Sequence[S], describe: Callable[[S, Uploaded], PlannedUpload]) -> None:
        """Send files and take note of each as ``describe`` says."""
        origins = {sending.key: sending for sending in sendings}
        failures: dict[str, CDNStackError] = {}

        def done(sending: Sending, result: Uploaded | CDNStackError) -> None:
            if isinstance(result, CDNStackError):
                failures[sending.key] = result
            else:
                item = describe(origins[sending.key], result)
                self._sent[result.key] = item
                self.records[result.key] = _object_record(item.asset, result)
            self._watcher.uploaded(sending.key, sending.size)

        self._bucket.upload(sorted(sendings, key=_scatter), done)
        if failures:
            summary = f"{len(failures)} of {len(sendings)} uploads failed; nothing was published:"
            raise partial_failure(summary, failures)

    def _make_record(self, plan: Plan, state: State) -> ReleaseRecord:
        objects = {**state.objects, **self.records}
        keys = [*plan.unchanged, *(item.asset.key for item in plan.uploads)]
        recorded = {key: objects[key] for key in keys}
        return ReleaseRecord(self._run.release_id(), int(self._run.now()), plan.manifest, recorded)


def _scatter(sending: Sending) -> str:
    # S3 divides its work by the beginnings of keys, others theirs by folders: going round them is up to 25 % faster.
    return sending.key[::-1]


def _object_record(asset: AssetObject, uploaded: Uploaded) -> ObjectRecord:
    return ObjectRecord(asset.checksum, uploaded.size, uploaded.etag, uploaded.version, asset.headers.id)
