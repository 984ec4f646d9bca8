"""The steps of a deploy that is carried out.

Finished uploads are recorded before an error is raised, so the next deploy uploads only the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby

from ..assets.collect import Collection
from ..assets.fingerprint import AssetObject, Build
from ..aws.invalidations import Invalidation
from ..aws.uploads import S, Sending, Uploaded
from ..errors import CDNStackError, PartialDeployError
from ..quantities import count
from .deploy_steps import AppDeployment, agree, read_ahead
from .failures import partial_failure
from .ownership import check_foreign, doubtful_keys, read_own
from .parties import DeployOptions, Early, Parties, ReleaseSite, Source
from .plan import Plan, PlannedDeletion, PlannedUpload, make_plan, replaced_path
from .prune import delete_unneeded
from .publication import Publication
from .records import ReleaseRecord
from .removal import await_removals, finish_left_removals
from .run import Run
from .sending import ObjectSending
from .state import ObjectRecord, State

#: The order in which kinds of objects are uploaded: objects that refer to others come after those.
_STAGES = {"hashed": 0, "query": 0, "kept": 1, "copy": 1, "manifest": 2}


class Deployment(AppDeployment):
    """Carries out the deploy."""

    def __init__(self, site: ReleaseSite, run: Run, options: DeployOptions, parties: Parties) -> None:
        super().__init__(site, run, options, parties)
        self._bucket = site.objects
        self._publication = Publication(site.objects, site.cdn, run)
        self._lease = self._publication.lease
        self._early: Sequence[Early] = ()
        self._sent: dict[str, PlannedUpload] = {}
        self._looked_at: set[str] = set()
        self._taken: set[str] = set()
        self._release: str | None = None

    @property
    def release(self) -> str | None:
        return self._release

    @property
    def _state(self) -> State:
        return self._publication.state

    def read_ahead(self) -> None:
        read_ahead(self._site, self._options)

    @contextmanager
    def publishing(self, source: Source) -> Iterator[None]:
        try:
            with self._watcher.working(), self._lease.recording():
                yield
        except PartialDeployError:
            source.check_secrets()  # files may have been hashed during an upload that failed
            raise

    def read_record(self, collection: Collection) -> None:
        self._lease.snapshot = read_own(self._bucket, self._run, self._site.read_ahead())
        if finish_left_removals(self._bucket, self._run, self._lease.snapshot):
            self._lease.snapshot = read_own(self._bucket, self._run)
        agree(self._site, self._consent, self._state, collection)

    def claim_early(self, source: Source) -> None:
        if self._options.expect_manifest or self._options.delete:
            return
        early = source.find_early(self._state)
        if early:
            self._look_at(source.keys())
        if early and not self._lease.claim([item.key for item in early]):
            self._lease.read_again()
            return
        self._early = early

    def send_early(self, source: Source) -> None:
        early, self._early = self._early, ()  # of many files, they take memory that the release needs
        if early:
            late, late_size = source.count_late(self._state)
            self._watcher.sending(len(early) + late, sum(item.size for item in early) + late_size)

            def describe(sending: Early, uploaded: Uploaded) -> PlannedUpload:
                return PlannedUpload(sending.describe(uploaded), "new")

            if not self._send(early, describe, State(), source.build_ahead):
                self._read_again()

    def plan(self, build: Build) -> Plan:
        keys = {asset.key for asset in build.objects}
        self._lease.snapshot = await_removals(self._bucket, self._run, self._watcher, self._lease.snapshot, keys)
        self._look_at(doubtful_keys(build, self._state))
        stored = self._bucket.list_etags() if self._options.verify_remote else None
        return make_plan(build, self._state, self._run.id, self._lease.records, stored, self._taken)

    def claim(self, plan: Plan) -> bool:
        return self._publication.claim(plan)

    def upload(self, plan: Plan) -> bool:
        if not plan.uploads:
            return True
        self._watcher.sending(len(plan.uploads), sum(item.asset.size for item in plan.uploads))
        planned = {item.asset.key: item for item in plan.uploads}
        ordered = sorted(planned.values(), key=lambda item: _STAGES[item.asset.kind])
        return all(
            self._send(
                [ObjectSending(item.asset) for item in stage],
                lambda sending, _: planned[sending.key],
                self._publication.before,
            )
            for _, stage in groupby(ordered, key=lambda item: _STAGES[item.asset.kind])
        )

    def uploads(self, plan: Plan) -> tuple[PlannedUpload, ...]:
        return tuple(self._sent.values())

    def write_record(self, plan: Plan) -> ReleaseRecord | None:
        if not plan.publishes:
            return None
        objects = {**self._state.objects, **self._lease.records}
        recorded = {key: objects[key] for key in (*plan.unchanged, *plan.keys)}
        return self._publication.write(plan.manifest, recorded, plan.naming)

    def invalidate(self, plan: Plan, record: ReleaseRecord | None) -> Invalidation:
        return self._publication.invalidate(plan, record)

    def switch(self, plan: Plan, record: ReleaseRecord | None) -> bool:
        self._release = self._publication.switch(plan, record)
        return self._release is not None

    def begin_again(self, collection: Collection) -> None:
        self._read_again()
        agree(self._site, self._consent, self._state, collection)

    def delete(self, objects: Sequence[PlannedDeletion]) -> Sequence[PlannedDeletion]:
        site, ceiling = self._site, self._site.ceiling(self._options.max_deletes)
        return delete_unneeded(site.objects, objects, site.in_path, site.keep, ceiling, self._run)

    def settle_owed(self) -> Invalidation:
        return self._site.settle_owed(self._run)

    def _read_again(self) -> None:
        self._watcher.say(
            "This run was stopped for too long; planning again."
            if self._lease.is_lost
            else "Another deploy published meanwhile; planning again."
        )
        self._lease.read_again()

    def _look_at(self, keys: Iterable[str]) -> None:
        keys = set(keys) - self._looked_at
        self._taken |= check_foreign(self._bucket, self._run, self._state, keys)
        self._looked_at |= keys

    def _send(
        self,
        sendings: Sequence[S],
        describe: Callable[[S, Uploaded], PlannedUpload],
        before: State,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> bool:
        """Upload files and record each as ``describe`` returns it; return False if the run was suspended for too long.

        :param before: the record's entries for the keys before they were claimed.
        :param meanwhile: is called when the last file is on its way, while answers are awaited.
        """
        failures: dict[str, CDNStackError] = {}
        arrived = 0

        def done(sending: S, result: Uploaded | CDNStackError) -> None:
            nonlocal arrived
            if isinstance(result, CDNStackError):
                failures[sending.key] = result
            else:
                arrived += 1
                item = describe(sending, result)
                self._sent[result.key] = item
                path = replaced_path(item, before, self._taken)
                self._lease.arrived(result.key, _object_record(item.asset, result), path)
            self._watcher.uploaded(sending.key, sending.size)

        def send() -> Iterator[S]:
            yield from sorted(sendings, key=_scatter)
            meanwhile()

        self._bucket.upload(send(), done, self._lease.check, self._lease.tick)
        if self._lease.is_lost:
            return False
        if failures:
            raise _incomplete(arrived, failures, len(sendings))
        return True


def _incomplete(arrived: int, failures: Mapping[str, CDNStackError], asked: int) -> CDNStackError:
    left = asked - arrived - len(failures)
    rest = [f"{arrived:,} arrived and {'is' if arrived == 1 else 'are'} not sent again"] if arrived else []
    rest += [f"{left:,} {'was' if left == 1 else 'were'} not tried any more"] if left else []
    tail = f". {', '.join(rest)}" if rest else ""
    return partial_failure(
        f"{len(failures):,} of {count(asked, 'upload')} failed; nothing was published{tail}:", failures
    )


def _scatter(sending: Sending) -> str:
    # S3 is partitioned by key prefixes, and other stores by folders: alternating between them is up to 25 % faster.
    return sending.key[::-1]


def _object_record(asset: AssetObject, uploaded: Uploaded) -> ObjectRecord:
    return ObjectRecord(asset.checksum, uploaded.size, uploaded.etag, uploaded.version, asset.headers.id)
