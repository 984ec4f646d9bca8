"""Going back: an earlier release's manifest and objects, published as a new release.

Nothing is uploaded. What the bucket has in another form is copied back from the version that the old release's record
names; all of these are looked up before anything is changed. Otherwise it goes as with a deploy: claim, copy, record,
invalidate, switch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Protocol
from urllib.parse import unquote

from ..assets.published_names import Naming
from ..aws.uploads import Uploaded
from ..aws.versions import Version
from ..errors import CDNStackError, RefusedError
from ..naming import MANIFEST_KEY
from .edge import Distribution, Edge
from .failures import list_lines, partial_failure
from .history import find_release
from .invalidation import find_invalidations, is_charged, quote_key
from .lease import Lease
from .ownership import Bucket as OwnedBucket
from .ownership import find_unnamed, read_own, refuse_foreign
from .records import ReleaseRecord, manifest_checksum
from .release_naming import check_naming
from .removal import Listener, await_removals
from .run import Run
from .state import ObjectRecord, State
from .switch import publish_release, withdraw_claim


class Bucket(OwnedBucket, Protocol):
    """Where the objects are."""

    def list_etags(self) -> Mapping[str, str]:
        """Return the ETag of every object by its key."""


class Versions(Protocol):
    """What the bucket keeps of earlier bytes."""

    def find_missing(self, versions: Iterable[Version]) -> list[str]:
        """Return the keys of those versions that are not there any more."""

    def copy_back(
        self,
        versions: Iterable[Version],
        done: Callable[[Version, Uploaded | CDNStackError], None],
        check: Callable[[], None] = ...,
        tick: Callable[[], None] = ...,
    ) -> None:
        """Make versions the current ones again; call ``done`` for each as it ends, ``check`` before each request."""


@dataclass(frozen=True)
class Rollback:
    """A way back, or one that was gone.

    ``target`` is the old release, ``release`` the one that is published: the new one, once it is there. ``restored``
    names the keys that are copied back; ``publishes`` is False where nothing is to be done; ``charged`` says that the
    month has no free paths left for the invalidations, which cover the URL paths ``forgets``. ``foreign`` are keys to
    restore under which something lies that nobody of ours has put there.
    """

    target: ReleaseRecord
    release: str | None
    restored: tuple[str, ...]
    invalidations: tuple[str, ...]
    publishes: bool
    charged: bool = False
    forgets: frozenset[str] = frozenset()
    foreign: tuple[str, ...] = ()

    @property
    def manifest_checksum(self) -> str:
        """SHA-256 of the manifest's text, by which the state knows the published release."""
        return manifest_checksum(self.target.manifest)

    def settle(self, state: State) -> State:
        """Return the state without what the edge was asked to forget."""
        return replace(state, owed=state.owed - self.forgets)


def preview_rollback(
    bucket: Bucket, versions: Versions, wanted: str | None, run: Run, naming: Naming | None = None
) -> Rollback:
    """Return what going back would do; changes nothing.

    :param wanted: how the release's id begins; None for the release published before the current one.
    :param naming: what apps build their URLs from; None where nobody is known to build any.
    :raises RefusedError: there is no such release, objects of it cannot be had any more, or apps would not find them.
    :raises StateError: the state or the release's record cannot be used.
    """
    state = read_own(bucket, run).state
    target, asked = find_release(bucket, state, wanted), state.usage.paths_at(run.now())
    if naming is not None:
        check_naming(target, naming)
    plan = plan_rollback(target, state, run.id, bucket.list_etags(), asked)
    _check(bucket, versions, plan, run)
    return plan


def roll_back(
    bucket: Bucket, versions: Versions, distribution: Distribution, target: ReleaseRecord, run: Run, listener: Listener
) -> Rollback:
    """Publish an earlier release again; plan again where another run published first.

    What was copied back is recorded before an error is raised.

    :param target: as :func:`preview_rollback` found it.
    :raises RefusedError: objects of it cannot be had any more, or something foreign lies in their place; nothing was
        changed.
    :raises PartialDeployError: copies failed; nothing was published.
    :raises AWSError: AWS refused or could not be reached.
    """
    edge, lease = Edge(distribution), Lease(bucket, run, read_own(bucket, run))
    with lease.recording():
        while True:
            lease.snapshot = await_removals(bucket, run, listener, lease.snapshot, target.objects.keys())
            state = lease.snapshot.state
            asked = state.usage.paths_at(run.now())
            plan = plan_rollback(target, state, run.id, bucket.list_etags(), asked)
            if plan.publishes:
                release = _publish(bucket, versions, edge, plan, lease, run)
            else:
                release = _withdraw(bucket, edge, plan, lease, run)
            if release is not None:
                return replace(plan, release=release)
            listener.say("Another run changed the record meanwhile; planning again.")
            lease.read_again()


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
    foreign = tuple(find_unnamed(state, stored.keys() & set(restored)))
    plan = Rollback(target, state.release, restored, (), publishes=True, forgets=state.owed, foreign=foreign)
    if not restored and plan.manifest_checksum == state.manifest:
        plan = replace(plan, publishes=False)
    else:
        plan = replace(plan, forgets=state.owed.union(_replaced_paths(plan, state, unknown).values()))
    found = find_invalidations(plan.forgets, asked)
    return replace(plan, invalidations=found, charged=is_charged(found, asked))


