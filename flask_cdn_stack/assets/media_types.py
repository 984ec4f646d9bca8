"""Content types by file extension, from a fixed table that is the same on every machine.

Python's ``mimetypes`` reads the machine's files and registry, so the same files could get different headers on another
machine. The types are those registered with IANA; text gets a charset, because S3 adds none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..naming import compile_globs

_TABLE = {
    "application/cbor": "cbor",
    "application/dash+xml": "mpd",
    "application/epub+zip": "epub",
    "application/geo+json": "geojson",
    "application/gpx+xml": "gpx",
    "application/gzip": "gz tgz",
    "application/java-archive": "jar",
    "application/json": "json map importmap",
    "application/ld+json": "jsonld",
    "application/manifest+json": "webmanifest",
    "application/msword": "doc dot wiz",
    "application/pdf": "pdf",
    "application/postscript": "ai eps ps",
    "application/rdf+xml": "rdf",
    "application/rtf": "rtf",
    "application/sql": "sql",
    "application/ttml+xml": "ttml",
    "application/vnd.adobe.flash.movie": "swf",
    "application/vnd.android.package-archive": "apk",
    "application/vnd.apache.arrow.file": "arrow",
    "application/vnd.apache.parquet": "parquet",
    "application/vnd.apple.mpegurl": "m3u m3u8",
    "application/vnd.google-earth.kml+xml": "kml",
    "application/vnd.google-earth.kmz": "kmz",
    "application/vnd.mapbox-vector-tile": "mvt pbf",
    "application/vnd.ms-excel": "xlb xls",
    "application/vnd.ms-fontobject": "eot",
    "application/vnd.ms-powerpoint": "pot ppa pps ppt pwz",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.pmtiles": "pmtiles",
    "application/wasm": "wasm",
    "application/x-7z-compressed": "7z",
    "application/x-bzip2": "bz2",
    "application/x-tar": "tar",
    "application/x-xz": "xz",
    "application/zip": "zip",
    "application/zstd": "zst",
    "audio/aac": "aac",
    "audio/basic": "au snd",
    "audio/flac": "flac",
    "audio/midi": "mid midi",
    "audio/mp4": "m4a",
    "audio/mpeg": "mp2 mp3",
    "audio/ogg": "oga ogg opus",
    "audio/wav": "wav",
    "audio/webm": "weba",
    "audio/x-aiff": "aif aifc aiff",
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
    "image/heif": "heif",
    "image/jp2": "jp2",
    "image/jpeg": "jpe jpeg jpg",
    "image/jxl": "jxl",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tif tiff",
    "image/vnd.adobe.photoshop": "psd",
    "image/vnd.microsoft.icon": "ico cur",
    "image/webp": "webp",
    "message/rfc822": "eml mht mhtml",
    "model/gltf+json": "gltf",
    "model/gltf-binary": "glb",
    "model/mtl": "mtl",
    "model/obj": "obj",
    "model/stl": "stl",
    "model/vnd.usdz+zip": "usdz",
    "video/3gpp": "3gp 3gpp",
    "video/3gpp2": "3g2 3gpp2",
    "video/matroska": "mkv",
    "video/mp2t": "ts",
    "video/mp4": "m4v mp4",
    "video/mpeg": "m1v mpa mpe mpeg mpg",
    "video/ogg": "ogv",
    "video/quicktime": "mov qt",
    "video/vnd.avi": "avi",
    "video/webm": "webm",
}
_TEXT_TABLE = {
    "application/atom+xml": "atom",
    "application/n-quads": "nq",
    "application/n-triples": "nt",
    "application/rss+xml": "rss",
    "application/trig": "trig",
    "application/wsdl+xml": "wsdl",
    "application/x-subrip": "srt",
    "application/xhtml+xml": "xhtml",
    "application/xml": "xml xsl xslt",
    "application/yaml": "yaml yml",
    "text/calendar": "ics",
    "text/css": "css",
    "text/csv": "csv",
    "text/html": "htm html",
    "text/javascript": "cjs js mjs",
    "text/markdown": "markdown md",
    "text/n3": "n3",
    "text/plain": "bat c conf h ini jsx ksh less log pl rst sass scss toml tsx txt",
    "text/tab-separated-values": "tsv",
    "text/turtle": "ttl",
    "text/vcard": "vcf",
    "text/vtt": "vtt",
}

#: Content types by lower-case extension without a dot.
MEDIA_TYPES = {extension: kind for kind, extensions in _TABLE.items() for extension in extensions.split()} | {
    extension: f"{kind}; charset=utf-8" for kind, extensions in _TEXT_TABLE.items() for extension in extensions.split()
}

#: The content type of all other files.
UNKNOWN_MEDIA_TYPE = "application/octet-stream"


# Content codings by the last extension of a compressed file (IANA's registry of content codings).
_ENCODINGS = {"gz": "gzip", "br": "br", "zst": "zstd"}

# Extensions before that one, of files that pages load compressed: Unity's builds, wasm, scripts, sprites. Others, such
# as app.tar.gz, are downloads, which browsers should not decompress.
_LOADED_PACKED = {
    *("cjs", "css", "data", "eot", "glb", "gltf", "htm", "html", "js", "json"),
    *("map", "mem", "mjs", "otf", "svg", "ttf", "wasm"),
}


def media_type(path: str) -> str:
    """Return the content type for a URL path, by its last extension; case does not matter.

    For a compressed file that pages load, such as ``game.wasm.gz``, the extension before that one decides.
    """
    return find_media(path)[0]


def file_type(path: str) -> str:
    """Return the content type of the file itself, even of a compressed one, by its last extension."""
    return MEDIA_TYPES.get(_split_extension(path)[1], UNKNOWN_MEDIA_TYPE)


def content_encoding(path: str) -> str:
    """Return the ``Content-Encoding`` of a compressed file that pages load; empty for every other file.

    Flask's own static view sends it too, if Python's ``mimetypes`` knows the extension.
    """
    return find_media(path)[1]


def find_media(path: str) -> tuple[str, str]:
    """Return the results of :func:`media_type` and :func:`content_encoding` for a path."""
    rest, extension = _split_extension(path)
    if extension == "svgz":
        return MEDIA_TYPES["svg"], "gzip"
    encoding = _ENCODINGS.get(extension, "")
    if encoding and (inner := _split_extension(rest)[1]) in _LOADED_PACKED:
        return MEDIA_TYPES.get(inner, UNKNOWN_MEDIA_TYPE), encoding
    return MEDIA_TYPES.get(extension, UNKNOWN_MEDIA_TYPE), ""


def _split_extension(path: str) -> tuple[str, str]:
    # As posixpath.splitext has it, in half the time.
    rest, _, extension = path.rpartition(".")
    has_extension = "/" not in extension and rest.rpartition("/")[2].strip(".")
    return (rest, extension.lower()) if has_extension else (path, "")


def media_finder(overrides: Mapping[str, str]) -> Callable[[str], tuple[str, str]]:
    """Return a :func:`find_media` in which content types by glob override the table; of several globs the last wins."""
    rules = [(compile_globs([pattern]), kind) for pattern, kind in reversed(tuple(overrides.items()))]
    if not rules:
        return find_media

    def find(path: str) -> tuple[str, str]:
        kind, encoding = find_media(path)
        return next((other for matches, other in rules if matches(path)), None) or kind, encoding

    return find
