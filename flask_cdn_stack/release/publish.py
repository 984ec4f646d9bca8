"""Publishing a release: claim, upload, record, invalidate, switch.

The order makes a kill at any point harmless. Objects are claimed before they are overwritten; the release record and
the invalidation come before the state, which alone says what is published; local files come after all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

from ..assets.fingerprint import AssetObject, Build
from ..aws.invalidations import Invalidation
from ..aws.uploads import Sending, Uploaded
from ..errors import CDNStackError
from .edge import CDN, Edge
from .failures import partial_failure
from .ownership import check_foreign, doubtful_keys, read_own
from .parties import Bucket, Consent, Early, Source, Watcher
from .plan import Plan, PlannedUpload, make_plan, replaced_path
from .publication import Publication
from .records import ReleaseRecord
from .removal import await_removals, finish_left_removals
from .run import Run
from .sending import ObjectSending
from .state import ObjectRecord, State
from .store import Snapshot

S = TypeVar("S", bound=Sending)

#: In which order kinds of objects are uploaded: what refers to others comes after them.
_STAGES = {"hashed": 0, "query": 0, "kept": 1, "copy": 1, "manifest": 2}


class Outcome(NamedTuple):
    """A deploy that has ended. ``uploads`` are those of all its plans, ``invalidation`` is what was last asked for."""

    build: Build
    plan: Plan
    release: str | None
    uploads: tuple[PlannedUpload, ...]
    invalidation: Invalidation = Invalidation()


def _agree(state: State) -> None:
    pass


def publish_assets(
    bucket: Bucket,
    cdn: CDN,
    source: Source,
    run: Run,
    watcher: Watcher,
    *,
    verifies: bool = False,
    early: bool = True,
    read: Callable[[], Snapshot] | None = None,
    consent: Consent = _agree,
) -> Outcome:
    """Upload what changed and publish the release; plan again where another run published first.

    What has arrived is recorded before an error is raised, so that the next deploy sends only the rest.

    :param verifies: list the bucket, and upload again what is not there as it was left.
    :param early: upload new files while others are still hashed.
    :param read: returns the record, whose reading was begun before.
    :param consent: is given each state that is planned from, before anything is sent; it raises what it objects with.
    :raises PartialDeployError: uploads failed; nothing was published.
    :raises RefusedError: the record is another project's, or something foreign lies where a file is to go.
    :raises AssetError: the build cannot be made.
    :raises StateError: the record in the bucket cannot be used.
    :raises AWSError: AWS refused or could not be reached.
    """
    with source.reading_ahead():
        snapshot = read_own(bucket, run, read)
        if finish_left_removals(bucket, run, snapshot):
            snapshot = read_own(bucket, run)
        consent(snapshot.state)
        publication = _Deployment(bucket, cdn, run, watcher, snapshot)
        sendings = publication.claim_early(source) if early else ()
    with publication.lease.recording():
        publication.send_early(sendings)
        build = source.build()
        while True:
            plan = publication.plan(build, verifies)
            if publication.claim(plan) and publication.upload(plan):
                record = publication.make_record(plan)
                publication.write(record)
                invalidation = publication.invalidate(plan, record)
                if release := publication.switch(plan, record):
                    return Outcome(build, plan, release, publication.uploads, invalidation)
            publication.begin_again()
            consent(publication.state)


def preview_assets(
    bucket: Bucket,
    cdn: CDN,
    source: Source,
    run: Run,
    *,
    verifies: bool = False,
    read: Callable[[], Snapshot] | None = None,
    consent: Consent = _agree,
) -> Outcome:
    """Return what :func:`publish_assets` would do, and the release that is published; changes nothing.

    :raises RefusedError: as :func:`publish_assets`.
    """
    state = read_own(bucket, run, read).state
    consent(state)
    build = source.build()
    taken = check_foreign(bucket, run, state, doubtful_keys(build, state))
    stored = bucket.list_etags() if verifies else None
    plan = make_plan(build, state, run.id, stored=stored, taken=taken)
    return Outcome(build, plan, state.release, plan.uploads, Edge(cdn, run).plan(state, plan.replaced))


class _Deployment(Publication):
    """A publication of files."""

    def __init__(self, bucket: Bucket, cdn: CDN, run: Run, watcher: Watcher, snapshot: Snapshot) -> None:
        super().__init__(bucket, cdn, run, snapshot)
        self._bucket, self._watcher = bucket, watcher
        self._sent: dict[str, PlannedUpload] = {}
        self._looked_at: set[str] = set()
        self._taken: set[str] = set()

    @property
    def uploads(self) -> tuple[PlannedUpload, ...]:
        """What was sent, in all plans."""
        return tuple(self._sent.values())

    def claim_early(self, source: Source) -> Sequence[Early]:
        """Claim files that the bucket surely lacks; none where another run published meanwhile."""
        early = source.find_early(self.state)
        if early:
            self._look_at(source.keys())
        if early and not self.lease.claim([item.key for item in early]):
            self.lease.read_again()
            return ()
        return early

    def send_early(self, early: Sequence[Early]) -> None:
        """Upload files, each as it is hashed."""
        if early:
            self._watcher.sending(len(early), sum(item.size for item in early))
            if not self._send(
                early, lambda sending, uploaded: PlannedUpload(sending.describe(uploaded), "new"), State()
            ):
                self.begin_again()

    def plan(self, build: Build, verifies: bool) -> Plan:
        """Work out what is to be done; waits for whoever is deleting what the release needs."""
        keys = {asset.key for asset in build.objects}
        self.lease.snapshot = await_removals(self._bucket, self._run, self._watcher, self.lease.snapshot, keys)
        self._look_at(doubtful_keys(build, self.state))
        stored = self._bucket.list_etags() if verifies else None
        return make_plan(build, self.state, self._run.id, self.lease.records, stored, self._taken)

    def upload(self, plan: Plan) -> bool:
        """Send what the plan says; False where the run was stopped for too long."""
        if not plan.uploads:
            return True
        self._watcher.sending(len(plan.uploads), sum(item.asset.size for item in plan.uploads))
        planned = {item.asset.key: item for item in plan.uploads}
        ordered = sorted(planned.values(), key=lambda item: _STAGES[item.asset.kind])
        return all(
            self._send(
                [ObjectSending(item.asset) for item in stage], lambda sending, _: planned[sending.key], self.before
            )
            for _, stage in groupby(ordered, key=lambda item: _STAGES[item.asset.kind])
        )

    def make_record(self, plan: Plan) -> ReleaseRecord | None:
        """Return the record of the release; None where there is nothing to publish."""
        if not plan.publishes:
            return None
        objects = {**self.state.objects, **self.lease.records}
        recorded = {key: objects[key] for key in (*plan.unchanged, *plan.keys)}
        return ReleaseRecord(self._run.release_id(), int(self._run.now()), plan.manifest, recorded, naming=plan.naming)

    def begin_again(self) -> None:
        """Read the record anew, for another plan."""
        self._watcher.say(
            "This run was stopped for too long; planning again."
            if self.lease.is_lost
            else "Another deploy published meanwhile; planning again."
        )
        self.lease.read_again()

    def _look_at(self, keys: Iterable[str]) -> None:
        keys = set(keys) - self._looked_at
        self._taken |= check_foreign(self._bucket, self._run, self.state, keys)
        self._looked_at |= keys

    def _send(self, sendings: Sequence[S], describe: Callable[[S, Uploaded], PlannedUpload], before: State) -> bool:
        """Send files and take note of each as ``describe`` says; False where the run was stopped for too long.

        :param before: what the record said of the keys before they were claimed.
        """
        origins = {sending.key: sending for sending in sendings}
        failures: dict[str, CDNStackError] = {}
        arrived = 0

        def done(sending: Sending, result: Uploaded | CDNStackError) -> None:
            nonlocal arrived
            if isinstance(result, CDNStackError):
                failures[sending.key] = result
            else:
                arrived += 1
                item = describe(origins[sending.key], result)
                self._sent[result.key] = item
                path = replaced_path(item, before, self._taken)
                self.lease.arrived(result.key, _object_record(item.asset, result), path)
            self._watcher.uploaded(sending.key, sending.size)

        self._bucket.upload(sorted(sendings, key=_scatter), done, self.lease.check, self.lease.tick)
        if self.lease.is_lost:
            return False
        if failures:
            raise _incomplete(arrived, failures, len(sendings))
        return True


def _incomplete(arrived: int, failures: Mapping[str, CDNStackError], asked: int) -> CDNStackError:
    left = asked - arrived - len(failures)
    rest = [f"{arrived:,} arrived and {'is' if arrived == 1 else 'are'} not sent again"] if arrived else []
    rest += [f"{left:,} {'was' if left == 1 else 'were'} not tried any more"] if left else []
    tail = f". {', '.join(rest)}" if rest else ""
    return partial_failure(f"{len(failures):,} of {asked:,} uploads failed; nothing was published{tail}:", failures)


def _scatter(sending: Sending) -> str:
    # S3 divides its work by the beginnings of keys, others theirs by folders: going round them is up to 25 % faster.
    return sending.key[::-1]


def _object_record(asset: AssetObject, uploaded: Uploaded) -> ObjectRecord:
    return ObjectRecord(asset.checksum, uploaded.size, uploaded.etag, uploaded.version, asset.headers.id)
