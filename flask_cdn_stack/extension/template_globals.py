"""The template globals: ``url_for``, integrity values, the import map, and the CDN as a CSP source."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from markupsafe import Markup

from ..naming import compile_globs
from .fast_path import pop_wish
from .urls import SPECIAL, add_version, join_url
from .variants import render_query

if TYPE_CHECKING:
    from .state import CDNState
    from .urls import CDNUrls

#: Globs of the files in an import map if the template gives none.
MODULES = ("*.js", "*.mjs")

#: Most import maps that are remembered. Their globs are written in templates, so there are few.
MAX_IMPORT_MAPS = 64

#: Most characters of an import map that is remembered; a longer one is rendered for each page.
MAX_IMPORT_MAP_LENGTH = 256 * 1024

_SHA256 = r"[0-9a-f]{64}"

# Characters that Flask does not encode in a path, and those that browsers do not (URL standard, path percent-encode
# set).
_PATH_SAFE = "/!$&'()*+,:;=@~"
_BROWSER_SAFE = _PATH_SAFE + "[]|^"


def make_globals(urls: CDNUrls) -> dict[str, Any]:
    """Return the template globals of one app by name."""
    return {
        "url_for": urls.url_for,
        "cdn_integrity": _integrity_finder(urls),
        "cdn_importmap": _import_map_maker(urls),
        "cdn_csp_source": CSPSource(urls),
    }


class CSPSource:
    """The CDN as a source of a Content-Security-Policy: ``{{ cdn_csp_source }}``, or called, gives the text."""

    def __init__(self, urls: CDNUrls) -> None:
        self._urls = urls

    def __call__(self) -> str:
        return str(self)

    def __bool__(self) -> bool:
        return bool(str(self))

    def __str__(self) -> str:
        config = self._urls.find_config()
        if config is None:
            return ""
        # A path with a slash at its end allows all URLs below it. The two characters would end the source.
        domain = f"{config.domain}/" if "/" in str(config.domain) else str(config.domain)
        source = domain.replace(";", "%3B").replace(",", "%2C")
        return f"{config.scheme}://{source}" if config.scheme else source


def _integrity_finder(urls: CDNUrls) -> Callable[..., str]:
    def cdn_integrity(endpoint: str, **values: Any) -> str:
        """Return the value of an ``integrity`` attribute for the URL that ``url_for`` returns.

        It is empty, which browsers treat as no attribute, unless the URL is the CDN's, its file name contains a
        checksum, so that the bytes never change, and the manifest has a SHA-256.
        """
        values = {name: value for name, value in values.items() if name not in SPECIAL}
        asset = urls.find(endpoint, values) if pop_wish(values) else None
        if asset is None or not re.fullmatch(_SHA256, asset.checksum):
            return ""
        return f"sha256-{b64encode(bytes.fromhex(asset.checksum)).decode()}"

    return cdn_integrity


def _import_map_maker(urls: CDNUrls) -> Callable[..., Markup]:
    def cdn_importmap(*globs: str, nonce: str | None = None) -> Markup:
        """Return a ``<script type="importmap">`` that maps the modules' own imports to the URLs with checksums.

        It is empty while URLs are the app's own or have no checksums.

        :param globs: choose the files in it; without any, all modules of the manifest.
        :param nonce: the nonce of the page's Content-Security-Policy.
        """
        state = urls.find_manifest()
        if state is None:
            return Markup("")
        text = _import_map(state, urls.find_scheme(state), globs or MODULES)
        attribute = Markup(' nonce="{}"').format(nonce) if nonce else ""
        return Markup('<script type="importmap"{}>{}</script>').format(attribute, Markup(text))

    return cdn_importmap


def _import_map(state: CDNState, scheme: str, globs: tuple[str, ...]) -> str:
    name = (scheme, *globs)
    text = state.import_maps.get(name)
    if text is None:
        text = _render_import_map(state, scheme, globs)
        if len(state.import_maps) < MAX_IMPORT_MAPS and len(text) <= MAX_IMPORT_MAP_LENGTH:
            state.import_maps[name] = text
    return text


def _render_import_map(state: CDNState, scheme: str, globs: tuple[str, ...]) -> str:
    from jinja2.utils import htmlsafe_json_dumps

    wanted = compile_globs(globs)
    imports = {}
    for key, checksum in state.checksums.items():
        # A path that another tool's manifest has percent-encoded is in it twice: encoded and decoded.
        is_encoded = "%" in key and state.checksums.get(unquote(key)) == checksum
        if wanted(key) and not state.named_local(key) and not is_encoded:
            # The imported URL is encoded as browsers do, the URL with the checksum as url_for does.
            imported = f"/{quote(key, safe=_BROWSER_SAFE)}"
            path, stamps = add_version(state, key, f"/{quote(key, safe=_PATH_SAFE)}".replace("+", "%2B"), checksum)
            location = f"{path}?{render_query(stamps)}" if stamps else path
            imports[join_url(scheme, state, imported)] = join_url(scheme, state, location)
    return htmlsafe_json_dumps({"imports": imports}, separators=(",", ":"))
