"""Every setting of the peers and of ``flask_cdn_stack``, who reads it, and what it means here.

One table for ``config --explain`` and for the pages of the documentation that movers read.
"""

from __future__ import annotations

from typing import NamedTuple

from ..config_keys import CONFIG_KEYS
from .s3_settings import LAST_OLD_NAMES, NEW_PREFIX, OLD_NAMES, PASSED_OVER

#: What an app may import, by the name that :attr:`PeerSetting.readers` uses.
READERS = {
    "cdn": "flask_cdn_stack.CDN",
    "flask_cdn": "flask_cdn_stack.compat.flask_cdn.CDN",
    "flask_s3": "flask_cdn_stack.compat.flask_s3.FlaskS3",
    "create_all": "flask_cdn_stack.compat.flask_s3.create_all",
    "flask_assets": "Flask-Assets",
}


class PeerSetting(NamedTuple):
    """A setting: ``peers`` that have it, ``readers`` here (none: it has no effect), and its meaning here."""

    name: str
    peers: tuple[str, ...]
    readers: tuple[str, ...]
    meaning: str


NG_PEER, CDN_PEER, S3_PEER = "Flask-CDN-NG", "Flask-CDN", "Flask-S3"
GZIP_PEER, BUSTING_PEER = "Flask-S3-gzip", "Flask-S3 with S3_CACHE_BUSTING"
VERSION_PEER, FORCE_PEER = "Flask-CDN with CDN_VERSION", "Flask-CDN with _force_no_cdn"
#: Flask-S3 as it was before its names began with FLASKS3_.
LAST_OLD_PEER = "Flask-S3 up to 0.2.6"
S3_PEERS = (S3_PEER, LAST_OLD_PEER, GZIP_PEER, BUSTING_PEER)

_CDN_PEERS = {
    "CDN_DEBUG": (NG_PEER, CDN_PEER),
    "CDN_DOMAIN": (NG_PEER, CDN_PEER),
    "CDN_HTTPS": (NG_PEER, CDN_PEER),
    "CDN_TIMESTAMP": (NG_PEER, CDN_PEER),
    "CDN_ENDPOINTS": (CDN_PEER,),
    "CDN_MANIFEST": (NG_PEER,),
    "CDN_MANIFEST_URL": (NG_PEER,),
    "CDN_VERSION": (VERSION_PEER,),
}
_URLS, _UPLOAD, _BOTH = ("flask_s3",), ("create_all",), ("flask_s3", "create_all")


def _s3(name: str, readers: tuple[str, ...], meaning: str) -> tuple[PeerSetting, ...]:
    new, old = PeerSetting(NEW_PREFIX + name, (S3_PEER,), readers, meaning), OLD_NAMES.get(name)
    if old is None:
        return (new,)
    peers = (LAST_OLD_PEER,) if old in LAST_OLD_NAMES else _FORKS.get(old, S3_PEERS[1:])
    other = f"any ``{NEW_PREFIX}*``" if old in PASSED_OVER else f"``{new.name}``"
    beside = f"Without effect where {other} is set. " if readers else ""
    return (new, PeerSetting(old, peers, readers, f"As ``{new.name}``. {beside}{meaning}"))


def _readers(key: str) -> tuple[str, ...]:
    return ("cdn", "flask_cdn", "flask_s3") if key == "CDN_OVERRIDE_FLASK_URL_FOR" else ("cdn", "flask_cdn")


# Old names that not all have.
_FORKS = {
    "S3_PREFIX": (GZIP_PEER,),
    "S3_ONLY_MODIFIED": (LAST_OLD_PEER, BUSTING_PEER),
    "S3_USE_HTTPS": (GZIP_PEER, BUSTING_PEER),
}

