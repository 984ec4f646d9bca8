"""A versioned bucket in memory, with headers, that others write to as well; and files without a file system."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

import msgspec

from flask_cdn_stack.assets.collect import Asset
from flask_cdn_stack.assets.fingerprint import Builder
from flask_cdn_stack.assets.hashes import FileHash, FileHashes
from flask_cdn_stack.aws.uploads import Upload, Uploaded
from flask_cdn_stack.aws.versions import Version
from flask_cdn_stack.checks.function_code import MAPPED_DIGITS
from flask_cdn_stack.naming import OWN_FOLDER, VERSIONS_FOLDER, quote_key, version_path
from flask_cdn_stack.release.sending import FileSource
from flask_cdn_stack.settings.model import Assets
from tests.release.fakes import CopiedVersions, MemoryBucket, Step, carry_out, digest
from tests.soak.edge_model import Answer
from tests.soak.project_edits import Project


@dataclass
class MemoryS3:
    """What lies in the bucket: every version of an object that ever was, and which one is the current one.

    ``objects`` are the current bytes by key, those of records too, which have no versions here. ``is_mapped`` says that
    the edge asks for the version that a checksum in the query names.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    versions: dict[tuple[str, str], Answer] = field(default_factory=dict)
    etags: dict[tuple[str, str], str] = field(default_factory=dict)
    is_mapped: bool = False
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def put(self, key: str, answer: Answer) -> None:
        """Write an object, as anybody may."""
        version = f"v{next(self._numbers)}"
        self.objects[key], self.current[key] = answer.body, version
        self.versions[key, version], self.etags[key, version] = answer, digest(answer.body)

    def delete(self, key: str) -> None:
        """Delete an object, as anybody may."""
        self.objects.pop(key, None)
        self.current.pop(key, None)

    def find(self, key: str) -> Answer | None:
        """What lies under a key."""
        version = self.current.get(key)
        return None if version is None else self.versions[key, version]

    def etag(self, key: str) -> str:
        """The ETag of what lies under a key."""
        return self.etags.get((key, self.current.get(key, "")), "")

    def find_key(self, url: str) -> str:
        """What the edge asks for."""
        path, _, query = url.partition("?")
        if self.asks_version(url):
            version = version_path(unquote(path).removeprefix("/"), query.removeprefix("c="))
            if version in self.current:
                return version
        return unquote(path).removeprefix("/")

    def asks_version(self, url: str) -> bool:
        """Say whether the edge takes what is in the query for the checksum of a version."""
        return self.is_mapped and len(url.partition("?")[2]) - len("c=") in MAPPED_DIGITS

    def misses_version(self, url: str) -> bool:
        """Say whether the edge is asked for a version that is not there."""
        return self.asks_version(url) and not self.find_key(url).startswith(VERSIONS_FOLDER)

    def serve(self, url: str) -> Answer | None:
        """Answer the edge, which may not read what the tool keeps for itself."""
        key = self.find_key(url)
        return None if key.startswith(f"{OWN_FOLDER}/") else self.find(key)


class SoakBucket(MemoryBucket):
    """The tool's view of it."""

    def __init__(self, s3: MemoryS3, step: Step) -> None:
        super().__init__(s3.objects, step)
        self._s3 = s3

    def _remove(self, key: str) -> None:
        self._s3.delete(key)

    def _put(self, upload: Upload) -> Uploaded:
        assert upload.body is not None
        others = "".join(f"; {name}: {value}" for name, value in upload.headers)
        answer = Answer(upload.body, upload.content_type + others, upload.cache_control)
        self._s3.put(upload.key, answer)
        version = self._s3.current[upload.key]
        return Uploaded(
            upload.key, self._s3.etag(upload.key), version, upload.checksum or digest(upload.body), len(upload.body)
        )


@dataclass
class SoakVersions(CopiedVersions):
    """The tool's view of its versions."""

    s3: MemoryS3
    step: Step = carry_out

    def find_missing(self, versions: Iterable[Version]) -> list[str]:
        return [item.key for item in versions if (item.key, str(item.id)) not in self.s3.versions]

    def copy(self, version: Version) -> Uploaded:
        answer = self.s3.versions[version.key, str(version.id)]
        assert self.s3.etags[version.key, str(version.id)] == version.etag
        self.s3.put(version.key, answer)
        return Uploaded(version.key, version.etag, self.s3.current[version.key], version.checksum, version.size)


class _TextHashes(FileHashes):
    """Hashes of files that are in memory."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__()
        self._files = files

    def find(self, file: str) -> FileHash:
        data = self._files[file]
        return FileHash(hashlib.sha256(data).hexdigest(), len(data), 0, 0, 0)

    def size(self, file: str) -> int:
        return len(self._files[file])

    def read(self, file: str, keep: bool = True) -> tuple[bytes, FileHash]:
        return self._files[file], self.find(file)

    def peek(self, file: str) -> bytes:
        return self._files[file]

    @contextmanager
    def reading_ahead(self, files: Iterable[str]) -> Iterator[None]:
        yield


def make_source(project: Project) -> FileSource:
    """A release of a project's files, as the program makes it."""
    named = {f"static/{name}": data for name, data in sorted(project.files.items())}
    assets = [Asset(key, quote_key(key), "static", key) for key in named]
    hashes = _TextHashes(named)
    return FileSource(Builder(assets, read_assets(project), hashes), hashes)


def read_assets(project: Project) -> Assets:
    """A project's settings below ``assets``."""
    return msgspec.convert(project.settings, Assets)
