"""Lists releases, and finds which are kept and which objects the kept ones need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ..errors import RefusedError, StateError
from ..quantities import count
from .ownership import read_own
from .provenance import UNKNOWN, Provenance
from .records import ReleaseRecord, read_manifest, read_release, read_releases, release_key
from .release_naming import names_hold_checksums
from .run import Run
from .state import State
from .store import Store, read_state

_DAY = 86_400


@dataclass(frozen=True)
class Release:
    """A release in a list. ``problem`` says why its record cannot be read; empty if it can."""

    id: str
    created: float | None
    published: bool
    files: int | None = None
    size: int | None = None
    rollback_of: str | None = None
    problem: str = ""
    provenance: Provenance = UNKNOWN


@dataclass(frozen=True)
class Keep:
    """Which releases are kept: a number of the newest, and all younger than some days."""

    releases: int
    days: int


def list_releases(store: Store, run: Run | None = None) -> list[Release]:
    """Return the releases, the newest first.

    :param run: the releases must be this run's project's; None: any project's.
    :raises RefusedError: they are another project's.
    :raises StateError: the state cannot be read. A release record that cannot be read is reported in ``problem``.
    """
    state = (read_own(store, run) if run else read_state(store)).state

    def describe(record: ReleaseRecord) -> Release:
        size = sum(item.size for item in record.objects.values())
        return Release(
            record.id,
            record.created,
            record.id == state.release,
            len(record.objects),
            size,
            record.rollback_of,
            provenance=record.provenance,
        )

    def complain(release: str, error: StateError | None) -> Release:
        problem = error.message if error else f"The record {release_key(release)} in the bucket is gone."
        return Release(release, release_time(release), release == state.release, problem=problem)

    found = read_releases(store, reversed(state.releases), describe)
    return [item if isinstance(item, Release) else complain(release, item) for release, item in found.items()]


def find_release(store: Store, state: State, wanted: str | None) -> ReleaseRecord:
    """Return a release by the beginning of its id, or by default the release published before the current one.

    :raises RefusedError: there is no such release, or more than one, or its record is gone.
    :raises StateError: its record cannot be read.
    """
    release = _match_id(state.releases, wanted) if wanted else _find_previous(state.releases)
    record = read_release(store, release)
    if record is None:
        raise RefusedError(
            f"The record of release {release} is gone from the bucket, so nothing is known of it but its id.",
            f"Restore an earlier version of {release_key(release)}, choose another release, or deploy the old sources.",
        )
    read_manifest(record)
    return record


def kept_releases(releases: Sequence[str], now: float, keep: Keep) -> tuple[str, ...]:
    """Return the kept ones of releases that are in order of publication, the published one last.

    A release whose id holds no time counts as young.
    """
    newest = set(releases[-max(1, keep.releases) :])
    oldest = now - keep.days * _DAY
    return tuple(item for item in releases if item in newest or (release_time(item) or now) >= oldest)


def release_time(release: str) -> float | None:
    """Return when a release was made, in epoch seconds, from its id; None if the id has another form."""
    try:
        return datetime.strptime(release.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


class Needs:
    """The keys that releases name. Each release record is read once, many in parallel.

    :param lasting: count only releases with checksums in names, whose URLs must keep their bytes.
    """

    def __init__(self, store: Store, lasting: bool = False) -> None:
        self._store, self._lasting = store, lasting
        self._keys: dict[str, frozenset[str]] = {}

    def find_keys(self, releases: Iterable[str]) -> set[str]:
        """Return the keys that any of the releases names.

        A release that another run has removed since the state was read needs no keys.

        :raises RefusedError: a record cannot be read, so what that release needs is not known.
        """
        releases = list(releases)
        unread = [release for release in releases if release not in self._keys]
        found = read_releases(self._store, unread, self._keys_of)
        gone = {release for release, keys in found.items() if keys is None}
        dropped = gone.difference(read_state(self._store).state.releases) if gone else ()
        for release, keys in found.items():
            if release in dropped:
                self._keys[release] = frozenset()
            elif isinstance(keys, frozenset):
                self._keys[release] = keys
            else:
                raise _unreadable(release, keys)
        return {key for release in releases for key in self._keys[release]}

    def _keys_of(self, record: ReleaseRecord) -> frozenset[str]:
        return frozenset(record.objects if not self._lasting or names_hold_checksums(record) else ())


def _match_id(releases: Sequence[str], wanted: str) -> str:
    found = [release for release in releases if release.startswith(wanted)]
    if wanted in found:
        return wanted
    if len(found) == 1:
        return found[0]
    if found:
        shown = ", ".join(found[-3:])
        raise RefusedError(f"{count(len(found), 'release')} begin with {wanted}: {shown}.", "Write more of the id.")
    raise RefusedError(
        f"There is no release {wanted}.",
        "It never existed, or was pruned. `flask-cdn-stack releases` lists the releases.",
    )


def _find_previous(releases: Sequence[str]) -> str:
    if not releases:
        raise RefusedError("Nothing has been published yet.", "Publish with `flask-cdn-stack deploy`.")
    if len(releases) == 1:
        raise RefusedError(
            "There is no release before the published one.",
            "Publish other files, or the sources of an earlier version, with `flask-cdn-stack deploy`.",
        )
    return releases[-2]


def _unreadable(release: str, error: StateError | None) -> RefusedError:
    return RefusedError(
        f"The record of release {release}, which is kept, is {'damaged or newer' if error else 'gone'}: "
        "what it needs is not known, so nothing is deleted.",
        f"Restore an earlier version of {release_key(release)} (the bucket keeps them). "
        "Without one, prune works again when that release is not among the kept ones any more.",
    )
