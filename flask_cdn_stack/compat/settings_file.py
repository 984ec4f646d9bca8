"""Makes a settings file from the settings that an app's config has for a peer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..checks.assets import STORED_HEADERS
from ..checks.settings import check_settings
from ..errors import SettingsError
from ..extension.config import drop_written, is_unset, read_config, read_optional_flag
from ..extension.fast_path import EXTENSION_NAME
from ..settings.load import FILE_NAME, make_settings
from ..settings.settings_text import render_settings
from .new_places import NEW_PLACES
from .s3_settings import choose_names, find_key, read_flag, read_given
from .upload_settings import read_upload_settings

if TYPE_CHECKING:
    from flask import Flask

_CDN_NAMES = {name for name in NEW_PLACES if name.startswith("CDN_")}
_S3_NAMES = NEW_PLACES.keys() - _CDN_NAMES
_SCHEME_NAMES = ("FLASKS3_USE_HTTPS", "S3_URL_SCHEME", "S3_USE_HTTPS", "S3_USE_HTTP")
_METADATA = "x-amz-meta-"

# A regular expression for the end of a file's name, such as \.css$ or \.(css|js)$.
_ENDING = re.compile(r"(?:\.\*)?(?P<start>(?:\\[.-]|[\w-])*)(?:\((?:\?:)?(?P<choices>[\w|]+)\))?(?:\$|\\Z)", re.ASCII)


class CarriedOver(NamedTuple):
    """The text of a settings file, and the reasons why settings of the app's config are not in it, by their names."""

    text: str
    left: dict[str, str]


class _Entry(NamedTuple):
    """Some of the app's settings, by ``names``, and the value at a key of the file that replaces them.

    With an empty ``key`` they are left out, and ``value`` is the reason; it is empty if nothing is lost.
    """

    names: Sequence[str]
    key: str
    value: Any = ""


def carry_over(app: Flask, import_path: str | None) -> CarriedOver:
    """Return a settings file with the settings that an app's config has for a peer.

    The file passes all checks that ``provision`` makes of the settings; a value that does not is left out.

    :param import_path: the app, as for ``flask --app``.
    :raises SettingsError: a value of the app's config is wrong.
    """
    content: dict[str, Any] = {"app": import_path} if import_path else {}
    sources: dict[str, list[str]] = {}
    left: dict[str, str] = {}
    for entry in _read(app):
        if not entry.key:
            left |= dict.fromkeys(entry.names, entry.value) if entry.value else {}
            continue
        longer = _put(content, entry.key.split("."), entry.value)
        try:
            check_settings(make_settings(longer, FILE_NAME))
        except SettingsError as error:
            left |= dict.fromkeys(entry.names, error.message)
        else:
            content = longer
            sources.setdefault(entry.key.partition(".")[0], []).extend(entry.names)
    head = f"Settings of flask-cdn-stack, made from the config of the app {app.name}. They are yours to change."
    comments = {key: f"From {', '.join(dict.fromkeys(names))}." for key, names in sources.items()}
    return CarriedOver(render_settings(content, head, comments, left), left)


def _put(content: Mapping[str, Any], key: Sequence[str], value: Any) -> dict[str, Any]:
    """Return the content with a value at a key; a list is added to the end of one that is there already."""
    name, *rest = key
    if rest:
        value = _put(content.get(name, {}), rest, value)
    elif isinstance(value, list):
        value = [*content.get(name, []), *value]
    return {**content, name: value}


def _read(app: Flask) -> Iterator[_Entry]:
    urls = app.extensions.get(EXTENSION_NAME)
    reader, written = (urls.reader, urls.written) if urls else ("", {})
    given = read_given(app.config, written)
    if reader == "flask_s3" or (not reader and not _S3_NAMES.isdisjoint(given)):
        given = dict(choose_names(given))
        yield from _with_rest(given, _S3_NAMES, list(_read_s3(given)))
    if reader != "flask_s3":
        values = drop_written(app.config, written)
        yield from _with_rest(values, _CDN_NAMES, list(_read_cdn(values)))


