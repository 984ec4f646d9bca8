"""Every setting of the peers and of ``flask_cdn_stack``: what reads it, and what it means here.

The table is used by ``config --explain`` and by the documentation for users of the peers.
"""

from __future__ import annotations

from typing import NamedTuple

from ..config_keys import CONFIG_KEYS
from .s3_settings import LAST_OLD_NAMES, NEW_PREFIX, OLD_NAMES, PASSED_OVER

#: What reads the settings, by the name in :attr:`PeerSetting.readers`.
READERS = {
    "cdn": "flask_cdn_stack.CDN",
    "flask_cdn": "flask_cdn_stack.compat.flask_cdn.CDN",
    "flask_s3": "flask_cdn_stack.compat.flask_s3.FlaskS3",
    "create_all": "flask_cdn_stack.compat.flask_s3.create_all",
    "flask_assets": "Flask-Assets",
}


class PeerSetting(NamedTuple):
    """A setting: the ``peers`` that have it, what reads it here (without ``readers`` it has no effect), its meaning."""

    name: str
    peers: tuple[str, ...]
    readers: tuple[str, ...]
    meaning: str


NG_PEER, CDN_PEER, S3_PEER = "Flask-CDN-NG", "Flask-CDN", "Flask-S3"
GZIP_PEER, BUSTING_PEER = "Flask-S3-gzip", "Flask-S3 with S3_CACHE_BUSTING"
VERSION_PEER, FORCE_PEER = "Flask-CDN with CDN_VERSION", "Flask-CDN with _force_no_cdn"
#: Flask-S3 before the names of its settings began with FLASKS3_.
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


# Old names that only some of S3_PEERS have.
_FORKS = {
    "S3_PREFIX": (GZIP_PEER,),
    "S3_ONLY_MODIFIED": (LAST_OLD_PEER, BUSTING_PEER),
    "S3_USE_HTTPS": (GZIP_PEER, BUSTING_PEER),
}

#: Every setting, in the order in which it is documented.
PEER_SETTINGS: tuple[PeerSetting, ...] = (
    *(PeerSetting(key.name, _CDN_PEERS.get(key.name, ()), _readers(key.name), key.meaning) for key in CONFIG_KEYS),
    *_s3("BUCKET_NAME", _BOTH, "The bucket. Its name keeps its case."),
    *_s3("BUCKET_DOMAIN", _URLS, "Host of S3, ``s3.amazonaws.com`` by default."),
    *_s3("CDN_DOMAIN", _URLS, "Host of a CDN in front of the bucket; URLs then need no bucket name."),
    *_s3("URL_STYLE", _URLS, "``host``: the bucket's name is part of the host. ``path``: it begins the path."),
    *_s3("USE_HTTPS", _URLS, "Whether URLs begin with https or http. The request's scheme is not used."),
    PeerSetting("FLASKS3_USE_HTTP", (S3_PEER,), (), "No release of Flask-S3 reads it; it reads ``FLASKS3_USE_HTTPS``."),
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
    *_s3("PREFIX", _BOTH, "Folder in the bucket and in URLs; upper and lower case are kept."),
    *_s3("REGION", _UPLOAD, "Region of the bucket if ``location`` is not given."),
    *_s3("ENDPOINT_URL", _UPLOAD, "URL of another S3 server than Amazon's."),
    *_s3("HEADERS", _UPLOAD, "Headers of every object; those that S3 does not know become metadata."),
    *_s3("FILEPATH_HEADERS", _UPLOAD, "Headers by a regular expression searched in the file's absolute path."),
    *_s3("USE_CACHE_CONTROL", _UPLOAD, "True: objects get the Cache-Control of ``FLASKS3_CACHE_CONTROL``."),
    *_s3("CACHE_CONTROL", _UPLOAD, "The Cache-Control of objects, which ``FLASKS3_HEADERS`` can set, too."),
    *_s3("ONLY_MODIFIED", _UPLOAD, "True: only files that differ from ``.file-hashes`` in the bucket are uploaded."),
    *_s3("GZIP", _UPLOAD, "True: compresses files if that saves at least 5 % and they are not compressed yet."),
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
    PeerSetting("S3_GZIP_CONTENT_TYPES", (GZIP_PEER,), _BOTH, "Content types that get a twin, named ``.gz``."),
    PeerSetting(
        "S3_UPLOAD_COCURRENCY",
        (GZIP_PEER,),
        (),
        "Uploads always run in parallel, as many as the limit of bytes in flight allows.",
    ),
    PeerSetting("AWS_ACCESS_KEY_ID", S3_PEERS, _UPLOAD, "Id of an access key; without it, boto3's own credentials."),
    PeerSetting("AWS_SECRET_ACCESS_KEY", S3_PEERS, _UPLOAD, "Secret of that access key; never shown."),
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
