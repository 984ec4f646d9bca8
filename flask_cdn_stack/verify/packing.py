"""Compressed bodies, unpacked no further than what is expected of them."""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Any

#: Bytes to which a body of unknown size is unpacked at most.
MOST = 64 * 1024 * 1024


def can_unpack(encoding: str) -> bool:
    """Say whether an encoding can be unpacked here: brotli needs a package that not everybody has."""
    return encoding == "gzip" or _find_brotli() is not None


def unpack(encoding: str, data: bytes, size: int | None) -> bytes | None:
    """Return the bytes that were packed, at most one more than are expected; None where these are not packed so.

    :param encoding: one that can be unpacked.
    :param size: how many are expected.
    """
    most = MOST if size is None else size + 1
    try:
        return _unpack_gzip(data, most) if encoding == "gzip" else _unpack_brotli(data, most)
    except zlib.error:
        return None


def _unpack_gzip(data: bytes, most: int) -> bytes | None:
    unpacker = zlib.decompressobj(wbits=31)
    found = unpacker.decompress(data, most)
    return found if unpacker.eof or len(found) >= most else None


def _unpack_brotli(data: bytes, most: int) -> bytes | None:
    brotli = _find_brotli()
    unpacker, found = brotli.Decompressor(), bytearray()
    step = 1 << 16
    try:
        for start in range(0, len(data), step):
            found.extend(unpacker.process(data[start : start + step]))
            if len(found) >= most:
                return bytes(found[:most])
    except brotli.error:
        return None
    return bytes(found) if unpacker.is_finished() else None


def _find_brotli() -> Any:
    try:
        return import_module("brotli")
    except ModuleNotFoundError:
        return None
