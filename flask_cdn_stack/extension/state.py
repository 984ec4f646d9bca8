"""What one app's URLs are built from: config and manifest as they were read, and the URLs built so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from logging import getLogger
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import ManifestError
from ..manifest import parse_manifest
from .config import CDNConfig, read_config
from .manifest_source import describe, read_manifest_text

if TYPE_CHECKING:
    from flask import Flask

logger = getLogger("flask_cdn_stack")

#: URLs remembered where no manifest says which names exist.
MAX_REMEMBERED = 4096

#: Missing files that are remembered, so that each is logged once.
MAX_REPORTED = 1000


@dataclass(frozen=True, eq=False, repr=False)
class State:
    """One reading of config and manifest, with a memory that is given up together with it.

    ``scheme`` is None where each request decides. ``checksums`` holds the manifest's by decoded
    URL path; ``pending`` says that it is still to be read, ``error`` why it could not be.

    ``remembered`` has URLs by scheme, endpoint and file name; ``known`` is its part for ``scheme``. ``until`` says
    when a URL is to be built again. With a manifest URLs are ``lasting``, and it bounds the memory by itself.
    """

    config: CDNConfig
    scheme: str | None
    pending: bool
    checksums: Mapping[str, str]
    error: ManifestError | None
    follows_app_debug: bool
    remembered: dict[str, dict[str, dict[str, str]]]
    known: dict[str, dict[str, str]] | None
    lasting: bool
    until: dict[str, float] = field(default_factory=dict)
    _reported: set[str] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    def is_local(self, app: Flask) -> bool:
        """Say whether every URL is Flask's own just now: no domain, or debugging."""
        return self.config.domain is None or (app.debug if self.follows_app_debug else bool(self.config.debug))

    def remember(self, scheme: str, endpoint: str, filename: str, url: str, until: float) -> None:
        """Keep a URL, for the next call with this file name alone, until the app's clock says ``until``."""
        with self._lock:
            if not self.lasting:
                self._make_room()
            names = self.remembered.setdefault(scheme, {}).setdefault(endpoint, {})
            if not self.lasting:
                self.until.pop(names.get(filename, ""), None)
                self.until[url] = until
            names[filename] = url

    def _make_room(self) -> None:
        if sum(len(names) for known in self.remembered.values() for names in known.values()) >= MAX_REMEMBERED:
            for known in self.remembered.values():
                known.clear()
            self.until.clear()

    def count_missing(self, path: str) -> int:
        """Return which one of the missing files ``path`` is, from 1; 0 where it is known or too many are."""
        with self._lock:
            if path in self._reported or len(self._reported) >= MAX_REPORTED:
                return 0
            self._reported.add(path)
            return len(self._reported)


class StateHolder:
    """Holds the state of one app: reads it when it is first asked for, and swaps it as a whole.

    :param read: returns the text of a manifest, as
        :func:`~flask_cdn_stack.extension.manifest_source.read_manifest_text` does.
    """

    def __init__(self, app: Flask, read: Callable[..., str] = read_manifest_text) -> None:
        self.current: State | None = None
        self._app = app
        self._read = read
        self._lock = Lock()

    def get(self) -> State:
        """Return the state; its manifest may be pending.

        :raises SettingsError: a ``CDN_*`` value is wrong.
        """
        if self.current is None:
            with self._lock:
                if self.current is None:
                    self.current = _read_state(self._app.config)
        return self.current

    def load_manifest(self, state: State) -> State:
        """Return the state with its manifest, which is read once; a dead server is not asked again.

        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        while state.pending:
            with self._lock:
                is_mine = self.current is state
                if is_mine:
                    self.current = self._with_manifest(state)
            state = self.get()
            if is_mine:
                _log_error(state)
        _raise_if_strict(state)
        return state

    def reload(self) -> None:
        """Read config and manifest again and swap them in; where that raises, the state stays as it is.

        :raises SettingsError: a ``CDN_*`` value is wrong.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        with self._lock:
            state = _read_state(self._app.config)
            if state.pending and not state.is_local(self._app):
                state = self._with_manifest(state)
                _raise_if_strict(state)
            self.current = state
        _log_error(state)

    def _with_manifest(self, state: State) -> State:
        try:
            checksums = _read_checksums(state.config, self._app.root_path, self._read)
        except ManifestError as error:
            return replace(state, pending=False, error=error)
        return replace(state, pending=False, checksums=checksums)


def _read_state(values: Mapping[str, Any]) -> State:
    config = read_config(values)
    scheme = None if config.https is None else "https" if config.https else "http"
    known: dict[str, dict[str, str]] = {}
    return State(
        config=config,
        scheme=scheme,
        pending=config.manifest,
        checksums={},
        error=None,
        follows_app_debug=config.debug is None,
        remembered={scheme: known} if scheme else {},
        known=known if scheme else None,
        lasting=config.manifest,
    )


def _read_checksums(config: CDNConfig, root_path: str, read: Callable[..., str]) -> dict[str, str]:
    if config.manifest_url is None:
        raise ManifestError("CDN_MANIFEST is on, but CDN_MANIFEST_URL does not say where the manifest is.")
    text = read(config.manifest_url, root_path, timeout=config.manifest_timeout, max_bytes=config.manifest_max_bytes)
    try:
        return parse_manifest(text)
    except ManifestError as error:
        raise ManifestError(f"{describe(config.manifest_url)}: {error.message}", error.hint) from error


def _raise_if_strict(state: State) -> None:
    # A new error for each call: one that is raised again and again keeps every traceback that it had.
    if state.error is not None and state.config.strict:
        raise ManifestError(state.error.message, state.error.hint) from None


def _log_error(state: State) -> None:
    if state.error is not None and not state.config.strict:
        logger.warning(
            "%s Until CDN.reload(app), every URL stays the app's own. %s", *state.error.args, state.error.hint
        )