#: Every setting, in the order in which it is documented.
PEER_SETTINGS: tuple[PeerSetting, ...] = (
    *(PeerSetting(key.name, _CDN_PEERS.get(key.name, ()), _readers(key.name), key.meaning) for key in CONFIG_KEYS),
    *_s3("BUCKET_NAME", _BOTH, "The bucket. Its name keeps its case."),
    *_s3("BUCKET_DOMAIN", _URLS, "Host of S3, ``s3.amazonaws.com`` where it is not set."),
    *_s3("CDN_DOMAIN", _URLS, "Host of a CDN in front of the bucket; URLs then need no bucket name."),
    *_s3("URL_STYLE", _URLS, "``host``: the bucket's name is part of the host. ``path``: it begins the path."),
    *_s3("USE_HTTPS", _URLS, "Whether URLs begin with https or http. The request's scheme is not used."),
    PeerSetting("FLASKS3_USE_HTTP", (S3_PEER,), (), "No release ever read it: ``FLASKS3_USE_HTTPS`` is the one."),
    PeerSetting("S3_USE_HTTP", (LAST_OLD_PEER,), _URLS, "True: http, False: https. ``S3_USE_HTTPS`` comes first."),
    PeerSetting(
        "S3_URL_SCHEME",
        (GZIP_PEER,),
        _URLS,
        "``http`` or ``https``, before ``S3_USE_HTTPS``. Not set: URLs begin with ``//``, unless another setting shows "
        "that the app comes from Flask-S3 itself.",
    ),
    *_s3("ACTIVE", _URLS, "False: every URL is the app's own."),
    *_s3("DEBUG", _URLS, "True: URLs are S3's although ``app.debug`` is on, which is checked at each call."),
    *_s3("OVERRIDE_TESTING", _URLS, "False: every URL is the app's own while ``TESTING`` is on."),
    *_s3("PREFIX", _BOTH, "Folder in the bucket and in URLs, in the case it is written in."),
    *_s3("REGION", _UPLOAD, "Region of the bucket, where ``location`` is not given."),
    *_s3("ENDPOINT_URL", _UPLOAD, "Another S3 than Amazon's."),
    *_s3("HEADERS", _UPLOAD, "Headers of every object; what S3 has no header for becomes metadata."),
    *_s3("FILEPATH_HEADERS", _UPLOAD, "Headers by a regular expression searched in the file's absolute path."),
    *_s3("USE_CACHE_CONTROL", _UPLOAD, "Together with the next one: adds Cache-Control."),
    *_s3("CACHE_CONTROL", _UPLOAD, "The Cache-Control to add. The headers setting does it too."),
    *_s3("ONLY_MODIFIED", _UPLOAD, "Uploads what ``.file-hashes`` in the bucket says has changed."),
    *_s3("GZIP", _UPLOAD, "Compresses files where that saves at least 5 %, never twice."),
    *_s3("GZIP_ONLY_EXTS", _UPLOAD, "Extensions to compress, in any case, with or without the dot."),
    *_s3("FORCE_MIMETYPE", (), "The content type is always set, from a table that is the same on every machine."),
    PeerSetting(
        "S3_CACHE_BUSTING",
        (BUSTING_PEER,),
        _URLS,
        "Appends ``?`` and six hexadecimal digits of the file's SHA-1 to its URL.",
    ),
    PeerSetting(
        "USE_GZIP", (GZIP_PEER,), _BOTH, "Uploads a compressed twin of style sheets and scripts and links to it."
    ),
    PeerSetting("S3_GZIP_CONTENT_TYPES", (GZIP_PEER,), _BOTH, "Content types that get such a twin, named ``.gz``."),
    PeerSetting(
        "S3_UPLOAD_COCURRENCY", (GZIP_PEER,), (), "Uploads always run at once, as many as the bytes in flight allow."
    ),
    PeerSetting("AWS_ACCESS_KEY_ID", S3_PEERS, _UPLOAD, "Used where it is set, else boto3's own chain."),
    PeerSetting("AWS_SECRET_ACCESS_KEY", S3_PEERS, _UPLOAD, "Goes with the key above; never shown."),
    PeerSetting(
        "FLASK_ASSETS_USE_CDN",
        (),
        ("flask_assets",),
        "Flask-Assets builds the URLs of bundles with the package that it imports as flask_cdn.",
    ),
    PeerSetting(
        "FLASK_ASSETS_USE_S3",
        (),
        ("flask_assets",),
        "Flask-Assets builds the URLs of bundles with the package that it imports as flask_s3.",
    ),
)
