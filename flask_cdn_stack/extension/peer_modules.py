"""The names of the peers' modules: Flask-Assets, with its own settings for a CDN, imports ``url_for`` from these."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from logging import getLogger
from types import ModuleType
from typing import Any

logger = getLogger("flask_cdn_stack")

#: The module that Flask-Assets imports from, by the setting that says so.
PEER_MODULES = {"FLASK_ASSETS_USE_CDN": "flask_cdn", "FLASK_ASSETS_USE_S3": "flask_s3"}


def find_peer(name: str) -> ModuleType | None:
    """Return the module that is loaded under a name, where it is another package's."""
    found = sys.modules.get(name)
    return None if found is None or found.__name__.startswith("flask_cdn_stack") else found


def lend_module(name: str, module: str) -> None:
    """Let a module of ours be imported by a peer's name; the peer itself is left where an app has imported it."""
    if find_peer(name) is None:
        sys.modules[name] = sys.modules[module]


def serve_flask_assets(config: Mapping[str, Any], module: str) -> None:
    """Make Flask-Assets find ``url_for`` of a module of ours where it is told to import it from a peer's.

    Where the app has imported that peer itself, bundles would keep its URLs, which is warned of.

    :param config: the app's, with Flask-Assets' settings; any true value turns one on.
    """
    for key, name in PEER_MODULES.items():
        if config.get(key):
            if name not in sys.modules:
                lend_module(name, module)
            if find_peer(name):
                logger.warning(
                    "%s is on, and the app imports %s, the peer itself: Flask-Assets takes the URLs of bundles from "
                    "that. Take that import out, or %s, which bundles need no more.",
                    key,
                    name,
                    key,
                )
