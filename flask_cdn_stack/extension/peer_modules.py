"""Lets Flask-Assets, which imports ``url_for`` from a peer if its settings say so, import it from this package.

The peers are the extensions that this package replaces: Flask-CDN and Flask-S3.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from logging import getLogger
from types import ModuleType
from typing import Any

logger = getLogger("flask_cdn_stack")

#: The modules that Flask-Assets imports ``url_for`` from, by the setting that turns it on.
PEER_MODULES = {"FLASK_ASSETS_USE_CDN": "flask_cdn", "FLASK_ASSETS_USE_S3": "flask_s3"}


def find_peer(name: str) -> ModuleType | None:
    """Return the module that is loaded under a name; None if there is none or it is one of this package."""
    found = sys.modules.get(name)
    return None if found is None or found.__name__.startswith("flask_cdn_stack") else found


def lend_module(name: str, module: str) -> None:
    """Make a module of this package importable under a peer's name, unless the app has imported that peer."""
    if find_peer(name) is None:
        sys.modules[name] = sys.modules[module]


def serve_flask_assets(config: Mapping[str, Any], module: str) -> None:
    """Let Flask-Assets import ``url_for`` from a module of this package if its settings name a peer.

    If the app has imported that peer itself, bundles keep the peer's URLs, and a warning is logged.

    :param config: the app's config with Flask-Assets' settings; any true value turns one on.
    :param module: name of the module of this package.
    """
    for key, name in PEER_MODULES.items():
        if config.get(key):
            if name not in sys.modules:
                lend_module(name, module)
            if find_peer(name):
                logger.warning(
                    "%s is on, and the app imports %s itself: Flask-Assets takes the URLs of bundles from there. "
                    "Remove that import, or %s, which bundles do not need any more.",
                    key,
                    name,
                    key,
                )
