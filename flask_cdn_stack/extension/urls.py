"""Building one app's URLs."""

from __future__ import annotations

import time
from collections.abc import Callable
from logging import getLogger
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from flask import has_request_context, request
from werkzeug.routing import BuildError

from ..errors import MissingAssetError
from ..naming import asset_key, build_url_path, has_static_rule, names_endpoint
from .state import MAX_REPORTED, State, StateHolder
from .timestamps import find_static_folder, read_mtime

if TYPE_CHECKING:
    from flask import Flask, Request

logger = getLogger("flask_cdn_stack")

#: Seconds for which a file's modification time is remembered.
MTIME_SECONDS = 1.0

# The characters that Flask leaves as they are in a fragment.
_ANCHOR_SAFE = "%!#$&'()*+,/:;=?@"


_SPECIAL = ("_anchor", "_method", "_scheme", "_external")

# The request itself, because each attribute asked of the proxy costs more than finding a remembered URL.
_find_request: Callable[[], Request] = request._get_current_object  # type: ignore[attr-defined]


class CDNUrls:
    """The URLs of one app; stands in ``app.extensions["cdn"]``.

    :param states: where config and manifest come from.
    :param clock: seconds from any fixed point.
    """

    def __init__(self, app: Flask, states: StateHolder, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._config = app.config
        self._url_defaults = app.url_default_functions
        self._flask_url_for = app.url_for
        self._states = states
        self._clock = clock

    def url_for(self, /, endpoint: str, **values: Any) -> str:
        """Build a URL for a template; see :func:`flask_cdn_stack.url_for`."""
        return self.build(endpoint, values)

    def app_url_for(
        self,
        /,
        endpoint: str,
        *,
        _anchor: str | None = None,
        _method: str | None = None,
        _scheme: str | None = None,
        _external: bool | None = None,
        **values: Any,
    ) -> str:
        """Build a URL in place of ``app.url_for``: :func:`flask.url_for` hands it None for what was not given."""
        if _anchor is not None:
            values["_anchor"] = _anchor
        if _method is not None:
            values["_method"] = _method
        if _scheme is not None:
            values["_scheme"] = _scheme
        if _external is not None:
            values["_external"] = _external
        return self.build(endpoint, values)

    def build(self, endpoint: str, values: dict[str, Any]) -> str:
        """Build a URL from all that a call of ``url_for`` was given; ``values`` is used up."""
        # Runs for every asset of every page: what was built before is found with as few steps as can be.
        state = self._states.current
        filename = values.get("filename")
        if type(filename) is str and len(values) == 1 and state is not None:
            try:
                known = state.known or state.remembered[_find_request().scheme]
                url = known[endpoint][filename]
                is_fresh = state.lasting or self._clock() < state.until[url]
                if is_fresh and not (state.follows_app_debug and self._config["DEBUG"]):
                    if not self._url_defaults:
                        return url
                    self._app.inject_url_defaults(endpoint, values)
                    if values == {"filename": filename}:
                        return url
            except (KeyError, RuntimeError):
                pass
            values = {"filename": filename}
        return self._build_new(endpoint, values)

    def reload(self) -> None:
        """Read config and manifest again and swap them in; see :meth:`flask_cdn_stack.CDN.reload`."""
        self._states.reload()

    def _build_new(self, endpoint: str, values: dict[str, Any]) -> str:
        special = {name: values.pop(name) for name in _SPECIAL if name in values}
        state = self._states.get()
        absolute = _make_absolute(endpoint)
        if not state.is_local(self._app) and self._is_ours(state, absolute):
            try:
                url = self._build_asset(state, absolute, values, special)
            except BuildError:
                url = None
            if url is not None:
                return url
        return self._flask_url_for(endpoint, **special, **values)

    def _is_ours(self, state: State, endpoint: str) -> bool:
        return names_endpoint(endpoint, state.config.endpoints) and has_static_rule(self._app.url_map, endpoint)

    def _build_asset(self, state: State, endpoint: str, values: dict[str, Any], special: dict[str, Any]) -> str | None:
        injected = dict(values)
        self._app.inject_url_defaults(endpoint, injected)
        filename = injected.get("filename")
        if filename is None:
            return None
        state = self._states.load_manifest(state)
        started = self._clock()
        stamps = self._find_stamps(state, endpoint, filename)
        if stamps is None:
            return None
        scheme = special["_scheme"] if "_scheme" in special else state.scheme or self._find_scheme()
        path = build_url_path(self._app.url_map, endpoint, {**injected, **stamps})
        start = f"{scheme}://" if scheme else "//"
        url = f"{start}{state.config.domain}{path}{_quote_anchor(special.get('_anchor'))}"
        if type(filename) is str and not special and values == injected == {"filename": filename}:
            state.remember(scheme, endpoint, filename, url, started + MTIME_SECONDS if "t" in stamps else inf)
        return url

    def _find_stamps(self, state: State, endpoint: str, filename: object) -> dict[str, str] | None:
        """Return what is added to the query; None where the URL stays Flask's own."""
        if state.error is not None or state.config.domain is None:
            return None
        path = build_url_path(self._app.url_map, endpoint, {"filename": filename})
        stamps: dict[str, str] = {}
        if state.config.manifest:
            stamps["c"] = state.checksums.get(asset_key(path), "")[: state.config.checksum_length]
        elif state.config.timestamp and (folder := find_static_folder(self._app, endpoint)) is not None:
            stamps["t"] = read_mtime(folder, str(filename))
        if not all(stamps.values()):
            _report_missing(state, path)
            return None
        return stamps if state.config.version is None else {**stamps, "v": state.config.version}

    def _find_scheme(self) -> str:
        try:
            scheme = _find_request().scheme
        except RuntimeError:
            scheme = self._config["PREFERRED_URL_SCHEME"]
        return "https" if scheme in ("https", "wss") else "http"


def _make_absolute(endpoint: str) -> str:
    if endpoint[:1] != "." or not has_request_context():
        return endpoint
    blueprint = request.blueprint
    return endpoint[1:] if blueprint is None else blueprint + endpoint


def _report_missing(state: State, path: str) -> None:
    problem = "is not in the manifest" if state.config.manifest else "has no file"
    if state.config.strict:
        raise MissingAssetError(f"{path} {problem}.", "Deploy it, correct its name, or turn CDN_STRICT off.")
    count = state.count_missing(path)
    if count:
        logger.warning("%s %s; its URL stays the app's own.", path, problem)
    if count == MAX_REPORTED:
        logger.warning("%d assets are missing; no further one is logged.", count)


def _quote_anchor(anchor: str | None) -> str:
    return "" if anchor is None else f"#{quote(anchor, safe=_ANCHOR_SAFE)}"
