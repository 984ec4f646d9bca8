"""Takes the place of ``flask_cdn``, the module of Flask-CDN and Flask-CDN-NG (here, the *peers*).

::

    from flask_cdn_stack.compat.flask_cdn import CDN

The same extension as :class:`flask_cdn_stack.CDN`, with the peers' defaults in ``app.config`` and, under
``CDN_STRICT``, the peers' errors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import ManifestError, MissingAssetError
from ..extension.cdn import CDN as CoreCDN
from ..extension.cdn import install, url_for
from ..extension.config import CDNConfig, drop_written, read_config
from ..extension.fast_path import EXTENSION_NAME
from ..extension.peer_modules import lend_module
from ..extension.state_holder import StateHolder
from ..extension.urls import AssetUrl, CDNUrls

if TYPE_CHECKING:
    from flask import Flask

    from ..extension.state import CDNState

__all__ = ["CDN", "CDNFileNotFoundInManifest", "CDNManifestUrlError", "url_for"]

#: The name that the peers' module is imported by.
PEER_MODULE = "flask_cdn"


class CDNManifestUrlError(ManifestError):
    """``CDN_STRICT`` is on, and the manifest cannot be read."""


class CDNFileNotFoundInManifest(MissingAssetError):
    """``CDN_STRICT`` is on, and the manifest does not name the file."""


class CDN(CoreCDN):
    """Does what :class:`flask_cdn_stack.CDN` does, for an app that was written for Flask-CDN or Flask-CDN-NG."""

    def init_app(self, app: Flask, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Write the peers' defaults into ``app.config``, then do what :meth:`flask_cdn_stack.CDN.init_app` does.

        A second call for the same app does nothing, as with the peers. A default that has not been changed does not
        count as set: ``app.debug`` is read at each call, and ``CDN_MANIFEST`` alone turns time stamps off.

        :param clock: returns seconds from any fixed point; decides when time stamps and the manifest are read again.
        :raises RuntimeError: the app has another CDN already.
        :raises SettingsError: ``CDN_OVERRIDE_FLASK_URL_FOR`` is not a boolean.
        """
        if isinstance(app.extensions.get(EXTENSION_NAME), PeerUrls):
            return
        written = {key: value for key, value in _defaults(app).items() if key not in app.config}
        install(app, PeerUrls(app, clock, written))
        # Flask-Assets with FLASK_ASSETS_USE_CDN does `from flask_cdn import url_for`. It gets this module, whether or
        # not the peer is installed.
        lend_module(PEER_MODULE, __name__)


class PeerUrls(CDNUrls):
    """Builds the URLs of one app, and raises the peers' errors.

    :param written: defaults that were written into the app's config.
    """

    reader = "flask_cdn"

    def __init__(self, app: Flask, clock: Callable[[], float], written: Mapping[str, Any]) -> None:
        self.written = written
        super().__init__(app, StateHolder(app, self._read_config, clock=clock))

    def find(self, endpoint: str, values: dict[str, Any]) -> AssetUrl | None:
        """Return an asset's URL on the CDN; None if its URL is Flask's own.

        :raises CDNFileNotFoundInManifest: ``CDN_STRICT`` is on and the file is not in the manifest.
        :raises CDNManifestUrlError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        :raises MissingAssetError: ``CDN_STRICT`` is on and there is no such file to take the time from.
        """
        with self._peer_errors():
            return super().find(endpoint, values)

    def find_manifest(self) -> CDNState | None:
        """Return the state with its manifest; None if URLs are Flask's own, or have no checksums.

        :raises CDNManifestUrlError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        with self._peer_errors():
            return super().find_manifest()

    def reload(self) -> None:
        """Read config and manifest again.

        :raises CDNManifestUrlError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        with self._peer_errors():
            super().reload()

    def _read_config(self, values: Mapping[str, Any]) -> CDNConfig:
        return read_config(drop_written(values, self.written))

    @contextmanager
    def _peer_errors(self) -> Iterator[None]:
        try:
            yield
        except ManifestError as error:
            raise CDNManifestUrlError(error.message, error.hint) from None
        except MissingAssetError as error:
            if not self.config.manifest:
                raise
            raise CDNFileNotFoundInManifest(error.message, error.hint) from None


def _defaults(app: Flask) -> dict[str, Any]:
    """Return the defaults that the peers write into the config."""
    return {
        "CDN_DEBUG": app.debug,
        "CDN_DOMAIN": None,
        "CDN_HTTPS": None,
        "CDN_TIMESTAMP": True,
        "CDN_ENDPOINTS": ["static"],
        "CDN_MANIFEST": False,
        "CDN_MANIFEST_URL": None,
    }
