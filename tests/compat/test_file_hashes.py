"""The hash file when runs meet, over a bucket that is a value in memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import cast

import pytest

from flask_cdn_stack.aws.objects import StoredObject
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.compat.file_hashes import MAX_ATTEMPTS, HashesFile, forget_hashes, read_hashes, record_hashes
from flask_cdn_stack.errors import ConflictError


class OneObject:
    """A bucket of one object; ``meanwhile`` is what another run does before each write."""

    name = "bucket"

    def __init__(self, hashes: dict[str, str] | None = None) -> None:
        self.hashes = hashes
        self.writes = 0
        self.meanwhile: Callable[[], None] = lambda: None

    @property
    def etag(self) -> str | None:
        """A name of the content."""
        return None if self.hashes is None else json.dumps(self.hashes, sort_keys=True)

    def read(self, key: str) -> StoredObject | None:
        """Return the object."""
        return None if self.etag is None else StoredObject(json.dumps(self.hashes).encode(), self.etag)

    def write(self, key: str, data: bytes, content_type: str, etag: str | None) -> str:
        """Write it where it still is as it was read."""
        self.writes += 1
        self.meanwhile()
        if etag != self.etag:
            raise ConflictError("changed")
        self.hashes = json.loads(data)
        return str(self.etag)

    def as_bucket(self) -> Bucket:
        """Return it as what it stands for."""
        return cast(Bucket, self)


def write_once(store: OneObject, hashes: dict[str, str]) -> None:
    """Let another run write before the next write, and not again."""

    def meanwhile() -> None:
        store.hashes = {**(store.hashes or {}), **hashes}
        store.meanwhile = lambda: None

    store.meanwhile = meanwhile


@pytest.mark.parametrize(
    ("before", "other", "uploaded", "after"),
    [
        (None, {}, {"a": "1"}, {"/a": "1"}),
        ({"/a": "0", "/b": "2"}, {}, {"a": "1"}, {"/a": "1", "/b": "2"}),
        ({"/a": "0"}, {"/b": "2"}, {"a": "1"}, {"/a": "1", "/b": "2"}),
        (None, {"/a": "1"}, {"a": "1"}, {"/a": "1"}),
        (None, {"/a": "9"}, {"a": "1", "b": "2"}, {"/b": "2"}),
    ],
    ids=["first run", "changed", "another file meanwhile", "the same meanwhile", "other bytes meanwhile"],
)
def test_record(
    before: dict[str, str] | None, other: dict[str, str], uploaded: dict[str, str], after: dict[str, str]
) -> None:
    """Keeps what others wrote, and nothing about bytes that nobody knows."""
    store = OneObject(before)
    start = read_hashes(store.as_bucket())
    write_once(store, other)
    record_hashes(store.as_bucket(), start, uploaded)

    assert store.hashes == after


def test_nothing_to_change() -> None:
    """Is not written."""
    store = OneObject({"/a": "1"})
    start = read_hashes(store.as_bucket())
    record_hashes(store.as_bucket(), start, {"a": "1"})
    forgotten = forget_hashes(store.as_bucket(), start, ["b"])

    assert forgotten == start
    assert store.writes == 0


def test_forget() -> None:
    """Takes out entries of what is uploaded next, and keeps those that come meanwhile."""
    store = OneObject({"/a": "1", "/b": "2"})
    start = read_hashes(store.as_bucket())
    write_once(store, {"/c": "3"})
    forgotten = forget_hashes(store.as_bucket(), start, ["a"])

    assert store.hashes == {"/b": "2", "/c": "3"}
    assert forgotten == HashesFile({"/b": "2", "/c": "3"}, store.etag)


def test_endless_conflicts() -> None:
    """End with the conflict."""
    store = OneObject({})
    start = read_hashes(store.as_bucket())

    def meanwhile() -> None:
        store.hashes = {"/other": str(store.writes)}

    store.meanwhile = meanwhile
    with pytest.raises(ConflictError):
        record_hashes(store.as_bucket(), start, {"a": "1"})

    assert store.writes == MAX_ATTEMPTS
