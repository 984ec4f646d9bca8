"""Files compressed with gzip, to the same bytes on every run."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

from ..errors import AssetReadError, way_out
from ..regular_files import open_regular

#: Share of its size that a file must lose to be worth compressing.
LEAST_SAVING = 0.05

#: How a gzip file begins (RFC 1952, section 2.3.1).
GZIP_MARK = b"\x1f\x8b"

# Where it names the operating system; 255 is for an unknown one.
_SYSTEM = 9

# Formats that are compressed already. SVG, icons and bitmaps are not among them, nor are plain fonts.
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
    """Say whether files of a content type are compressed by themselves."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in _COMPRESSED or kind.startswith(
        ("application/vnd.openxmlformats-", "application/vnd.oasis.opendocument.")
    ):
        return True
    return kind.partition("/")[0] in _COMPRESSED_FAMILIES and kind not in _UNCOMPRESSED


def compress(data: bytes) -> bytes | None:
    """Return the data compressed; None where it is already, or where that does not save enough.

    Neither a time nor the operating system is part of the bytes.
    """
    if data.startswith(GZIP_MARK):
        return None
    packed = gzip.compress(data, compresslevel=9, mtime=0)
    packed = packed[:_SYSTEM] + b"\xff" + packed[_SYSTEM + 1 :]
    return packed if _saves_enough(len(packed), len(data)) else None


def is_gzip(file: str) -> bool:
    """Say whether a file begins as gzip does.

    :raises AssetReadError: it cannot be read.
    """
    try:
        with open_regular(file) as stream:
            return stream.read(2) == GZIP_MARK
    except OSError as error:
        raise AssetReadError.unreadable(file, error) from error


def compress_file(file: str, target: Path) -> None:
    """Compress a file. Neither its name nor a time is part of the bytes, which therefore depend on its own alone.

    :raises AssetReadError: it cannot be read, or the target not written.
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
    """Say whether compressing was worth it."""
    return _saves_enough(compressed.stat().st_size, Path(file).stat().st_size)


def _saves_enough(compressed: int, size: int) -> bool:
    return compressed <= size * (1 - LEAST_SAVING)
