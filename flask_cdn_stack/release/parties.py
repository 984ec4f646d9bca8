"""What a deploy is given: the site, the files, the options, and the callbacks for progress and questions."""

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
    """The bucket to upload to."""

    def upload(
        self,
        sendings: Iterable[Sending],
        done: Callable[[Sending, Uploaded | CDNStackError], None],
        check: Callable[[], None] = ...,
        tick: Callable[[], None] = ...,
    ) -> None:
        """Upload files; call ``done`` after each, ``check`` before each request, and ``tick`` repeatedly."""

    def list_etags(self) -> Mapping[str, str]:
        """Return the ETags of all objects by key."""


class ReleaseSite(Protocol):
    """The place where a project publishes, with the settings for it.

    ``has_bucket``: there is a bucket to publish in. ``asks_cdn``: this tool can invalidate at the CDN. ``domain`` is
    the CDN's. ``in_path``: names contain checksums. ``keep`` says which releases are kept.
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
        """Start reading the state, and return a function that waits for it."""

    def start_run(self, takes_over: bool) -> Run:
        """Return a new run of this project."""

    def ceiling(self, max_deletes: int | None) -> int:
        """Return how many objects may be deleted at most."""

    def settle_owed(self, run: Run) -> Invalidation:
        """Invalidate what earlier runs left to invalidate, and return it."""


class Versions(Protocol):
    """The earlier versions of objects in the bucket."""

    def find_missing(self, versions: Iterable[Version]) -> list[str]:
        """Return the keys of those versions that no longer exist."""

    def copy_back(
        self,
        versions: Iterable[Version],
        done: Callable[[Version, Uploaded | CDNStackError], None],
        check: Callable[[], None] = ...,
        tick: Callable[[], None] = ...,
    ) -> None:
        """Make earlier versions current again; call ``done`` after each, and ``check`` before each request."""


class VersionedSite(ReleaseSite, Protocol):
    """The place where a project publishes, with the earlier versions of its objects."""

    @property
    def versions(self) -> Versions: ...

    @property
    def naming(self) -> Naming: ...

    @property
    def copy_headers(self) -> Callable[[str], str]: ...


class Early(Sending, Protocol):
    """A file that is uploaded under its plain name before everything is hashed."""

    def describe(self, uploaded: Uploaded) -> AssetObject:
        """Return the object as it was uploaded."""


class Source(Protocol):
    """Makes a release of an app's files."""

    def reading_ahead(self) -> AbstractContextManager[None]:
        """While the block runs, read files ahead."""

    def keys(self) -> Iterable[str]:
        """Return the plain keys of all files."""

    def find_early(self, state: State) -> Sequence[Early]:
        """Return the files that will be uploaded whatever their bytes are."""

    def count_late(self, state: State) -> tuple[int, int]:
        """Return how many objects and bytes will be uploaded after the early ones, as far as known."""

    def build_ahead(self) -> None:
        """Make the release if nothing needs to be read for it."""

    def build(self) -> Build:
        """Return the release."""

    def check_secrets(self) -> None:
        """Refuse if a file that was read looks like a secret."""


@dataclass(frozen=True)
class Files:
    """An app's static files, and the source that makes a release of them."""

    collection: Collection
    source: Source


@dataclass(frozen=True)
class DeployOptions:
    """The options of a deploy.

    :param expect_manifest: refuse to publish a release with another manifest.
    :param verify_remote: list the bucket, and upload again what is missing or was changed there.
    :param take_over: take over foreign objects and another project's record.
    :param delete: afterwards, delete objects that no kept release needs.
    :param max_deletes: how many objects may be deleted; None for the settings' number.
    :param invalidate: further paths to invalidate.
    :param wait: wait until the invalidations are complete.
    """

    expect_manifest: Path | None = None
    verify_remote: bool = False
    take_over: bool = False
    delete: bool = False
    max_deletes: int | None = None
    invalidate: tuple[str, ...] = ()
    wait: bool = False


class Listener(Protocol):
    """A callback for what a run does or waits for."""

    def say(self, text: str) -> None:
        """Receive a sentence."""


class Watcher(Listener, Protocol):
    """Callbacks for the progress of a deploy."""

    def working(self) -> AbstractContextManager[object]:
        """A context from the first request that writes to the last; an exception raised in it ends the deploy."""

    def sending(self, count: int, size: int) -> None:
        """Receive how many objects and bytes are still to be uploaded, as far as known.

        Called again when more is known; earlier uploads are then not included.
        """

    def uploaded(self, key: str, size: int) -> None:
        """Receive one finished upload."""


class Consent(Protocol):
    """Callbacks before a deploy does something that may be a mistake; they raise an error to refuse."""

    def to_empty(self, text: str) -> None:
        """Agree that files leave the release because their folder is missing or empty, as the sentence says."""

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Agree to a deploy that deletes objects after it has published."""


class NoWatcher:
    """Ignores all progress."""

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
    """Agrees only to what the options ask for."""

    def to_empty(self, text: str) -> None:
        """Refuse."""
        raise RefusedError(text, "Build the files first, or pass a Consent that agrees.")

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Agree."""


@dataclass(frozen=True)
class Parties:
    """The callbacks of a deploy."""

    watcher: Watcher = field(default_factory=NoWatcher)
    consent: Consent = field(default_factory=Careful)
