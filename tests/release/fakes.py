"""A bucket, a distribution and a clock in memory, and assets without files."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TypeVar

from flask_cdn_stack.assets.fingerprint import AssetObject, Build
from flask_cdn_stack.assets.headers import Headers
from flask_cdn_stack.aws.invalidations import Invalidation, plan_invalidation
from flask_cdn_stack.aws.objects import StoredObject
from flask_cdn_stack.aws.uploads import Sending, Upload, Uploaded
from flask_cdn_stack.aws.versions import Version
from flask_cdn_stack.errors import CDNStackError, ConflictError, UnreachableError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.process import Process
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.sending import ObjectSending
from flask_cdn_stack.release.state import Owner, State
from tests.release.edge_copies import forget, show

T = TypeVar("T")

#: Carries an operation out, given its name, its key and what it does; may wait, fail or raise instead.
Step = Callable[[str, str, Callable[[], object]], object]

HEADERS = Headers("text/plain", "max-age=60")


def carry_out(operation: str, key: str, effect: Callable[[], object]) -> object:
    """The step that lets everything happen."""
    return effect()


def digest(data: bytes) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(data).hexdigest()


def make_assets(tree: Mapping[str, str], headers: Headers = HEADERS) -> tuple[AssetObject, ...]:
    """Objects with these texts, by key."""
    return tuple(_make_asset(key, text.encode(), headers) for key, text in tree.items())


def _make_asset(key: str, body: bytes, headers: Headers) -> AssetObject:
    return AssetObject(key, key, f"/{key}", digest(body), len(body), headers, body=body)


def make_manifest(tree: Mapping[str, str]) -> str:
    """The manifest of a tree."""
    return render_manifest({asset.url_path: asset.checksum for asset in make_assets(tree)})


def make_build(tree: Mapping[str, str], headers: Headers = HEADERS) -> Build:
    """A release of these texts."""
    return Build(make_assets(tree, headers), make_manifest(tree))


@dataclass(frozen=True)
class EarlyText:
    """A text that is sent before everything is hashed."""

    item: AssetObject

    @property
    def key(self) -> str:
        return self.item.key

    @property
    def size(self) -> int:
        return self.item.size

    @property
    def takes_long(self) -> bool:
        return False

    def prepare(self) -> Upload:
        return ObjectSending(self.item).prepare()

    def describe(self, uploaded: Uploaded) -> AssetObject:
        return self.item


@dataclass(frozen=True)
class TreeSource:
    """A release of texts; with ``early``, those that the bucket lacks are sent first."""

    tree: Mapping[str, str]
    early: bool = False

    def reading_ahead(self) -> AbstractContextManager[None]:
        return nullcontext()

    def keys(self) -> Iterable[str]:
        return self.tree

    def find_early(self, state: State) -> Sequence[EarlyText]:
        new = state.unnamed_keys(self.tree) if self.early else ()
        return [EarlyText(item) for item in make_assets(self.tree) if item.key in new]

    def count_late(self, state: State) -> tuple[int, int]:
        return 0, 0

    def build_ahead(self) -> None:
        pass

    def build(self) -> Build:
        return make_build(self.tree)

    def check_secrets(self) -> None:
        pass


@dataclass
class MemoryBucket:
    """Objects in memory. Equal bytes have equal ETags, as in S3."""

    objects: dict[str, bytes] = field(default_factory=dict)
    step: Step = carry_out

    def read(self, key: str) -> StoredObject | None:
        found = self._step("read", key, lambda: self.objects.get(key))
        return None if found is None else StoredObject(found, digest(found))

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        return self._step("write", key, lambda: self._write(key, data, etag))

    def list_etags(self) -> dict[str, str]:
        # What the edge and the versions are in memory is no part of a listing.
        found = self._step("list", "", lambda: {key: data for key, data in self.objects.items() if _is_listed(key)})
        return {key: digest(data) for key, data in found.items()}

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._step("delete", key, lambda key=key: self._remove(key))  # type: ignore[misc]

    def find_existing(self, keys: Collection[str]) -> frozenset[str]:
        return self._step("look", "", lambda: frozenset(keys) & self.objects.keys())

    def upload(
        self,
        sendings: Iterable[Sending],
        done: Callable[[Sending, Uploaded | CDNStackError], None],
        check: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        for sending in sendings:
            upload = sending.prepare()
            tick()
            try:
                check()
                done(sending, self._step("upload", upload.key, lambda upload=upload: self._put(upload)))  # type: ignore[misc]
            except CDNStackError as error:
                done(sending, error)

    def texts(self) -> dict[str, str]:
        """The assets in the bucket."""
        return {key: data.decode() for key, data in self.objects.items() if not key.startswith(".")}

    def _write(self, key: str, data: bytes, etag: str | None) -> str:
        there = self.objects.get(key)
        if (None if there is None else digest(there)) != etag:
            raise ConflictError(f"{key} was changed by another run.")
        self.objects[key] = data
        return digest(data)

    def _remove(self, key: str) -> None:
        show(self.objects, key)
        self.objects.pop(key, None)

    def _put(self, upload: Upload) -> Uploaded:
        assert upload.body is not None
        show(self.objects, upload.key)
        self.objects[upload.key] = upload.body
        show(self.objects, upload.key)
        return Uploaded(upload.key, digest(upload.body), None, digest(upload.body), len(upload.body))

    def _step(self, operation: str, key: str, effect: Callable[[], T]) -> T:
        return self.step(operation, key, effect)  # type: ignore[return-value]


def _is_listed(key: str) -> bool:
    return not key.startswith((".edge/", ".versions/"))


@dataclass
class RecordingDistribution:
    """Remembers what it was asked to drop. ``objects`` is the bucket in front of which it stands."""

    asked: list[tuple[str, ...]] = field(default_factory=list)
    step: Step = carry_out
    objects: dict[str, bytes] = field(default_factory=dict)

    def cover(self, paths: Iterable[str], asked: int) -> Invalidation:
        return plan_invalidation(paths, asked)

    def wait(self, invalidation: str) -> None:
        pass

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        self.step("invalidate", "", lambda: self._forget(tuple(paths)))
        return reference

    def _forget(self, paths: tuple[str, ...]) -> None:
        self.asked.append(paths)
        forget(self.objects, paths)


@dataclass
class RecordingWatcher:
    """Remembers what it was told."""

    said: list[str] = field(default_factory=list)
    begun: list[tuple[int, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def say(self, text: str) -> None:
        self.said.append(text)

    def working(self) -> AbstractContextManager[None]:
        return nullcontext()

    def sending(self, count: int, size: int) -> None:
        self.begun.append((count, size))

    def uploaded(self, key: str, size: int) -> None:
        self.ended.append(key)


class CopiedVersions(ABC):
    """Versions that are copied one after the other, each in a step of its own."""

    step: Step

    @abstractmethod
    def copy(self, version: Version) -> Uploaded:
        """Make a version the current one."""

    def copy_back(
        self,
        versions: Iterable[Version],
        done: Callable[[Version, Uploaded | CDNStackError], None],
        check: Callable[[], None] = lambda: None,
        tick: Callable[[], None] = lambda: None,
    ) -> None:
        """Copy them, as the versions in S3 are."""
        for version in versions:
            tick()
            try:
                check()
                done(version, self.step("copy", version.key, lambda version=version: self.copy(version)))  # type: ignore
            except CDNStackError as error:
                done(version, error)


@dataclass
class FakeClock:
    """Stands still, except while somebody sleeps."""

    seconds: float = 1_700_000_000.0
    naps: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.seconds += seconds


OWNER = Owner("shop", "shop-cdn")


def make_run(name: str = "run", clock: FakeClock | None = None, host: str = "here", pid: int = 1) -> Run:
    """A run on a host where nobody else is alive."""
    clock = clock or FakeClock()
    process = Process(host, pid, 0)
    return Run(name, process, OWNER, now=clock.now, sleep=clock.sleep, lives=lambda other, started: other == pid)


@dataclass
class FaultyOnce:
    """A step that meets planned accidents, one for each operation of its kind; ``None`` is none.

    ``lost`` carries the operation out and loses the answer, ``unsent`` loses the request; an error is raised
    as it is, and a function is called before the operation, as another run would come in between.
    """

    operation: str
    accidents: list[str | Exception | Callable[[], object] | None]
    met: list[str] = field(default_factory=list)

    def __call__(self, operation: str, key: str, effect: Callable[[], object]) -> object:
        accident = self.accidents.pop(0) if operation == self.operation and self.accidents else None
        self.met.append(f"{operation} {key}")
        if isinstance(accident, Exception):
            raise accident
        if accident == "lost":
            effect()
        if isinstance(accident, str):
            raise UnreachableError("AWS could not be reached: reset.")
        if accident is not None:
            accident()
        return effect()
