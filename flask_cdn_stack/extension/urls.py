"""Builds the URLs of one app's static files on the CDN."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any

from flask import has_request_context, request
from werkzeug.routing import BuildError

from ..naming import asset_key, bind_urls, build_url_path, has_fixed_rule, has_static_rule, hashed_path, names_endpoint
from ..record import Record
from .fast_path import find_request_context, make_injector, make_url_for_of, pop_wish
from .state import CDNState
from .static_folders import find_static_folders, read_mtime
from .variants import render_anchor, render_query, vary_url

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import MapAdapter

    from .config import CDNConfig
    from .state_holder import StateHolder

#: Seconds for which a file's modification time is remembered.
MTIME_SECONDS = 1.0

#: Values of a ``url_for`` call that go neither into the path nor into the query.
SPECIAL = ("_anchor", "_method", "_scheme", "_external")


class AssetUrl(Record):
    """The URL of an asset on the CDN, and the values that it was built from.

    ``values`` are the caller's and those of the app's ``url_defaults``; ``location`` is path and query. ``checksum`` is
    the manifest's if the published file name contains a hash, else empty. The URL holds until the app's clock says
    ``until``. ``by_name`` says that the rule has no variable but ``filename``.
    """

    state: CDNState
    endpoint: str
    values: dict[str, Any]
    location: str
    checksum: str
    until: float
    by_name: bool


class CDNUrls:
    """Builds the URLs of one app; registered as ``app.extensions["cdn"]``.

    ``reader`` names the module whose config keys are read, and ``written`` holds the defaults to write into the config.

    :param states: holds config and manifest, and the app's clock.
    """

    reader = "cdn"
    written: Mapping[str, Any] = {}

    def __init__(self, app: Flask, states: StateHolder) -> None:
        self._app = app
        self.flask_url_for = app.url_for
        self.states = states
        self.clock = states.clock
        self._paths = bind_urls(app.url_map)
        self.get_config: Callable[[str], Any] = app.config.get
        self.url_defaults, self.add_defaults = make_injector(app)
        self.url_for = make_url_for_of(app)

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
        """Build a URL in place of ``app.url_for``: :func:`flask.url_for` passes None for what was not given."""
        if _anchor is not None:
            values["_anchor"] = _anchor
        if _method is not None:
            values["_method"] = _method
        if _scheme is not None:
            values["_scheme"] = _scheme
        if _external is not None:
            values["_external"] = _external
        return self.url_for(endpoint, **values)

    def reload(self) -> None:
        """Read config and manifest again, as :meth:`flask_cdn_stack.CDN.reload` says."""
        self.states.reload()

    def find(self, endpoint: str, values: dict[str, Any]) -> AssetUrl | None:
        """Return an asset's URL on the CDN; None if its URL is Flask's own.

        :param values: the values of a ``url_for`` call, without those of :data:`SPECIAL`.
        :raises MissingAssetError: ``CDN_STRICT`` is on and the file is not there or not in the manifest.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        state, written = self.states.get(), endpoint
        endpoint = _make_absolute(written)
        is_named = names_endpoint(endpoint, state.config.endpoints)
        is_extra = state.serves_extra(self._app.url_map, endpoint)
        if not is_named and not is_extra:
            state.remember_other(written)
            return None
        if state.is_local(self._app):
            return None
        injected = dict(values)
        self._app.inject_url_defaults(endpoint, injected)
        is_static = is_named and self._is_ours(state, endpoint, injected)
        if not is_static and not is_extra:
            return None
        location = self._build(endpoint, injected)
        key = "" if location is None else asset_key(location.partition("?")[0])
        if state.named_local(key) or not (is_static or state.has_extra(key)):
            return None
        loaded = self.states.load_manifest(state)
        if loaded.config is not state.config:
            return self.find(endpoint, values)  # reloaded meanwhile: the checks above may no longer hold
        if loaded.error or location is None:
            return None
        by_name = is_static or has_static_rule(self._app.url_map, endpoint)
        return self._locate(loaded, endpoint, injected, location, by_name)

    def find_manifest(self) -> CDNState | None:
        """Return the state with its manifest; None if URLs are Flask's own, or have no checksums.

        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        state = self.states.get()
        if state.is_local(self._app) or not state.config.manifest:
            return None
        loaded = self.states.load_manifest(state)
        if loaded.config is not state.config:
            return self.find_manifest()
        return None if loaded.error else loaded

    @property
    def config(self) -> CDNConfig:
        """The config that URLs are built from; read now if it was not read before.

        :raises SettingsError: a value is wrong.
        """
        return self.states.get().config

    def find_config(self) -> CDNConfig | None:
        """Return the config; None if URLs are Flask's own at present."""
        state = self.states.get()
        return None if state.is_local(self._app) else state.config

    def find_scheme(self, state: CDNState) -> str:
        """Return the scheme of URLs: the config's, else the request's, else ``PREFERRED_URL_SCHEME``."""
        if state.config.scheme is not None:
            return state.config.scheme
        try:
            scheme = find_request_context().request.scheme
        except (LookupError, RuntimeError):
            scheme = self._app.config["PREFERRED_URL_SCHEME"]
        return "https" if scheme in ("https", "wss") else "http"

    def build_new(self, endpoint: str, values: dict[str, Any]) -> str:
        """Build a URL that is not remembered; ``values`` may be changed."""
        if len(values) == 1 and self._is_absent(endpoint, values.get("filename")):
            return self.flask_url_for(endpoint, **values)
        special = {name: values.pop(name) for name in SPECIAL if name in values}
        if not pop_wish(values):
            return self.flask_url_for(endpoint, **special, **values)
        if (varied := self._vary(endpoint, values, special)) is not None:
            return varied
        if not special and (built := self._recall_extra(endpoint, values)) is not None:
            return built or self.flask_url_for(endpoint, **values)
        asset = self.find(endpoint, values)
        if asset is None:
            return self.flask_url_for(endpoint, **special, **values)
        state = asset.state
        scheme = special["_scheme"] if "_scheme" in special else self.find_scheme(state)
        url = f"{join_url(scheme, state, asset.location)}{render_anchor(special.get('_anchor'))}"
        filename = asset.values.get("filename")
        if not asset.by_name and not special:
            state.remember_extra(self.find_scheme(state), asset.endpoint, asset.values, url)
        if type(filename) is not str or not asset.by_name:
            return url
        if not special and values == asset.values == {"filename": filename}:
            state.remember(scheme, asset.endpoint, filename, url, asset.until)
        elif len(special) + len(values) > 1 and not state.recall(scheme or "", asset.endpoint, filename, self.clock):
            self.build_new(asset.endpoint, {"filename": filename})  # later URLs of this file are made from this one
        return url

    def _is_absent(self, endpoint: str, filename: object) -> bool:
        return type(filename) is str and (endpoint, filename) in self.states.current.absent

    def _recall_extra(self, endpoint: str, values: dict[str, Any]) -> str | None:
        state = self.states.current
        if not state.built or state.is_local(self._app) or not (state.lasting or self.clock() < state.due):
            return None
        endpoint = _make_absolute(endpoint)
        if not state.extras.get(endpoint):
            return None
        if self.url_defaults:
            values = dict(values)
            self._app.inject_url_defaults(endpoint, values)
        return state.recall_extra(self.find_scheme(state), endpoint, values)

    def _vary(self, endpoint: str, values: dict[str, Any], special: Mapping[str, Any]) -> str | None:
        """Return a URL made from one that was built before, or Flask's own if that is known to be right; else None."""
        state, filename, absolute = self.states.current, values.get("filename"), _make_absolute(endpoint)
        if absolute in state.others or self._is_absent(absolute, filename):
            return self.flask_url_for(endpoint, **special, **values)
        if type(filename) is not str or state.config.finish is not None or state.is_local(self._app):
            return None
        scheme = special["_scheme"] if "_scheme" in special else self.find_scheme(state)
        url = state.recall(scheme, absolute, filename, self.clock) if scheme else None
        if url is None or self._app.url_map.sort_parameters:
            return None
        if self.url_defaults:
            values = dict(values)
            self._app.inject_url_defaults(absolute, values)
            if values["filename"] is not filename:
                return None
        varied = vary_url(url, values)
        return None if varied is None else f"{varied}{render_anchor(special.get('_anchor'))}"

    def _is_ours(self, state: CDNState, endpoint: str, values: dict[str, Any]) -> bool:
        if values.get("filename") is not None:
            return has_static_rule(self._app.url_map, endpoint)
        # Rules without variables count if CDN_ENDPOINTS names the endpoint in full, for a CDN that fetches from the
        # app. A view that is called "static" is a page.
        is_named = endpoint in state.config.endpoints and endpoint != "static"
        return is_named and has_fixed_rule(self._app.url_map, endpoint)

    def _build(self, endpoint: str, values: dict[str, Any]) -> str | None:
        """Return path and query without the CDN's own parameters; None if the rule does not take the values."""
        try:
            return build_url_path(self._bind(), endpoint, values)
        except BuildError:
            return None

    def _locate(
        self, state: CDNState, endpoint: str, values: dict[str, Any], location: str, by_name: bool
    ) -> AssetUrl | None:
        path, _, query = location.partition("?")
        config, key, started = state.config, asset_key(path), self.clock()
        filename = str(values.get("filename", "")) if by_name else key
        if filename[-1:] in ("", "/") and (config.manifest or config.timestamp or config.version):
            # A folder has no version, and a name that a script appends to its URL would end up in the query.
            return None
        checksum = state.checksums.get(key, "")
        mtime = self._find_mtime(state, endpoint, filename)
        if mtime == "" or (config.manifest and not checksum):
            if not find_static_folders(self._app, endpoint)[1]:
                state.report_missing(path)
            if not by_name:
                state.remember_extra(self.find_scheme(state), endpoint, values, "")
            elif values == {"filename": filename}:
                state.remember_absent(endpoint, filename)
            return None
        versioned, stamps = add_version(state, key, path, checksum)
        if mtime is not None:
            stamps = {"t": mtime, **stamps}
        if stamps:
            query = self._add_stamps(endpoint, values, query, stamps)
        location = f"{versioned}?{query}" if query else versioned
        if config.finish is not None:
            location = config.finish(self._app, endpoint, filename, location)
        until = inf if config.finish is None and mtime is None else started + MTIME_SECONDS
        is_fixed = config.fingerprint == "path" and (versioned != path or state.carries_hash(key))
        return AssetUrl(state, endpoint, values, location, checksum if is_fixed else "", until, by_name)

    def _find_mtime(self, state: CDNState, endpoint: str, filename: str) -> str | None:
        """Return a file's time stamp; None if none is wanted or there is no folder, empty if there is no such file."""
        if not state.config.timestamp:
            return None
        paths, problem = find_static_folders(self._app, endpoint)
        return read_mtime(paths, filename) if paths or problem else None

    def _add_stamps(self, endpoint: str, values: dict[str, Any], query: str, stamps: dict[str, str]) -> str:
        if not stamps.keys().isdisjoint(values):
            return build_url_path(self._bind(), endpoint, {**values, **stamps}).partition("?")[2]
        added = render_query(stamps)
        return f"{query}&{added}" if query else added

    def _bind(self) -> MapAdapter:
        if self._paths.map is not self._app.url_map:
            self._paths = bind_urls(self._app.url_map)
        return self._paths


def add_version(state: CDNState, key: str, path: str, checksum: str) -> tuple[str, dict[str, str]]:
    """Return an asset's path, with a checksum in path mode, and the values that its version adds to the query."""
    config, stamps = state.config, {}
    short = checksum[: config.checksum_length]
    if short and config.fingerprint == "path" and not state.keeps_name(key):
        path = hashed_path(path, short)
    elif short and not state.carries_hash(key):
        stamps["c"] = short
    if config.version is not None:
        stamps["v"] = config.version
    return path, stamps


def join_url(scheme: str | None, state: CDNState, location: str) -> str:
    """Return the URL of a path and query on the CDN; without a scheme it begins with ``//``."""
    return f"{scheme}://{state.config.domain}{location}" if scheme else f"//{state.config.domain}{location}"


def _make_absolute(endpoint: str) -> str:
    if endpoint[:1] != "." or not has_request_context():
        return endpoint
    blueprint = request.blueprint
    return endpoint[1:] if blueprint is None else blueprint + endpoint
