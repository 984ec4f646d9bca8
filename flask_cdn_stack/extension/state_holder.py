"""Reads an app's config and manifest, the first time and again, and replaces the app's state as a whole."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from logging import getLogger
from math import inf
from threading import Lock, RLock, Thread
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from ..errors import ManifestError
from ..manifest import parse_kept, parse_manifest, parse_sought
from ..naming import compile_globs
from .config import CDNConfig, read_config
from .manifest_source import ManifestText, describe, is_remote, read_manifest
from .state import CDNState

if TYPE_CHECKING:
    from flask import Flask

logger = getLogger("flask_cdn_stack")

#: Seconds until a server that did not return the manifest is asked again: after the first failure, and at most. Each
#: further failure doubles them.
RETRY_SECONDS = (10.0, 600.0)


def start_in_background(work: Callable[[], None]) -> None:
    """Start a thread that does not keep the process alive."""
    try:
        Thread(target=work, name="flask-cdn-stack-manifest", daemon=True).start()
    except RuntimeError:
        # No thread can be started, for example while the interpreter ends; the present manifest stays in use.
        logger.debug("No thread to read the manifest again.", exc_info=True)


_HOLDERS: WeakSet[StateHolder] = WeakSet()


def _renew_all_locks() -> None:
    for holder in _HOLDERS:
        holder.renew_locks()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_all_locks)


class StateHolder:
    """Holds the state of one app: reads it at the first use, and replaces it as a whole.

    :param read_values: reads and checks ``app.config``.
    :param clock: returns seconds from any fixed point.
    :param read: returns a manifest, as :func:`~flask_cdn_stack.extension.manifest_source.read_manifest` does.
    :param start: runs a function in the background, so that no request waits for it.
    """

    def __init__(
        self,
        app: Flask,
        read_values: Callable[[Mapping[str, Any]], CDNConfig] = read_config,
        *,
        clock: Callable[[], float] = time.monotonic,
        read: Callable[..., ManifestText | None] = read_manifest,
        start: Callable[[Callable[[], None]], None] = start_in_background,
    ) -> None:
        self.current = UNREAD
        self._app = app
        self._read_values = read_values
        self.clock = clock
        self._read = read
        self._start = start
        self.renew_locks()
        _HOLDERS.add(self)

    def renew_locks(self) -> None:
        """Make new locks: after a fork, a thread of the parent process may hold the old ones for ever."""
        self._lock = Lock()
        # Held while the manifest is read, so that an older result never replaces a newer one.
        self._reading = RLock()
        self.current.renew_lock()

    def get(self) -> CDNState:
        """Return the state; its manifest may be pending.

        :raises SettingsError: a ``CDN_*`` value is wrong.
        """
        if self.current is UNREAD:
            with self._lock:
                if self.current is UNREAD:
                    self.current = _make_state(self._read_values(self._app.config))
        return self.current

    def load_manifest(self, state: CDNState) -> CDNState:
        """Return the state with its manifest; start to read it again in the background when that is due.

        Calls wait for the first reading only; once it has failed, no call waits for the server again.

        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        while state.pending:
            with self._reading:
                is_mine = self.current is state and self._swap(state, self._with_manifest(state))
            state = self.get()
            if is_mine:
                _log_failure(state)
        if state.due <= self.clock():
            state = self._begin_refresh(state)
        _raise_if_strict(state)
        return state

    def reload(self) -> None:
        """Read config and manifest again and replace the state; if this raises an error, the state stays.

        A manifest that can no longer be read stays in use.

        :raises SettingsError: a ``CDN_*`` value is wrong.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        with self._reading:
            before = self.current
            state = _make_state(self._read_values(self._app.config))
            if state.pending and not state.is_local(self._app):
                state = self._with_manifest(state)
                _raise_if_strict(state)
                if state.error and before.version and before.config.manifest_url == state.config.manifest_url:
                    state = state.but(**_what_was_read(before))
            with self._lock:
                self.current = state
        _log_failure(state)

    def _begin_refresh(self, state: CDNState) -> CDNState:
        # A further reading becomes due even if this one's thread is lost, as in a forked process, but not before this
        # one has timed out.
        due = max(self._next(state.config, state.failures), self.clock() + state.config.manifest_timeout)
        begun = state.but(due=due)
        if not self._swap(state, begun):
            return self.current
        self._start(lambda: self._refresh(begun))
        return begun

    def _refresh(self, state: CDNState) -> None:
        with self._reading:
            refreshed = self._with_manifest(state)
            is_current = self._swap(state, refreshed)
        if is_current and refreshed.failures == 1:
            _log_failure(refreshed)

    def _swap(self, state: CDNState, new: CDNState) -> bool:
        with self._lock:
            if self.current is not state:
                return False
            self.current = new
            return True

    def _with_manifest(self, state: CDNState) -> CDNState:
        config = state.config
        try:
            read = _read_checksums(config, self._app.root_path, self._read, state.version)
        except ManifestError as error:
            failures = state.failures + 1
            due = self._next(config, failures)
            return state.but(pending=False, failure=error, failures=failures, due=due)
        due = self._next(config, 0)
        if read is None:
            return state.but(failure=None, failures=0, due=due)
        return _make_state(config).but(pending=False, due=due, **read)

    def _next(self, config: CDNConfig, failures: int) -> float:
        pause = config.manifest_refresh or inf
        if failures and config.manifest_url and is_remote(config.manifest_url):
            first, longest = RETRY_SECONDS
            retry = min(first * 2 ** min(failures - 1, 10), longest)
            pause = retry if pause == inf else max(pause, retry)
        return self.clock() + pause


def _make_state(config: CDNConfig) -> CDNState:
    return CDNState(config, compile_globs(config.keep_names), compile_globs(config.local_names))


#: The state of an app whose config was not read yet. It has no URLs, so each call asks the holder for the state.
UNREAD = _make_state(read_config({}))


def _read_checksums(
    config: CDNConfig, root_path: str, read: Callable[..., ManifestText | None], known: tuple[str, ...]
) -> dict[str, Any] | None:
    if config.manifest_url is None:
        raise ManifestError("CDN_MANIFEST is on, but CDN_MANIFEST_URL does not say where the manifest is.")
    found = read(
        config.manifest_url,
        root_path,
        timeout=config.manifest_timeout,
        max_bytes=config.manifest_max_bytes,
        known=known,
    )
    if found is None:
        return None
    try:
        text = found.text
        return {
            "checksums": parse_manifest(text),
            "kept": parse_kept(text),
            "sought": parse_sought(text),
            "version": found.version,
        }
    except ManifestError as error:
        raise ManifestError(f"{describe(config.manifest_url)}: {error.message}", error.hint) from error


def _what_was_read(state: CDNState) -> dict[str, Any]:
    """Return the attributes of a state that come from its manifest."""
    return {
        "checksums": state.checksums,
        "kept": state.kept,
        "sought": state.sought,
        "version": state.version,
    }


def _raise_if_strict(state: CDNState) -> None:
    # A new error for each call: an error that is raised again and again collects all its tracebacks.
    if state.error is not None and state.config.strict:
        raise ManifestError(state.error.message, state.error.hint) from None


def _log_failure(state: CDNState) -> None:
    if state.failure is None or (state.error and state.config.strict):
        return
    later = "" if state.due == inf else " It is looked for again in the background."
    kept = "Every URL stays the app's own." if state.error else "The manifest read before goes on being used."
    see = f" See {state.failure.see}" if state.failure.see else ""
    logger.warning("%s %s%s %s%s", state.failure.message, kept, later, state.failure.hint, see)
