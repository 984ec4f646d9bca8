"""Every setting of the peers and of ``flask_cdn_stack``, who reads it, and what it means here.

One table for ``config --explain`` and for the pages of the documentation that movers read.
"""

from __future__ import annotations

from typing import NamedTuple

from ..config_keys import CONFIG_KEYS

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


_NG, _CDN, _S3 = "Flask-CDN-NG", "Flask-CDN", "Flask-S3"
_GZIP, _BUSTING, _VERSION = "Flask-S3-gzip", "Flask-S3 with S3_CACHE_BUSTING", "Flask-CDN with CDN_VERSION"
_CDN_PEERS = {
    "CDN_DEBUG": (_NG, _CDN),
    "CDN_DOMAIN": (_NG, _CDN),
    "CDN_HTTPS": (_NG, _CDN),
    "CDN_TIMESTAMP": (_NG, _CDN),
    "CDN_ENDPOINTS": (_CDN,),
    "CDN_MANIFEST": (_NG,),
    "CDN_MANIFEST_URL": (_NG,),
    "CDN_VERSION": (_VERSION,),
}
_URLS, _UPLOAD, _BOTH = ("flask_s3",), ("create_all",), ("flask_s3", "create_all")


def _s3(name: str, old: str | None, readers: tuple[str, ...], meaning: str) -> tuple[PeerSetting, ...]:
    new = PeerSetting(f"FLASKS3_{name}", (_S3,), readers, meaning)
    if old is None:
        return (new,)
    peers = _FORKS.get(old, (_GZIP, _BUSTING))
    same = f"As ``FLASKS3_{name}``, which wins where both are set. "
    return (new, PeerSetting(old, peers, readers, same + meaning))


def _readers(key: str) -> tuple[str, ...]:
    return ("cdn", "flask_cdn", "flask_s3") if key == "CDN_OVERRIDE_FLASK_URL_FOR" else ("cdn", "flask_cdn")


# Old names that only one of the two forks has.
_FORKS = {"S3_PREFIX": (_GZIP,), "S3_ONLY_MODIFIED": (_BUSTING,)}

#: Every setting, in the order in which it is documented.
PEER_SETTINGS: tuple[PeerSetting, ...] = (
    *(PeerSetting(key.name, _CDN_PEERS.get(key.name, ()), _readers(key.name), key.meaning) for key in CONFIG_KEYS),
    *_s3("BUCKET_NAME", "S3_BUCKET_NAME", _BOTH, "The bucket. Its name keeps its case."),
    *_s3("BUCKET_DOMAIN", "S3_BUCKET_DOMAIN", _URLS, "Host of S3, ``s3.amazonaws.com`` where it is not set."),
    *_s3("CDN_DOMAIN", "S3_CDN_DOMAIN", _URLS, "Host of a CDN in front of the bucket; URLs then need no bucket name."),
    *_s3("URL_STYLE", None, _URLS, "``host``: the bucket's name is part of the host. ``path``: it begins the path."),
    *_s3(
        "USE_HTTPS", "S3_USE_HTTPS", _URLS, "Whether URLs begin with https or http. The request's scheme is not used."
    ),
    PeerSetting(
        "S3_URL_SCHEME",
        (_GZIP,),
        _URLS,
        "``http`` or ``https``, before ``S3_USE_HTTPS``. Not set: URLs begin with ``//``, unless another setting shows "
        "that the app comes from Flask-S3 itself.",
    ),
    *_s3("ACTIVE", "USE_S3", _URLS, "False: every URL is the app's own."),
    *_s3("DEBUG", "USE_S3_DEBUG", _URLS, "True: URLs are S3's although ``app.debug`` is on, which is seen per call."),
    *_s3("OVERRIDE_TESTING", None, _URLS, "False: every URL is the app's own while ``TESTING`` is on."),
    *_s3("PREFIX", "S3_PREFIX", _BOTH, "Folder in the bucket and in URLs, in the case it is written in."),
    *_s3("REGION", None, _UPLOAD, "Region of the bucket, where ``location`` is not given."),
    *_s3("ENDPOINT_URL", None, _UPLOAD, "Another S3 than Amazon's."),
    *_s3("HEADERS", "S3_HEADERS", _UPLOAD, "Headers of every object; what S3 has no header for becomes metadata."),
    *_s3("FILEPATH_HEADERS", None, _UPLOAD, "Headers by a regular expression searched in the file's absolute path."),
    *_s3("USE_CACHE_CONTROL", "S3_USE_CACHE_CONTROL", _UPLOAD, "Together with the next one: adds Cache-Control."),
    *_s3("CACHE_CONTROL", "S3_CACHE_CONTROL", _UPLOAD, "The Cache-Control to add. The headers setting does it too."),
    *_s3("ONLY_MODIFIED", "S3_ONLY_MODIFIED", _UPLOAD, "Uploads what ``.file-hashes`` in the bucket says has changed."),
    *_s3("GZIP", None, _UPLOAD, "Compresses files where that saves at least 5 %, never twice."),
    *_s3("GZIP_ONLY_EXTS", None, _UPLOAD, "Extensions to compress, in any case, with or without the dot."),
    *_s3("FORCE_MIMETYPE", None, (), "The content type is always set, from a table that is the same on every machine."),
    PeerSetting(
        "S3_CACHE_BUSTING",
        (_BUSTING,),
        _URLS,
        "Appends ``?`` and six hexadecimal digits of the file's SHA-1 to its URL.",
    ),
    PeerSetting("USE_GZIP", (_GZIP,), _BOTH, "Uploads a compressed twin of style sheets and scripts and links to it."),
    PeerSetting("S3_GZIP_CONTENT_TYPES", (_GZIP,), _BOTH, "Content types that get such a twin, named ``.gz``."),
    PeerSetting(
        "S3_UPLOAD_COCURRENCY", (_GZIP,), (), "Uploads always run at once, as many as the bytes in flight allow."
    ),
    PeerSetting("AWS_ACCESS_KEY_ID", (_S3, _GZIP, _BUSTING), _UPLOAD, "Used where it is set, else boto3's own chain."),
    PeerSetting("AWS_SECRET_ACCESS_KEY", (_S3, _GZIP, _BUSTING), _UPLOAD, "Goes with the key above; never shown."),
    PeerSetting(
        "FLASK_ASSETS_USE_CDN", (), ("flask_assets",), "Bundles' URLs are built by what it finds as flask_cdn."
    ),
    PeerSetting("FLASK_ASSETS_USE_S3", (), ("flask_assets",), "Bundles' URLs are built by what it finds as flask_s3."),
)
