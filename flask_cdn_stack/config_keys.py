"""The ``CDN_*`` keys of ``app.config``: names, defaults and meaning."""

from __future__ import annotations

from typing import Any

from .record import Record


class ConfigKey(Record):
    """One key of ``app.config`` that the extension reads."""

    name: str
    default: Any
    meaning: str
    generated: bool = False


#: Every key that the extension reads. Those with ``generated`` set stand in the generated file, in this order.
CONFIG_KEYS = (
    ConfigKey(
        "CDN_DOMAIN",
        None,
        "Host of the CDN, with an optional port and path (its case is kept). A scheme in front decides when "
        "``CDN_HTTPS`` is None. While it is None or empty, ``url_for`` stays Flask's own.",
        generated=True,
    ),
    ConfigKey(
        "CDN_HTTPS",
        None,
        "True: https. False: http. None: as the request came, or ``PREFERRED_URL_SCHEME`` without a request.",
        generated=True,
    ),
    ConfigKey(
        "CDN_TIMESTAMP",
        True,
        "Adds ``t=<mtime>`` of the endpoint's own file. Off by default where ``CDN_MANIFEST`` is on; where both "
        "are set, ``t`` is used, as Flask-CDN-NG does.",
        generated=True,
    ),
    ConfigKey(
        "CDN_MANIFEST",
        False,
        "Adds ``c=<checksum>`` from the manifest at ``CDN_MANIFEST_URL``.",
        generated=True,
    ),
    ConfigKey(
        "CDN_MANIFEST_URL",
        None,
        "Where the manifest is: an http(s) or ``file:`` URL, or a path (a relative one starts at the app's root path).",
        generated=True,
    ),
    ConfigKey(
        "CDN_FINGERPRINT",
        "query",
        "Where the checksum goes. ``query``: into the query string, ``style.css?c=<checksum>``. ``path``: into the "
        "file name, ``style.<checksum>.css``; the files have to be published under such names.",
        generated=True,
    ),
    ConfigKey(
        "CDN_CHECKSUM_LENGTH",
        None,
        "How many characters of the checksum a URL carries. None: all of it.",
        generated=True,
    ),
    ConfigKey(
        "CDN_KEEP_NAMES",
        [],
        "Globs of files that keep their names although ``CDN_FINGERPRINT`` is ``path``, such as ``sw.js``; their "
        "URLs get ``?c=<checksum>`` instead. ``*`` stays within a segment, ``**`` crosses segments, and a glob "
        "without ``/`` is compared with the file name.",
        generated=True,
    ),
    ConfigKey(
        "CDN_LOCAL_NAMES",
        [],
        "Globs of files that browsers take from the page's own origin only, such as service workers: their URLs stay "
        "Flask's own, also under ``CDN_STRICT``. ``url_for(..., _cdn=False)`` says so for one call.",
        generated=True,
    ),
    ConfigKey(
        "CDN_ENDPOINTS",
        ["static"],
        "Endpoints that are served by the CDN: each name, and the endpoint of that name in every blueprint.",
        generated=True,
    ),
    ConfigKey(
        "CDN_OVERRIDE_FLASK_URL_FOR",
        False,
        "``flask.url_for`` in Python code gives the CDN's URLs too, as Flask-Admin and Bootstrap-Flask need. "
        "Read in ``init_app``; True in the generated file.",
        generated=True,
    ),
    ConfigKey(
        "CDN_EXTRA_URLS",
        [],
        "URL paths, such as ``/themes``, below which the CDN has files that views of the app serve. The URLs of files "
        "in the manifest become the CDN's where ``CDN_ENDPOINTS`` names the endpoint in full, and where its rule alone "
        "is such a path and a ``<path:...>``. The generated file has it where ``assets.extra`` is set.",
    ),
    ConfigKey("CDN_DEBUG", None, "True: local URLs. None: as ``app.debug`` says at each call."),
    ConfigKey("CDN_VERSION", None, "Adds ``v=<value>``."),
    ConfigKey(
        "CDN_STRICT",
        False,
        "True: a missing asset or manifest raises an error. False: its URL is Flask's own, and one line is logged.",
    ),
    ConfigKey("CDN_MANIFEST_TIMEOUT", 3, "Seconds that fetching a manifest over http may take."),
    ConfigKey(
        "CDN_MANIFEST_REFRESH",
        None,
        "Seconds after which the manifest is looked at again, in the background and with a conditional request; no "
        "page waits for it. None: once, until ``CDN.reload(app)``.",
    ),
    ConfigKey("CDN_MANIFEST_MAX_BYTES", 64 * 1024 * 1024, "Size in bytes over which a manifest is not read."),
)
