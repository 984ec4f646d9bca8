"""Records which URLs a request builds, and why each is the CDN's or the app's own, for the debug panel.

Apps that do not use the panel never import this module.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import current_app, g, has_app_context, has_request_context, request

from ..naming import asset_key, has_static_rule, names_endpoint
from .fast_path import EXTENSION_NAME, pop_wish
from .state import CDNState
from .state_holder import UNREAD
from .urls import CDNUrls

_NAME = "_flask_cdn_stack_built"


class BuiltURL(NamedTuple):
    """A URL that was built, with its endpoint and values, whether it is the CDN's, and why."""

    endpoint: str
    values: dict[str, Any]
    url: str
    is_cdn: bool
    reason: str


def begin_recording() -> None:
    """Record the URLs that the current app context builds from now on."""
    urls = current_app.extensions.get(EXTENSION_NAME)
    if urls is not None and type(urls) is not _Recorder:
        current_app.extensions[EXTENSION_NAME] = _Recorder(urls)
    setattr(g, _NAME, [])


def end_recording() -> list[BuiltURL]:
    """Stop recording, and return the URLs that were recorded."""
    found: list[BuiltURL] = g.pop(_NAME, [])
    return found


class _NothingBuilt:
    """A state holder that seems to have no state yet, so that ``url_for`` builds every URL anew and none is missed."""

    current = UNREAD

    def __init__(self, states: Any) -> None:
        self._states = states

    def __getattr__(self, name: str) -> Any:
        return getattr(self._states, name)


class _Recorder:
    """Takes the place of an app's :class:`CDNUrls` from the first recording until the process ends."""

    def __init__(self, urls: CDNUrls) -> None:
        self._urls = urls
        self.states = _NothingBuilt(urls.states)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._urls, name)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        # The modules of compat check which kind of object is registered.
        return type(self._urls)

    def build_new(self, endpoint: str, values: dict[str, Any]) -> str:
        given = dict(values)
        url = self._urls.build_new(endpoint, values)
        if has_app_context() and (built := g.get(_NAME)) is not None:
            built.append(BuiltURL(endpoint, given, url, *_judge(self._urls, endpoint, given, url)))
        return url


def _judge(urls: CDNUrls, endpoint: str, values: dict[str, Any], url: str) -> tuple[bool, str]:
    state, parts = urls.states.current, urlsplit(url)
    if reason := _find_general_reason(state, values):
        return False, reason
    domain = str(state.config.domain)
    if f"{parts.netloc}{parts.path}".startswith(f"{domain}/"):
        return True, _describe_version(state, asset_key(_path_below(url, domain)))
    absolute = f"{request.blueprint or ''}{endpoint}".lstrip(".") if endpoint[:1] == "." else endpoint
    if not names_endpoint(absolute, state.config.endpoints) and not state.serves_extra(current_app.url_map, absolute):
        return False, "its endpoint is not one of CDN_ENDPOINTS"
    root = request.script_root if has_request_context() else ""
    return False, _find_reason(state, absolute, asset_key(parts.path.removeprefix(root)))


def _path_below(url: str, domain: str) -> str:
    """Return the path of a URL below the CDN's domain, which may contain a path itself."""
    return url.partition(f"//{domain}")[2].partition("?")[0]


def _find_general_reason(state: CDNState, values: dict[str, Any]) -> str:
    config = state.config
    if config.domain is None:
        return "CDN_DOMAIN is not set"
    if state.is_local(current_app):
        return "the app is in debug mode, and CDN_DEBUG is not set" if config.debug is None else "CDN_DEBUG is on"
    return "" if pop_wish(dict(values)) else "the call says _cdn=False"


def _describe_version(state: CDNState, key: str) -> str:
    config = state.config
    if not config.manifest:
        return "its file is there" if config.timestamp else "its endpoint is one of CDN_ENDPOINTS"
    if config.fingerprint == "path" and key not in state.checksums:
        return "it is in the manifest, and its name has the checksum"
    return "it is in the manifest"


def _find_reason(state: CDNState, endpoint: str, key: str) -> str:
    config = state.config
    if state.named_local(key):
        return "CDN_LOCAL_NAMES leaves it with the app"
    if state.error:
        return f"there is no manifest: {state.error.message}"
    if not has_static_rule(current_app.url_map, endpoint) and not state.serves_extra(current_app.url_map, endpoint):
        return "its rule has other variables than filename"
    if key[-1:] in ("", "/"):
        return "a folder has no version"
    return "it is not in the manifest" if config.manifest else "it has no file"
