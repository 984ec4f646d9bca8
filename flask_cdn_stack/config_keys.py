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


#: Every key that the extension reads. The generated file contains those with ``generated`` set, in this order.
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
        "Adds ``t=<mtime>`` of the endpoint's own file. Off by default if ``CDN_MANIFEST`` is on; if both are set, "
        "``t`` is used, as in Flask-CDN-NG.",
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
        "How many characters of the checksum a URL contains. None: all of it.",
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
        "Globs of files that browsers accept only from the page's own origin, such as service workers: their URLs stay "
        "Flask's own, even with ``CDN_STRICT``. ``url_for(..., _cdn=False)`` does the same for one call.",
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
        "``flask.url_for`` in Python code returns the CDN's URLs too, as Flask-Admin and Bootstrap-Flask need. "
        "Read in ``init_app``; True in the generated file.",
        generated=True,
    ),
    ConfigKey(
        "CDN_EXTRA_URLS",
        [],
        "URL paths, such as ``/themes``, below which views of the app serve files that are published too. Files in the "
        "manifest get the CDN's URLs if ``CDN_ENDPOINTS`` names the view's endpoint in full, or if it is the only one "
        "whose rule is such a path and a ``<path:...>``. In the generated file if ``assets.extra`` is set.",
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
        "Seconds after which the manifest is read again, in the background and with a conditional request; no page "
        "waits for it. None: it is read once, until ``CDN.reload(app)``.",
    ),
    ConfigKey("CDN_MANIFEST_MAX_BYTES", 64 * 1024 * 1024, "Largest manifest that is read, in bytes."),
)
