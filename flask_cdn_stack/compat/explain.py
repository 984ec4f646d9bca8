"""What an app's config means: which settings are understood, which have no effect, and what URLs come of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import SettingsError
from ..extension.manifest_source import describe
from .peer_settings import PEER_SETTINGS, READERS, PeerSetting

if TYPE_CHECKING:
    from flask import Flask

    from ..extension.config import CDNConfig
    from ..extension.urls import CDNUrls

_SETTINGS = {setting.name: setting for setting in PEER_SETTINGS}
_PREFIXES = ("CDN_", "FLASKS3_", "S3_", "USE_S3", "USE_GZIP", "FLASK_ASSETS_USE_")
_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
_LONGEST_VALUE = 60
_UNWRITTEN = object()
_MANIFEST_SETTINGS = frozenset(setting.name for setting in PEER_SETTINGS if setting.name.startswith("CDN_MANIFEST"))


class Finding(NamedTuple):
    """One key of ``app.config``.

    ``state`` is ``used``, ``default`` (written by the extension itself), ``ignored`` or ``unknown``. ``value`` is as it
    may be shown.
    """

    key: str
    value: str
    state: str
    meaning: str


class Explanation(NamedTuple):
    """What was found: ``reader`` is what the app set up, None for nothing; ``urls`` says what URLs look like."""

    reader: str | None
    urls: str
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    error: SettingsError | None


def explain_config(app: Flask, peers: Collection[str] = ()) -> Explanation:
    """Explain the settings of an app, whichever package they were written for.

    :param peers: names of the peers' own modules that the app has imported.
    """
    urls: CDNUrls | None = app.extensions.get("cdn")
    reader = urls.reader if urls else None
    written = urls.written if urls else {}
    known = [key for key in app.config if key in _SETTINGS or key.startswith(_PREFIXES)]
    findings = [_explain_key(key, app.config[key], reader, written) for key in sorted(known, key=_place)]
    warnings = tuple(f"The app imports {name}, the peer itself; import ours in its place." for name in peers)
    error = None
    try:
        text = _describe_urls(urls)
        if urls is not None and reader != "flask_s3":
            findings = _mark_overruled(findings, urls.config)
    except SettingsError as wrong:
        text, error = "None can be built: a value is wrong.", wrong
    return Explanation(READERS.get(reader or ""), text, tuple(findings), warnings, error)


def _mark_overruled(findings: list[Finding], config: CDNConfig) -> list[Finding]:
    """Say of settings for what is not used that they have no effect, as the peers never did."""
    names: frozenset[str] = frozenset() if config.manifest else _MANIFEST_SETTINGS
    reason = "CDN_TIMESTAMP is on, which comes first."
    if not config.timestamp:
        names, reason = names - {"CDN_MANIFEST"}, "CDN_MANIFEST is off."
    return [
        finding._replace(state="ignored", meaning=reason)
        if finding.state == "used" and finding.key in names
        else finding
        for finding in findings
    ]


def _place(key: str) -> tuple[int, str]:
    names = list(_SETTINGS)
    return (names.index(key) if key in _SETTINGS else len(names), key)


def _explain_key(key: str, value: object, reader: str | None, written: Mapping[str, Any]) -> Finding:
    setting = _SETTINGS.get(key)
    shown = _show(key, value)
    if setting is None:
        near = get_close_matches(key, _SETTINGS, n=1)
        hint = f"Did you mean {near[0]}?" if near else "Perhaps it is the app's own."
        return Finding(key, shown, "unknown", f"Nothing here reads it. {hint}")
    meaning = setting.meaning.replace("``", "")
    if written.get(key, _UNWRITTEN) == value:
        return Finding(key, shown, "default", meaning)
    if not _is_read(setting, reader):
        readers = " and ".join(READERS[name] for name in setting.readers)
        return Finding(key, shown, "ignored", f"It is for {readers}." if readers else meaning)
    return Finding(key, shown, "used", meaning)


def _is_read(setting: PeerSetting, reader: str | None) -> bool:
    # Flask-Assets reads its own in any app, and create_all takes any app too.
    return not {reader, "flask_assets", "create_all" if reader == "flask_s3" else None}.isdisjoint(setting.readers)


def _show(key: str, value: object) -> str:
    if key in _SECRETS:
        return "(set)" if value else "(empty)"
    if isinstance(value, str):
        # What stands before an @ may be a password.
        value = describe(value) if "://" in value else value.rpartition("@")[2]
    text = repr(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def _describe_urls(urls: CDNUrls | None) -> str:
    if urls is None:
        return "Flask's own: the app sets up neither CDN(app) nor FlaskS3(app)."
    config = urls.find_config()
    if config is None:
        return "The app's own just now: there is no CDN domain, or it is switched off, as while debugging."
    return f"{_describe_start(config)}{config.domain}/<path>{_describe_version(config)}"


def _describe_start(config: CDNConfig) -> str:
    if config.scheme is None:
        return "<the request's scheme>://"
    return f"{config.scheme}://" if config.scheme else "//"


def _describe_version(config: CDNConfig) -> str:
    parts = ["t=<time of the file>"] if config.timestamp else []
    if config.manifest and config.fingerprint == "query":
        parts.append("c=<checksum>")
    if config.version is not None:
        parts.append(f"v={config.version}")
    name = " with the checksum in the file's name" if config.manifest and config.fingerprint == "path" else ""
    return ("?" + "&".join(parts) if parts else "") + name
