"""Explains an app's config: which settings are understood, which have no effect, and which URLs they give."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import SettingsError
from ..extension.config import is_unset, read_optional_flag
from ..extension.fast_path import EXTENSION_NAME
from ..extension.manifest_source import describe
from .misspelt import find_meant
from .peer_settings import PEER_SETTINGS, READERS, PeerSetting
from .s3_settings import OLD_NAMES, PASSED_OVER, S3Settings, choose_names, read_flag, read_given, uses_new_names
from .upload_settings import read_upload_settings

if TYPE_CHECKING:
    from flask import Flask

    from ..extension.config import CDNConfig
    from ..extension.urls import CDNUrls

_SETTINGS = {setting.name: setting for setting in PEER_SETTINGS}
_PLACES = {name: place for place, name in enumerate(_SETTINGS)}
_PREFIXES = ("CDN_", "FLASKS3_", "S3_", "USE_S3", "USE_GZIP", "FLASK_ASSETS_USE_")
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_LONGEST_VALUE = 60

# Settings that have no effect if another one, the key, is set.
_BEFORE = {"S3_USE_HTTPS": ("S3_USE_HTTP",), "S3_URL_SCHEME": ("S3_USE_HTTP", "S3_USE_HTTPS")}
_UNWRITTEN = object()
_MANIFEST_SETTINGS = frozenset(setting.name for setting in PEER_SETTINGS if setting.name.startswith("CDN_MANIFEST"))


class Finding(NamedTuple):
    """One key of ``app.config``.

    ``state`` is ``used``, ``default`` (written by the extension itself), ``ignored`` or ``unknown``. ``value`` is the
    text to show, without secrets.
    """

    key: str
    value: str
    state: str
    meaning: str


class Explanation(NamedTuple):
    """What was found: ``reader`` is the extension that the app set up, if any; ``urls`` says what URLs look like."""

    reader: str | None
    urls: str
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    error: SettingsError | None


def explain_config(app: Flask, peers: Collection[str] = ()) -> Explanation:
    """Return an explanation of an app's settings, whichever package they were written for.

    :param peers: modules of the peers themselves that the app has imported, ``flask_cdn`` or ``flask_s3``.
    """
    urls: CDNUrls | None = app.extensions.get(EXTENSION_NAME)
    reader = urls.reader if urls else None
    written = urls.written if urls else {}
    known = [key for key in app.config if key in _SETTINGS or key.startswith(_PREFIXES)]
    findings = [_explain_key(key, app.config[key], reader, written) for key in sorted(known, key=_place)]
    warnings = tuple(f"The app imports {name}; import flask_cdn_stack.compat.{name} in its place." for name in peers)
    error = None
    try:
        text = _describe_urls(urls)
        if reader == "flask_s3":
            given = read_given(app.config, written)
            text += _describe_s3(read_upload_settings(given).urls) if urls and urls.find_config() else ""
            findings = _mark_overruled(findings, _find_overruled_s3(given))
        elif urls is not None:
            findings = _mark_overruled(findings, _find_overruled(urls.config))
    except SettingsError as wrong:
        text, error = "Not known: a value is wrong or missing.", wrong
    return Explanation(READERS.get(reader or ""), text, tuple(findings), warnings, error)


def _mark_overruled(findings: list[Finding], reasons: Mapping[str, str]) -> list[Finding]:
    """Return the findings, with the settings that another one overrules marked as ``ignored``."""
    return [
        finding._replace(state="ignored", meaning=reasons[finding.key])
        if finding.state == "used" and finding.key in reasons
        else finding
        for finding in findings
    ]


def _find_overruled(config: CDNConfig) -> dict[str, str]:
    if config.manifest:
        return {}
    if config.timestamp:
        return dict.fromkeys(_MANIFEST_SETTINGS, "CDN_TIMESTAMP is on, which comes first.")
    return dict.fromkeys(_MANIFEST_SETTINGS - {"CDN_MANIFEST"}, "CDN_MANIFEST is off.")


def _find_overruled_s3(given: Mapping[str, Any]) -> dict[str, str]:
    reasons = dict.fromkeys(PASSED_OVER, "FLASKS3_* is used, so it has no effect.")
    if not uses_new_names(given):
        reasons = {}
        for winner, losers in _BEFORE.items():
            if not is_unset(given.get(winner)):
                reasons |= dict.fromkeys(losers, f"{winner} is set, which wins.")
    for name in ("ACTIVE", "DEBUG"):
        if not is_unset(given.get(f"FLASKS3_{name}")):
            reasons[OLD_NAMES[name]] = f"FLASKS3_{name} is set, which wins."
    given = choose_names(given)
    if not read_flag(given, "USE_CACHE_CONTROL"):
        for key in ("FLASKS3_CACHE_CONTROL", "S3_CACHE_CONTROL"):
            reasons.setdefault(key, "Its USE_CACHE_CONTROL is off.")
    if not read_flag(given, "GZIP"):
        reasons["FLASKS3_GZIP_ONLY_EXTS"] = "FLASKS3_GZIP is off."
    if not read_optional_flag(given, "USE_GZIP"):
        reasons.setdefault("S3_GZIP_CONTENT_TYPES", "USE_GZIP is off.")
    return reasons


def _place(key: str) -> tuple[int, str]:
    return (_PLACES.get(key, len(_PLACES)), key)


def _explain_key(key: str, value: object, reader: str | None, written: Mapping[str, Any]) -> Finding:
    setting = _SETTINGS.get(key)
    if setting is None:
        near = find_meant(key, _SETTINGS)
        hint = f"Did you mean {near}?" if near else "Perhaps it is the app's own."
        # Its value is not shown: it may be any secret.
        return Finding(key, "(not shown)", "unknown", f"Nothing here reads it. {hint}")
    shown = _show(key, value)
    meaning = setting.meaning.replace("``", "")
    if written.get(key, _UNWRITTEN) == value:
        return Finding(key, shown, "default", meaning)
    if not _is_read(setting, reader):
        readers = " and ".join(READERS[name] for name in setting.readers)
        return Finding(key, shown, "ignored", f"Only {readers} reads it." if readers else meaning)
    return Finding(key, shown, "used", meaning)


def _is_read(setting: PeerSetting, reader: str | None) -> bool:
    # Flask-Assets reads its settings in any app; create_all is assumed only in apps with FlaskS3.
    return not {reader, "flask_assets", "create_all" if reader == "flask_s3" else None}.isdisjoint(setting.readers)


def _show(key: str, value: object) -> str:
    """Return a value as text to show, without what may be a password or a key."""
    if key in _SECRETS:
        return "(set)" if value else "(empty)"
    if isinstance(value, Mapping):
        return f"(for {', '.join(map(str, value)) or 'nothing'})"
    if isinstance(value, list | tuple | set | frozenset):
        return f"[{', '.join(_show('', item) for item in value)}]"
    text = repr(describe(value) if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _describe_urls(urls: CDNUrls | None) -> str:
    if urls is None:
        return "Flask's own: the app sets up neither CDN(app) nor FlaskS3(app)."
    config = urls.find_config()
    if config is None:
        return "The app's own at present: there is no CDN domain, or the CDN is off, as it is while debugging."
    return f"{_describe_start(config)}{config.domain}/<path>{_describe_version(config)}"


def _describe_start(config: CDNConfig) -> str:
    if config.scheme is None:
        return "<the request's scheme>://"
    return f"{config.scheme}://" if config.scheme else "//"


def _describe_s3(settings: S3Settings) -> str:
    twins = f", with .gz behind names of {', '.join(settings.gzip_types)}" if settings.gzip_types else ""
    return ("?<six digits of the file's SHA-1>" if settings.cache_busting else "") + twins


def _describe_version(config: CDNConfig) -> str:
    parts = ["t=<time of the file>"] if config.timestamp else []
    if config.manifest and config.fingerprint == "query":
        parts.append("c=<checksum>")
    if config.version is not None:
        parts.append(f"v={config.version}")
    name = " with the checksum in the file's name" if config.manifest and config.fingerprint == "path" else ""
    return ("?" + "&".join(parts) if parts else "") + name
