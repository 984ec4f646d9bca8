"""Compresses files with gzip, to the same bytes on every run."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

from ..errors import AssetReadError, way_out
from ..regular_files import open_regular

#: Share of its size that a file must lose to be stored compressed.
LEAST_SAVING = 0.05

#: How a gzip file begins (RFC 1952, section 2.3.1).
GZIP_MARK = b"\x1f\x8b"

# Offset of the byte for the operating system; 255 means unknown.
_SYSTEM = 9

# Content types that are compressed already. SVG, icons, bitmaps, TTF and OTF fonts are not.
_COMPRESSED_FAMILIES = ("audio", "image", "video")
_UNCOMPRESSED = {
    *("audio/basic", "audio/midi", "audio/wav", "audio/x-aiff"),
    *("image/bmp", "image/svg+xml", "image/vnd.adobe.photoshop", "image/vnd.microsoft.icon"),
}
_COMPRESSED = {
    "application/epub+zip",
    "application/gzip",
    "application/java-archive",
    "application/vnd.android.package-archive",
    "application/vnd.google-earth.kmz",
    "application/vnd.pmtiles",
    "application/x-7z-compressed",
    "application/x-bzip2",
    "application/x-xz",
    "application/zip",
    "application/zstd",
    "font/woff",
    "font/woff2",
}


def is_compressed_type(content_type: str) -> bool:
    """Return whether files of a content type are compressed already."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _COMPRESSED or kind.startswith(
        ("application/vnd.openxmlformats-", "application/vnd.oasis.opendocument.")
    ):
        return True
    return kind.partition("/")[0] in _COMPRESSED_FAMILIES and kind not in _UNCOMPRESSED


def compress(data: bytes) -> bytes | None:
    """Return the data compressed; None if it is gzip already, or if that does not save enough.

    The bytes contain neither a time nor the operating system.
    """
    if data.startswith(GZIP_MARK):
        return None
    packed = gzip.compress(data, compresslevel=9, mtime=0)
    packed = packed[:_SYSTEM] + b"\xff" + packed[_SYSTEM + 1 :]
    return packed if _saves_enough(len(packed), len(data)) else None


def is_gzip(file: str) -> bool:
    """Return whether a file begins like a gzip file.

    :raises AssetReadError: it cannot be read.
    """
    try:
        with open_regular(file) as stream:
            return stream.read(2) == GZIP_MARK
    except OSError as error:
        raise AssetReadError.unreadable(file, error) from error


def compress_file(file: str, target: Path) -> None:
    """Compress a file. The result contains neither its name nor a time, so it depends on the file's bytes alone.

    :raises AssetReadError: it cannot be read, or the target cannot be written.
    """
    try:
        with (
            open_regular(file) as source,
            open(target, "wb") as sink,
            gzip.GzipFile("", "wb", compresslevel=9, fileobj=sink, mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed)
    except OSError as error:
        raise AssetReadError(f"{file} cannot be compressed: {error.strerror or error}.", way_out(error)) from error


def saves_enough(file: str, compressed: Path) -> bool:
    """Return whether compression saved enough."""
    return _saves_enough(compressed.stat().st_size, Path(file).stat().st_size)


def _saves_enough(compressed: int, size: int) -> bool:
    return compressed <= size * (1 - LEAST_SAVING)
