"""Content types by file extension, from a table of our own: the same on every machine.

Python's ``mimetypes`` reads the machine's files and registry, so that one tree would get other headers elsewhere.
Types are the ones registered with IANA; text gets its charset, because S3 adds none.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping

from ..naming import compile_globs

_TABLE = {
    "application/gzip": "gz tgz",
    "application/java-archive": "jar",
    "application/json": "json map importmap",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/rtf": "rtf",
    "application/vnd.android.package-archive": "apk",
    "application/vnd.apple.mpegurl": "m3u8",
    "application/vnd.ms-excel": "xls",
    "application/vnd.ms-fontobject": "eot",
    "application/vnd.ms-powerpoint": "ppt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/wasm": "wasm",
    "application/x-7z-compressed": "7z",
    "application/x-bzip2": "bz2",
    "application/x-tar": "tar",
    "application/x-xz": "xz",
    "application/zip": "zip",
    "application/zstd": "zst",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp3",
    "audio/ogg": "oga ogg opus",
    "audio/wav": "wav",
    "font/collection": "ttc",
    "font/otf": "otf",
    "font/ttf": "ttf",
    "font/woff": "woff",
    "font/woff2": "woff2",
    "image/apng": "apng",
    "image/avif": "avif",
    "image/bmp": "bmp",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpeg jpg",
    "image/jxl": "jxl",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/vnd.microsoft.icon": "ico cur",
    "image/webp": "webp",
    "model/gltf+json": "gltf",
    "model/gltf-binary": "glb",
    "video/mp2t": "ts",
    "video/mp4": "m4v mp4",
    "video/mpeg": "mpeg mpg",
    "video/ogg": "ogv",
    "video/quicktime": "mov",
    "video/webm": "webm",
}
_TEXT_TABLE = {
    "application/atom+xml": "atom",
    "application/rss+xml": "rss",
    "application/xhtml+xml": "xhtml",
    "application/xml": "xml xsl xslt",
    "application/yaml": "yaml yml",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "htm html",
    "text/javascript": "cjs js mjs",
    "text/markdown": "markdown md",
    "text/plain": "conf ini jsx less log rst sass scss toml tsx txt",
    "text/vcard": "vcf",
    "text/vtt": "vtt",
}

#: Content type by lower-case extension without its dot.
MEDIA_TYPES = {extension: kind for kind, extensions in _TABLE.items() for extension in extensions.split()} | {
    extension: f"{kind}; charset=utf-8" for kind, extensions in _TEXT_TABLE.items() for extension in extensions.split()
}

#: Content type of everything else.
UNKNOWN_MEDIA_TYPE = "application/octet-stream"


def media_type(path: str) -> str:
    """Return the content type for a URL path, by its last extension in any case."""
    return MEDIA_TYPES.get(posixpath.splitext(path)[1].removeprefix(".").lower(), UNKNOWN_MEDIA_TYPE)


def media_type_finder(overrides: Mapping[str, str]) -> Callable[[str], str]:
    """Return :func:`media_type` with types by glob in front of the table; of several globs the last wins."""
    rules = [(compile_globs([pattern]), kind) for pattern, kind in reversed(tuple(overrides.items()))]
    if not rules:
        return media_type

    def find(path: str) -> str:
        return next((kind for matches, kind in rules if matches(path)), None) or media_type(path)

    return find
