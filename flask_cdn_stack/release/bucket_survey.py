"""Surveys a bucket, versions included: which objects this project has published, and which are foreign.

This project's are the objects that the state and the release records name, and the tool's own folder. Pruned objects
are named only in earlier versions of the records, which the bucket keeps as long as versions of objects. These are read
only for keys without a current object: a current object that no record names is foreign.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from ..aws.bucket_emptying import StoredVersion
from ..aws.failures import is_refusal
from ..errors import AWSError, StateError
from ..naming import OWN_FOLDER
from .ownership import read_own
from .records import READERS, decode_release, read_releases
from .run import Run
from .state import STATE_KEY, State
from .state_text import decode_state
from .store import Snapshot, Store


class Contents(Protocol):
    """The objects of a bucket, with all versions."""

    @property
    def name(self) -> str: ...

    def list_versions(self, prefix: str = "") -> Iterator[list[StoredVersion]]:
        """Yield the versions and delete markers below a prefix, page by page; the newest of each key first."""

    def read(self, version: StoredVersion) -> bytes | None:
        """Return the bytes of a version, or None if it is gone."""

    def delete(self, versions: list[StoredVersion]) -> None:
        """Delete up to a thousand versions for good."""


@dataclass(frozen=True)
class Tally:
    """The number of objects, of earlier versions and of delete markers, and the bytes of all."""

    objects: int = 0
    versions: int = 0
    markers: int = 0
    bytes: int = 0

    @property
    def total(self) -> int:
        """The number of all versions and delete markers."""
        return self.objects + self.versions + self.markers

    def add(self, versions: Iterable[StoredVersion]) -> Tally:
        """Return the tally with more versions."""
        counts = [self.objects, self.versions, self.markers, self.bytes]
        for version in versions:
            counts[2 if version.is_marker else 0 if version.is_latest else 1] += 1
            counts[3] += version.size
        return Tally(*counts)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.objects + other.objects,
            self.versions + other.versions,
            self.markers + other.markers,
            self.bytes + other.bytes,
        )


@dataclass(frozen=True)
class Survey:
    """The result of a survey.

    :param snapshot: the state, as it was read.
    :param names: this project's possible keys below ``prefix``, without the tool's own folder.
    :param foreign_keys: the keys of all other objects, sorted.
    """

    prefix: str
    snapshot: Snapshot
    names: frozenset[str]
    ours: Tally
    foreign: Tally = field(default_factory=Tally)
    foreign_keys: tuple[str, ...] = ()

    @property
    def own_folder(self) -> str:
        """The folder of the tool's records in the bucket."""
        return in_bucket(self.prefix, f"{OWN_FOLDER}/")

    def is_ours(self, key: str) -> bool:
        """Return whether a key of the bucket is this project's."""
        folder = in_bucket(self.prefix, "")
        return key.startswith(self.own_folder) or (key.startswith(folder) and key.removeprefix(folder) in self.names)


def in_bucket(prefix: str, key: str) -> str:
    """Return the whole key in the bucket, prefix included."""
    return f"{prefix}/{key}" if prefix else key


def survey_bucket(contents: Contents, store: Store, prefix: str, run: Run) -> Survey:
    """List a bucket, and sort its objects by owner; changes nothing.

    If this run takes over everything, a record that cannot be read is ignored.

    :param store: the objects below the prefix.
    :raises RefusedError: the record is another project's.
    :raises StateError: the state or a release record cannot be used.
    :raises AWSError: AWS refused or could not be reached.
    """
    snapshot = _read_record(store, run)
    survey = Survey(prefix, snapshot, _find_names(store, snapshot.state), Tally())
    ours, unnamed, records = Tally(), dict[str, Tally](), list[StoredVersion]()
    for page in contents.list_versions():
        named = [version for version in page if survey.is_ours(version.key)]
        ours = ours.add(named)
        records += [item for item in named if item.key.startswith(survey.own_folder) and not item.is_marker]
        for version in page:
            if not survey.is_ours(version.key):
                unnamed[version.key] = unnamed.get(version.key, Tally()).add([version])
    hidden = {key for key, tally in unnamed.items() if not tally.objects}
    known = _name_by_history(contents, survey, records, hidden) if hidden else set()
    foreign = sorted(unnamed.keys() - known)
    return replace(
        survey,
        names=survey.names | {key.removeprefix(in_bucket(prefix, "")) for key in known},
        ours=sum((unnamed[key] for key in known), ours),
        foreign=sum((unnamed[key] for key in foreign), Tally()),
        foreign_keys=tuple(foreign),
    )


def _read_record(store: Store, run: Run) -> Snapshot:
    try:
        return read_own(store, run)
    except StateError:
        if not run.takes_over:
            raise
        return Snapshot(State(), None)


def _find_names(store: Store, state: State) -> frozenset[str]:
    found: Mapping[str, frozenset[str] | StateError | None] = read_releases(
        store, state.releases, lambda record: frozenset(record.objects)
    )
    names = set(named_by(state))
    for objects in found.values():
        if isinstance(objects, StateError):
            raise objects
        names |= objects or frozenset()
    return frozenset(names)


def named_by(state: State) -> Iterator[str]:
    """Yield the keys that a state or release record names."""
    yield from state.objects
    yield from state.unknown_keys("") | state.doomed_keys()


def _name_by_history(contents: Contents, survey: Survey, records: list[StoredVersion], hidden: set[str]) -> set[str]:
    """Return those of the keys that an earlier version of a record names. The newest versions are read first."""
    state_key = in_bucket(survey.prefix, STATE_KEY)
    # Release records first: they name most keys, and the state has a version for each change.
    ordered = sorted(records, key=lambda version: version.key == state_key)
    known: set[str] = set()

    def read(version: StoredVersion) -> set[str]:
        try:
            data = contents.read(version)
            if data is None:
                return set()
            if version.key == state_key:
                return {*named_by(decode_state(data))}
            return {*decode_release(data, version.key).objects}
        except StateError:
            return set()  # a damaged record names no keys
        except AWSError as error:
            # For example, it was encrypted with a former KMS key that may no longer be used.
            if is_refusal(error):
                return set()
            raise

    with ThreadPoolExecutor(READERS) as pool:
        for start in range(0, len(ordered), READERS):
            for names in pool.map(read, ordered[start : start + READERS]):
                known |= hidden & {in_bucket(survey.prefix, name) for name in names}
            if known == hidden:
                break
    return known
