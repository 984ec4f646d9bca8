"""Endpoints of views that serve files below ``CDN_EXTRA_URLS``: an app's own, not Flask's static ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..naming import find_path_endpoints, takes_path
from .state import MAX_REMEMBERED

if TYPE_CHECKING:
    from werkzeug.routing import Map

    from .config import CDNConfig
    from .state import CDNState


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


def lies_below(key: str, urls: tuple[str, ...]) -> bool:
    """Say whether a key, the decoded path without its leading slash, lies below one of these URL paths."""
    return f"/{key}".startswith(tuple(f"{url}/" for url in urls))


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
