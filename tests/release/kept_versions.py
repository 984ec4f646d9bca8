"""A bucket in memory that keeps versions, and lists and deletes them as S3 does."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flask_cdn_stack.aws.bucket_emptying import StoredVersion
from flask_cdn_stack.aws.uploads import Upload, Uploaded
from flask_cdn_stack.errors import AWSError
from flask_cdn_stack.naming import OWN_FOLDER
from tests.release.fakes import MemoryBucket

#: Versions in one answer.
PAGE = 3


@dataclass
class KeptVersions(MemoryBucket):
    """Of each key all that was written there, the newest last, and None where it was deleted.

    :param versioned: without it there is one version of a key, ``null``.
    """

    versioned: bool = True
    history: dict[str, list[tuple[str, bytes | None]]] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)
    unreadable: dict[str, AWSError] = field(default_factory=dict)

    name = "bucket"

    def put(self, key: str, data: bytes) -> None:
        """Write an object as somebody else does."""
        self.objects[key] = data
        self._keep(key, data)

    def list_versions(self, prefix: str = "") -> Iterator[list[StoredVersion]]:
        """Yield what lies below a prefix, a page at a time; a later page shows what has come meanwhile."""
        marker = ""
        while True:
            self.step("list", prefix, lambda: None)
            keys = sorted(key for key in self.history if key.startswith(prefix) and key > marker)[:PAGE]
            if not keys:
                return
            yield [version for key in keys for version in self._describe(key)]
            marker = keys[-1]

    def read(self, key: str | StoredVersion) -> object:  # type: ignore[override]
        """Read an object, or a version."""
        if not isinstance(key, StoredVersion):
            return super().read(key)
        if key.id in self.unreadable:
            raise self.unreadable[key.id]
        return dict(self.history.get(key.key, ())).get(key.id)

    def records(self) -> list[StoredVersion]:
        """Return the versions of our own records."""
        return [version for page in self.list_versions(f"{OWN_FOLDER}/") for version in page]

    def delete(self, keys: Sequence[str | StoredVersion]) -> None:
        """Delete objects, or versions for good."""
        versions = [item for item in keys if isinstance(item, StoredVersion)]
        if versions:
            self.step("erase", versions[0].key, lambda: self._erase(versions))
        else:
            super().delete([str(key) for key in keys])

    def _erase(self, versions: Sequence[StoredVersion]) -> None:
        for version in versions:
            left = [item for item in self.history.pop(version.key, []) if item[0] != version.id]
            self.objects.pop(version.key, None)
            if left:
                self.history[version.key] = left
                if (data := left[-1][1]) is not None:
                    self.objects[version.key] = data

    def _describe(self, key: str) -> Iterator[StoredVersion]:
        for number, (version, data) in enumerate(reversed(self.history[key])):
            yield StoredVersion(key, version, len(data or b""), data is None, number == 0)

    def _keep(self, key: str, data: bytes | None) -> None:
        if self.versioned:
            self.history.setdefault(key, []).append((f"v{next(self.numbers)}", data))
        elif data is None:
            self.history.pop(key, None)
        else:
            self.history[key] = [("null", data)]

    def _write(self, key: str, data: bytes, etag: str | None) -> str:
        written = super()._write(key, data, etag)
        self._keep(key, data)
        return written

    def _put(self, upload: Upload) -> Uploaded:
        uploaded = super()._put(upload)
        assert upload.body is not None
        self._keep(upload.key, upload.body)
        return uploaded

    def _remove(self, key: str) -> None:
        super()._remove(key)
        self._keep(key, None)
