"""Makes the objects of Flask-S3's upload from static files: their keys, headers and encodings."""

from __future__ import annotations

import itertools
import logging
import os
import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..assets.collect import Asset
from ..assets.compression import compress_file, is_compressed_type, is_gzip, saves_enough
from ..assets.hashes import hash_file
from ..assets.media_types import file_type
from ..aws.uploads import Upload
from .gzip_twins import TWIN_SUFFIX, has_gzip_twin
from .s3_settings import S3Settings
from .upload_settings import UploadSettings

_logger = logging.getLogger("flask_cdn_stack")


@dataclass(frozen=True)
class StaticObject:
    """An object to upload: its key, the name that decides its content type, and the file that it is made from."""

    key: str
    name: str
    file: str
    is_twin: bool = False


def name_objects(assets: Iterable[Asset], settings: S3Settings) -> tuple[StaticObject, ...]:
    """Return the assets' objects, with a compressed twin for each asset whose URL names one.

    If a file has the key of a twin, only the twin is uploaded, because ``url_for`` returns the twin's URL.
    """
    prefix = f"{settings.prefix}/" if settings.prefix else ""
    objects = {prefix + asset.key: StaticObject(prefix + asset.key, asset.key, asset.file) for asset in assets}
    for item in tuple(objects.values()):
        if has_gzip_twin(item.name, settings.gzip_types):
            twin = StaticObject(item.key + TWIN_SUFFIX, item.name, item.file, is_twin=True)
            if hidden := objects.get(twin.key):
                _logger.warning("%s is not uploaded: its key is that of the twin of %s.", hidden.file, item.file)
            objects[twin.key] = twin
    return tuple(objects.values())


class HeaderRules:
    """Finds the headers that the settings give to a file, by lower-case name."""

    def __init__(self, settings: UploadSettings) -> None:
        self._common = _lower(settings.headers)
        self._by_path = [(pattern, _lower(headers)) for pattern, headers in settings.filepath_headers]

    def find(self, file: str) -> dict[str, str]:
        """Return a file's headers: those for all files, then those of each pattern found in its absolute path."""
        path = os.path.abspath(file).replace(os.sep, "/")
        found = dict(self._common)
        for pattern, headers in self._by_path:
            if pattern.search(path):
                found |= headers
        return found


class UploadBuilder:
    """Makes uploads from objects.

    :param folder: folder for compressed files until they are sent.
    :param acl: canned ACL of each object; empty for none.
    """

    def __init__(self, settings: UploadSettings, folder: Path, acl: str) -> None:
        self._settings = settings
        self._rules = HeaderRules(settings)
        self._folder = folder
        self._acl = acl
        self._numbers = itertools.count()

    def build(self, item: StaticObject) -> Upload:
        """Return an object's upload: its file, compressed if that is wanted, with checksum and headers.

        :raises AssetReadError: it cannot be read.
        """
        headers = {"content-type": file_type(item.name)} | self._rules.find(item.file)
        file = item.file
        if "content-encoding" not in headers:
            file, encoded = self._encode(item, headers["content-type"])
            headers |= {"content-encoding": "gzip"} if encoded else {}
        checksum, size = hash_file(file)
        content_type, cache_control = headers.pop("content-type"), headers.pop("cache-control", "")
        return Upload(item.key, file, size, checksum, content_type, cache_control, tuple(headers.items()), self._acl)

    def _encode(self, item: StaticObject, content_type: str) -> tuple[str, bool]:
        if not item.is_twin and not self._wants_gzip(item.name, content_type):
            return item.file, False
        if is_gzip(item.file):
            return item.file, item.is_twin
        compressed = self._folder / f"{next(self._numbers)}.gz"
        compress_file(item.file, compressed)
        if item.is_twin or saves_enough(item.file, compressed):
            return str(compressed), True
        return item.file, False

    def _wants_gzip(self, name: str, content_type: str) -> bool:
        extensions = self._settings.gzip_only_extensions
        chosen = not extensions or posixpath.splitext(name)[1].lower() in extensions
        return self._settings.gzip and chosen and not is_compressed_type(content_type)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
