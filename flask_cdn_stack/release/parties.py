"""What a deploy is handed: the place, the files, the options, who looks on, and who is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ..assets.collect import Collection
from ..assets.fingerprint import AssetObject, Build
from ..assets.published_names import Naming
from ..aws.invalidations import Invalidation
from ..aws.uploads import Sending, Uploaded
from ..aws.versions import Version
from ..errors import CDNStackError, RefusedError
from .edge import CDN
from .history import Keep
from .ownership import ObjectStore
from .plan import PlannedDeletion
from .run import Run
from .state import State
from .store import Snapshot


class AssetStore(ObjectStore, Protocol):
    """Where the objects go."""

    def upload(
        self,
        sendings: Iterable[Sending],
        done: Callable[[Sending, Uploaded | CDNStackError], None],
        check: Callable[[], None] = ...,
        tick: Callable[[], None] = ...,
    ) -> None:
        """Send files; call ``done`` for each as it ends, ``check`` before each request, and ``tick`` meanwhile."""

    def list_etags(self) -> Mapping[str, str]:
        """Return the ETag of every object by its key."""


class ReleaseSite(Protocol):
    """Where a project publishes, and what its settings say of that.

    ``has_bucket`` says that there is a bucket to publish in, ``asks_cdn`` that the CDN can be asked to forget.
    ``domain`` is the CDN's, ``in_path`` says that names hold checksums, ``keep`` which releases are kept.
    """

    @property
    def has_bucket(self) -> bool: ...

    @property
    def asks_cdn(self) -> bool: ...

    @property
    def objects(self) -> AssetStore: ...

    @property
    def cdn(self) -> CDN: ...

    @property
    def domain(self) -> str: ...

    @property
    def in_path(self) -> bool: ...

    @property
    def keep(self) -> Keep: ...

    def read_ahead(self) -> Callable[[], Snapshot]:
        """Begin to read the record, and return what waits for it."""

    def start_run(self, takes_over: bool) -> Run:
        """Return a run of this project's."""

    def ceiling(self, max_deletes: int | None) -> int:
        """Return how many objects may be deleted."""

    def settle_owed(self, run: Run) -> Invalidation:
        """Let the edge forget what it owes, and return what it was asked for."""


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


class VersionedSite(ReleaseSite, Protocol):
    """Where a project publishes, with what is kept there of earlier releases."""

    @property
    def versions(self) -> Versions: ...

    @property
    def naming(self) -> Naming: ...

    @property
    def copy_headers(self) -> Callable[[str], str]: ...


class Early(Sending, Protocol):
    """A file that is sent before everything is hashed, under the name that it has."""

    def describe(self, uploaded: Uploaded) -> AssetObject:
        """Return the object as it was sent."""


class Source(Protocol):
    """Where a release comes from."""

    def reading_ahead(self) -> AbstractContextManager[None]:
        """Prepare what can be prepared without knowing what is published."""

    def keys(self) -> Iterable[str]:
        """Return the keys of all files, under the names that they have."""

    def find_early(self, state: State) -> Sequence[Early]:
        """Return files that will be sent whatever their bytes are."""

    def count_late(self, state: State) -> tuple[int, int]:
        """Return how many objects, and bytes, will be sent after those early ones, as far as that is known before."""

    def build(self) -> Build:
        """Return the release."""

    def check_secrets(self) -> None:
        """Make sure that nothing which was read looks like a secret."""


@dataclass(frozen=True)
class Files:
    """An app's static files, and what a release is made of them."""

    collection: Collection
    source: Source


@dataclass(frozen=True)
class DeployOptions:
    """What a deploy is to do besides publishing what changed.

    :param expect_manifest: refuse to publish anything but what this manifest says.
    :param verify_remote: list the bucket, and upload again what is not there as it was left.
    :param take_over: have what is another project's, or another tool's.
    :param delete: delete afterwards what no kept release needs.
    :param max_deletes: how many objects that may be; None for what the settings say.
    :param invalidate: paths that the edge is to forget besides.
    :param wait: wait until the edge has forgotten what was replaced.
    """

    expect_manifest: Path | None = None
    verify_remote: bool = False
    take_over: bool = False
    delete: bool = False
    max_deletes: int | None = None
    invalidate: tuple[str, ...] = ()
    wait: bool = False


class Listener(Protocol):
    """Is told what a run does or is waiting for."""

    def say(self, text: str) -> None:
        """Take note of a sentence."""


class Watcher(Listener, Protocol):
    """Is told how a deploy goes on."""

    def working(self) -> AbstractContextManager[object]:
        """Be there from the first request that writes to the last; an exception raised within ends the deploy."""

    def sending(self, count: int, size: int) -> None:
        """Take note of how many objects, and bytes, are still to be uploaded, as far as that is known.

        It is said again when more is known: what has been uploaded by then is not in it.
        """

    def uploaded(self, key: str, size: int) -> None:
        """Take note of one upload that has ended."""


class Consent(Protocol):
    """Is asked before a deploy does what nobody may have meant; raises what it objects with."""

    def to_empty(self, text: str) -> None:
        """Agree to what a sentence says: files leave the release because their folder is missing or empty."""

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Agree to a publication, after which objects are deleted."""


class NoWatcher:
    """Looks away."""

    def say(self, text: str) -> None:
        """Forget it."""

    def working(self) -> AbstractContextManager[object]:
        """Do nothing."""
        return nullcontext()

    def sending(self, count: int, size: int) -> None:
        """Forget it."""

    def uploaded(self, key: str, size: int) -> None:
        """Forget it."""

    def deleted(self, done: object) -> None:
        """Forget it."""


class Careful:
    """Agrees to delete what the options say, and to nothing that they do not."""

    def to_empty(self, text: str) -> None:
        """Refuse."""
        raise RefusedError(text, "Build the files first, or pass a Consent that agrees.")

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Agree."""


@dataclass(frozen=True)
class Parties:
    """Who looks on at a deploy, and who is asked."""

    watcher: Watcher = field(default_factory=NoWatcher)
    consent: Consent = field(default_factory=Careful)
