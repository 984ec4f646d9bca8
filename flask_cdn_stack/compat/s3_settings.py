"""The settings of Flask-S3 and its forks, in any of their three dialects, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class S3Settings(NamedTuple):
    """What an app's config says to Flask-S3.

    ``domain`` is ready to be put after ``//``, with the prefix as its path, and None where neither a bucket nor a CDN
    is named. An empty ``scheme`` makes URLs begin with ``//``. ``gzip_types`` are the content types that have a twin
    named ``.gz`` (Flask-S3-gzip); with ``gzip`` the objects themselves are compressed (Flask-S3).
    """

    domain: str | None
    scheme: str
    active: bool
    debug: bool
    override_testing: bool
    cache_busting: bool
    gzip_types: tuple[str, ...]
    bucket_name: str | None
    prefix: str
    region: str | None
    endpoint_url: str | None
    headers: Mapping[str, str]
    filepath_headers: tuple[tuple[str, Mapping[str, str]], ...]
    only_modified: bool
    gzip: bool
    gzip_only_extensions: tuple[str, ...]


def read_s3_settings(values: Mapping[str, Any]) -> S3Settings:
    """Read ``FLASKS3_*``, which win key by key, and the older ``S3_*``, ``USE_S3*`` and ``USE_GZIP``.

    :raises SettingsError: a value is wrong; the message names the key.
    """
    raise NotImplementedError
