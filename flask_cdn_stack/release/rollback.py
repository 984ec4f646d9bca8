"""Going back: an earlier release's manifest and objects, published as a new release.

Nothing is uploaded. What the bucket has in another form is copied back from the version that the old release's record
names; all of these are looked up before anything is changed. Otherwise it goes as with a deploy: claim, copy, record,
invalidate, switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote

from ..assets.fingerprint import MANIFEST_KEY
from ..aws.uploads import Uploaded
from ..aws.versions import Version
from ..errors import CDNStackError, RefusedError
from .edge import Distribution, Edge
from .failures import list_lines, partial_failure
from .history import find_release
from .invalidation import find_invalidations, is_charged, quote_key
from .records import ReleaseRecord, manifest_checksum
from .removal import Listener, await_removals
from .run import Run
from .state import Claim, ObjectRecord, Snapshot, State, Store, add_claim, change_state, read_state, settle_claims
from .switch import find_left_claims, publish_release, withdraw_claim


class Bucket(Store, Protocol):
    """Where the objects are."""

    def list_etags(self) -> Mapping[str, str]:
        """Return the ETag of every object by its key."""


class Versions(Protocol):
    """What the bucket keeps of earlier bytes."""

    def find_missing(self, versions: Iterable[Version]) -> list[str]:
        """Return the keys of those versions that are not there any more."""

    def copy_back(self, versions: Iterable[Version], done: Callable[[Version, Uploaded | CDNStackError], None]) -> None:
        """Make versions the current ones again; call ``done`` for each as it ends."""


@dataclass(frozen=True)
class Rollback:
    """A way back, or one that was gone.

    ``target`` is the old release, ``release`` the one that is published: the new one, once it is there. ``restored``
    names the keys that are copied back; ``publishes`` is False where nothing is to be done; ``charged`` says that the
    month has no free paths left for the invalidations.
    """

    target: ReleaseRecord
    release: str | None
    restored: tuple[str, ...]
    invalidations: tuple[str, ...]
    publishes: bool
    charged: bool = False

    @property
    def manifest_checksum(self) -> str:
        """SHA-256 of the manifest's text, by which the state knows the published release."""
        return manifest_checksum(self.target.manifest)


def preview_rollback(bucket: Bucket, versions: Versions, wanted: str | None, run: Run) -> Rollback:
    """Return what going back would do; changes nothing.

    :param wanted: how the release's id begins; None for the release published before the current one.
    :raises RefusedError: there is no such release, or objects of it cannot be had any more.
    :raises StateError: the state or the release's record cannot be used.
    """
    state = read_state(bucket).state
    target, asked = find_release(bucket, state, wanted), state.usage.paths_at(run.now())
    plan = plan_rollback(target, state, run.id, bucket.list_etags(), asked)
    _check_versions(versions, plan)
    return plan


def roll_back(
    bucket: Bucket, versions: Versions, distribution: Distribution, target: ReleaseRecord, run: Run, listener: Listener
) -> Rollback:
    """Publish an earlier release again; plan again where another run published first.

    :param target: as :func:`preview_rollback` found it.
    :raises RefusedError: objects of it cannot be had any more; nothing was changed.
    :raises PartialDeployError: copies failed; nothing was published.
    :raises AWSError: AWS refused or could not be reached.
    """
    snapshot, edge = read_state(bucket), Edge(distribution)
    while True:
        snapshot = await_removals(bucket, run, listener, snapshot, target.objects.keys())
        asked = snapshot.state.usage.paths_at(run.now())
        plan = plan_rollback(target, snapshot.state, run.id, bucket.list_etags(), asked)
        if plan.publishes:
            release = _publish(bucket, versions, edge, plan, snapshot, run)
        else:
            release = withdraw_claim(bucket, snapshot, run, edge.asked)
        if release is not None:
            return replace(plan, release=release)
        listener.say("Another run changed the record meanwhile; planning again.")
        snapshot = read_state(bucket)


