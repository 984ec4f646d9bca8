"""Decompresses bodies, up to the expected size."""

from __future__ import annotations

import zlib
from importlib import import_module
from typing import Any

#: Most bytes to which a body of unknown size is decompressed.
MOST = 64 * 1024 * 1024


def can_unpack(encoding: str) -> bool:
    """Return whether an encoding can be decompressed here: brotli needs an optional package."""
    return encoding == "gzip" or _find_brotli() is not None


def unpack(encoding: str, data: bytes, size: int | None) -> bytes | None:
    """Decompress data to at most one byte more than expected; return None if the data is not in this encoding.

    :param encoding: one that :func:`can_unpack` accepts.
    :param size: the expected number of bytes; None if it is not known.
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