def _with_rest(values: Mapping[str, Any], names: set[str], entries: list[_Entry]) -> Iterator[_Entry]:
    """Yield the entries, then one for each of the names that is set but has no entry."""
    yield from entries
    seen = {name for entry in entries for name in entry.names}
    for name in values:
        if name in names - seen and not is_unset(values[name]):
            place = NEW_PLACES[name]
            note = place.note.replace("``", "`")
            yield _Entry([name], "", f"{place.key}: {note}" if place.key else note)


def _read_cdn(values: Mapping[str, Any]) -> Iterator[_Entry]:
    config = read_config(values)
    yield _choose_protocol(["CDN_HTTPS"], read_optional_flag(values, "CDN_HTTPS") is False)
    if config.endpoints == ("static",):
        yield _Entry(["CDN_ENDPOINTS"], "")
    if config.fingerprint == "path":
        yield _Entry(["CDN_FINGERPRINT"], "assets.fingerprint", "path")
        if config.keep_names:
            yield _Entry(["CDN_KEEP_NAMES"], "assets.keep_names", list(config.keep_names))
    if config.checksum_length:
        yield _Entry(["CDN_CHECKSUM_LENGTH"], "assets.checksum_length", config.checksum_length)
    if config.local_names:
        yield _Entry(["CDN_LOCAL_NAMES"], "assets.local", list(config.local_names))


def _read_s3(values: Mapping[str, Any]) -> Iterator[_Entry]:
    settings = read_upload_settings(values)
    bucket = settings.urls.bucket_name
    if bucket:
        yield _Entry([find_key(values, "BUCKET_NAME")], "bucket.existing", bucket)
    if settings.region:
        yield _Entry([find_key(values, "REGION")], "bucket.region" if bucket else "region", settings.region)
    yield _choose_protocol(
        [name for name in _SCHEME_NAMES if not is_unset(values.get(name))], settings.urls.scheme == "http"
    )
    if settings.urls.prefix:
        yield _Entry([find_key(values, "PREFIX")], "assets.prefix", settings.urls.prefix)
    gzip = [find_key(values, "GZIP")]
    yield _Entry(gzip, "assets.gzip", True) if settings.gzip else _Entry(gzip, "")
    names = [find_key(values, name) for name in ("HEADERS", "USE_CACHE_CONTROL", "CACHE_CONTROL")]
    used = names if read_flag(values, "USE_CACHE_CONTROL") else names[:1]
    yield _Entry(used, "assets.headers", [_make_rule("**", settings.headers)]) if settings.headers else _Entry(used, "")
    yield _Entry([name for name in names if name not in used], "")
    yield from _read_filepath_headers(find_key(values, "FILEPATH_HEADERS"), settings.filepath_headers)


def _choose_protocol(names: Sequence[str], is_http: bool) -> _Entry:
    return _Entry(names, "delivery.viewer_protocol", "allow-all") if names and is_http else _Entry(names, "")


def _make_rule(glob: str, headers: Mapping[str, str]) -> dict[str, Any]:
    return {"match": glob, "set": {_name_header(name): value for name, value in headers.items()}}


def _name_header(name: str) -> str:
    return name if name in STORED_HEADERS or name.lower().startswith(_METADATA) else _METADATA + name


def _read_filepath_headers(name: str, rules: Sequence[tuple[re.Pattern[str], Mapping[str, str]]]) -> Iterator[_Entry]:
    yield _Entry([name], "")
    for pattern, headers in rules:
        globs = _find_globs(pattern)
        for glob in globs:
            yield _Entry([name], "assets.headers", [_make_rule(glob, headers)])
        if not globs:
            yield _Entry([name], "", f"assets.headers: write a glob over the URL path for {pattern.pattern!r}.")


def _find_globs(pattern: re.Pattern[str]) -> list[str]:
    """Return globs that match the same files; none unless the pattern is only about the end of their names."""
    match = _ENDING.fullmatch(pattern.pattern)
    if match is None or not (match["start"] or match["choices"]) or pattern.flags & (re.IGNORECASE | re.VERBOSE):
        return []
    start = match["start"].replace("\\", "")
    return [f"*{start}{choice}" for choice in (match["choices"] or "").split("|")]