def plan_rollback(target: ReleaseRecord, state: State, run: str, stored: Mapping[str, str], asked: int = 0) -> Rollback:
    """Compare a release with the state, and with what lies in the bucket.

    :param run: this run's id; its own claim leaves no key unknown.
    :param stored: ETags by key. What somebody deleted or changed by hand is restored too.
    :param asked: how many invalidation paths were asked for in this month.
    """
    unknown = state.unknown_keys(run)
    restored = tuple(
        key
        for key, record in sorted(target.objects.items())
        if key in unknown or not _is_there(state.objects.get(key), record, stored.get(key))
    )
    plan = Rollback(target, state.release, restored, (), publishes=True)
    if not restored and plan.manifest_checksum == state.manifest:
        return replace(plan, publishes=False)
    paths = _url_paths(target)
    replaced = [key for key in restored if key in state.objects or key in unknown]
    found = find_invalidations((paths.get(key) or quote_key(key) for key in replaced), asked)
    return replace(plan, invalidations=found, charged=is_charged(found, asked))


def _is_there(known: ObjectRecord | None, wanted: ObjectRecord, etag: str | None) -> bool:
    if known is None or known.etag != etag:
        return False
    return (known.checksum, known.headers) == (wanted.checksum, wanted.headers)


def _publish(bucket: Store, versions: Versions, edge: Edge, plan: Rollback, snapshot: Snapshot, run: Run) -> str | None:
    """Carry the plan out; None where another run changed the state meanwhile."""
    left: frozenset[Claim] = frozenset()
    copied: dict[str, ObjectRecord] = {}
    if plan.restored:
        _check_versions(versions, plan)
        claim = run.claim(plan.restored)
        claimed = change_state(bucket, snapshot, lambda state: add_claim(state, run.id, claim))
        if claimed is None:
            return None
        snapshot = claimed
        left = find_left_claims(snapshot.state, run)
        copied = _copy_back(versions, plan)
    objects = {key: copied.get(key) or snapshot.state.objects[key] for key in plan.target.objects}
    record = ReleaseRecord(run.release_id(), int(run.now()), plan.target.manifest, objects, plan.target.id)
    return publish_release(
        bucket,
        snapshot,
        record,
        lambda: edge.forget(plan.invalidations, record.id),
        lambda state: settle_claims(state, run.id, copied, left),
        copied,
    )


def _check_versions(versions: Versions, plan: Rollback) -> None:
    missing = versions.find_missing(_versions(plan)) if plan.restored else []
    if missing:
        raise RefusedError(
            f"{len(missing)} of the objects of release {plan.target.id} are not in the bucket any more, in the version "
            f"that was published; nothing was changed:\n{list_lines(missing)}",
            "A bucket keeps replaced versions for bucket.noncurrent_days, and only if it is versioned. "
            "Check out the sources of that release and run `flask-cdn-stack deploy` instead.",
        )


def _copy_back(versions: Versions, plan: Rollback) -> dict[str, ObjectRecord]:
    copied: dict[str, ObjectRecord] = {}
    failures: dict[str, CDNStackError] = {}

    def done(version: Version, result: Uploaded | CDNStackError) -> None:
        if isinstance(result, CDNStackError):
            failures[version.key] = result
        else:
            wanted = plan.target.objects[version.key]
            copied[version.key] = wanted._replace(etag=result.etag, version=result.version)

    # What refers to others comes after them: names without a checksum, then the published manifest.
    named = _url_paths(plan.target)
    stages: tuple[list[Version], ...] = ([], [], [])
    for version in _versions(plan):
        stages[2 if version.key == MANIFEST_KEY else version.key in named].append(version)
    for stage in filter(None, stages):
        versions.copy_back(stage, done)
    if len(copied) < len(plan.restored):
        count = len(plan.restored) - len(copied)
        summary = f"{count} of {len(plan.restored)} objects were not copied back; nothing was published:"
        raise partial_failure(summary, failures)
    return copied


def _versions(plan: Rollback) -> list[Version]:
    records = ((key, plan.target.objects[key]) for key in plan.restored)
    return [Version(key, item.version, item.etag, item.checksum, item.size) for key, item in records]


def _url_paths(record: ReleaseRecord) -> dict[str, str]:
    paths = (line.partition("  ")[2] for line in record.manifest.splitlines() if not line.startswith("#"))
    return {unquote(path): path for path in paths}