def _replaced_paths(plan: Rollback, state: State, unknown: AbstractSet[str]) -> dict[str, str]:
    """Return the URL paths, by key, of which the edge may hold what was there before."""
    paths = _url_paths(plan.target)
    replaced = (key for key in plan.restored if key in state.objects or key in unknown or key in plan.foreign)
    return {key: paths.get(key) or quote_key(key) for key in replaced}


def _is_there(known: ObjectRecord | None, wanted: ObjectRecord, etag: str | None) -> bool:
    if known is None or known.etag != etag:
        return False
    return (known.checksum, known.headers) == (wanted.checksum, wanted.headers)


def _publish(bucket: Bucket, versions: Versions, edge: Edge, plan: Rollback, lease: Lease, run: Run) -> str | None:
    """Carry the plan out; None where another run changed the state meanwhile."""
    if plan.restored:
        _check(bucket, versions, plan, run)
        before = lease.snapshot.state
        if not (lease.claim(plan.restored) and _copy_back(versions, plan, lease, before)):
            return None
    copied, target = lease.records, plan.target
    objects = {key: copied.get(key) or lease.snapshot.state.objects[key] for key in target.objects}
    record = ReleaseRecord(run.release_id(), int(run.now()), target.manifest, objects, target.id, target.naming)
    return publish_release(
        bucket,
        lease.snapshot,
        run,
        record,
        lambda: edge.forget(plan.invalidations, record.id),
        lambda state: plan.settle(lease.settle(state)),
        copied,
    )


def _withdraw(bucket: Bucket, edge: Edge, plan: Rollback, lease: Lease, run: Run) -> str | None:
    edge.forget(plan.invalidations, run.release_id())
    return withdraw_claim(bucket, lease.snapshot, run, edge.asked, lambda state: plan.settle(lease.settle(state)))


def _check(bucket: Bucket, versions: Versions, plan: Rollback, run: Run) -> None:
    if plan.foreign and not run.takes_over:
        refuse_foreign(find_unnamed(read_own(bucket, run).state, plan.foreign))
    _check_versions(versions, plan)


def _check_versions(versions: Versions, plan: Rollback) -> None:
    missing = versions.find_missing(_versions(plan)) if plan.restored else []
    if missing:
        raise RefusedError(
            f"{len(missing)} of the objects of release {plan.target.id} are not in the bucket any more, in the version "
            f"that was published; nothing was changed:\n{list_lines(missing)}",
            "A bucket keeps replaced versions for bucket.noncurrent_days, and only if it is versioned. "
            "Check out the sources of that release and run `flask-cdn-stack deploy` instead.",
        )


def _copy_back(versions: Versions, plan: Rollback, lease: Lease, before: State) -> bool:
    """Copy versions onto their keys; False where the run was stopped for too long.

    :param before: what the record said of the keys before they were claimed.
    """
    copied = 0
    failures: dict[str, CDNStackError] = {}
    paths, replaced = _url_paths(plan.target), _replaced_paths(plan, before, before.unknown_keys(""))

    def done(version: Version, result: Uploaded | CDNStackError) -> None:
        nonlocal copied
        key = version.key
        if isinstance(result, CDNStackError):
            failures[key] = result
            return
        copied += 1
        record = plan.target.objects[key]._replace(etag=result.etag, version=result.version)
        lease.arrived(key, record, replaced.get(key))

    # What refers to others comes after them: names without a checksum, then the published manifest.
    stages: tuple[list[Version], ...] = ([], [], [])
    for version in _versions(plan):
        stages[2 if version.key == MANIFEST_KEY else version.key in paths].append(version)
    for stage in filter(None, stages):
        versions.copy_back(stage, done, lease.check, lease.tick)
    if lease.is_lost:
        return False
    if copied < len(plan.restored):
        count = len(plan.restored) - copied
        summary = f"{count} of {len(plan.restored)} objects were not copied back; nothing was published:"
        raise partial_failure(summary, failures)
    return True


def _versions(plan: Rollback) -> list[Version]:
    records = ((key, plan.target.objects[key]) for key in plan.restored)
    return [Version(key, item.version, item.etag, item.checksum, item.size) for key, item in records]


def _url_paths(record: ReleaseRecord) -> dict[str, str]:
    paths = (line.partition("  ")[2] for line in record.manifest.splitlines() if not line.startswith("#"))
    return {unquote(path): path for path in paths}
