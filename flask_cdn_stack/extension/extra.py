"""Endpoints of views that serve files below ``CDN_EXTRA_URLS``: an app's own, not Flask's static ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..naming import find_path_endpoints, takes_path
from .state import MAX_REMEMBERED

if TYPE_CHECKING:
    from werkzeug.routing import Map

    from .config import CDNConfig
    from .state import CDNState

_SIMPLE = frozenset((str, int))


def serves_extra(url_map: Map, state: CDNState, endpoint: str) -> bool:
    """Say whether an endpoint serves files below an extra URL: it is named in full, or the only one found there."""
    if not state.config.extra_urls:
        return False
    known = state.extras.get(endpoint)
    if known is None:
        known = _find_out(url_map, state.config, endpoint)
        if len(state.extras) < MAX_REMEMBERED:
            state.extras[endpoint] = known
    return known


def has_extra(state: CDNState, key: str) -> bool:
    """Say whether a key, the decoded path, may be a file below an extra URL."""
    # Nothing but the manifest knows which of a view's paths are files.
    below = tuple(f"{url}/" for url in state.config.extra_urls)
    return state.config.manifest and f"/{key}".startswith(below)


def recall_extra(state: CDNState, scheme: str, endpoint: str, values: Mapping[str, Any]) -> str | None:
    """Return the URL that was built for these values before; None where there is none."""
    return state.built.get(_name(scheme, endpoint, values)) if _are_simple(values) else None


def remember_extra(state: CDNState, scheme: str, endpoint: str, values: Mapping[str, Any], url: str) -> None:
    """Keep a URL for the next call with the same values."""
    if not _are_simple(values):
        return
    # The query may be of anybody's making.
    if len(state.built) >= max(MAX_REMEMBERED, 2 * len(state.checksums)):
        state.built.clear()
    state.built[_name(scheme, endpoint, values)] = url


def _name(scheme: str, endpoint: str, values: Mapping[str, Any]) -> tuple[object, ...]:
    return scheme, endpoint, *values, *values.values()


def _are_simple(values: Mapping[str, Any]) -> bool:
    # True and 1.0 equal 1, and make other URLs.
    return _SIMPLE.issuperset(map(type, values.values()))


def _find_out(url_map: Map, config: CDNConfig, endpoint: str) -> bool:
    if endpoint in config.endpoints:
        return True
    try:
        rules = list(url_map.iter_rules(endpoint))
    except KeyError:
        return False
    # The whole map is gone through for those alone that may be one.
    urls = [url for url in config.extra_urls if any(takes_path(rule, url) for rule in rules)]
    return any(find_path_endpoints(url_map, url) == [endpoint] for url in urls)
