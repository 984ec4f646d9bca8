"""Where in ``flask-cdn-stack.yml`` the peers' settings and arguments have their place, or why they have none."""

from __future__ import annotations

from typing import NamedTuple

from .peer_settings import CDN_PEER, FORCE_PEER, GZIP_PEER, NG_PEER, S3_PEER, S3_PEERS
from .s3_settings import NEW_PREFIX, OLD_NAMES


class NewPlace(NamedTuple):
    """A key of the settings file, with what there is to know about it; an empty ``key`` is one that is gone."""

    key: str
    note: str


class PeerArgument(NamedTuple):
    """An argument of a peer's function: how it is written, the peers that have it, and its meaning here."""

    name: str
    peers: tuple[str, ...]
    meaning: str
    place: NewPlace


_APP = NewPlace("app", "The app's import path, as for ``flask --app``.")
_ALIAS = NewPlace(
    "delivery.aliases",
    "A host name of your own, with its certificate. Without one the CDN's own name is used; ``provision`` writes it "
    "into ``cdn_config.py``. For a CDN that is to stay as it is: ``target.domain``.",
)
_PROTOCOL = NewPlace("delivery.viewer_protocol", "http is ``allow-all``; else http is redirected to https.")
_BUCKET = NewPlace(
    "bucket.existing",
    "Left out, ``provision`` makes a new bucket, and keeps it private. In the old one ``deploy --take-over`` writes "
    "over what the peer uploaded.",
)
_BUCKET_REGION = NewPlace("bucket.region", "The existing bucket's; that of the stack is ``region``.")
_HEADERS = NewPlace("assets.headers", "As a rule for ``**``; other names than S3's get ``x-amz-meta-`` in front.")
_KEYS = NewPlace("", "``--profile``, the ``AWS_*`` variables or boto3's other ways; a secret has no place in a file.")
_AS_BEFORE = NewPlace("", "It is for the app's code, and works there as before.")
_IN_CONFIG = NewPlace("", "It stays in ``app.config``, where ``CDN`` reads it as before.")

_NEW_NAMES = {
    "BUCKET_NAME": _BUCKET,
    "BUCKET_DOMAIN": NewPlace("", "Readers ask CloudFront, not the bucket."),
    "CDN_DOMAIN": _ALIAS,
    "URL_STYLE": NewPlace("", "URLs name the CDN, not the bucket."),
    "USE_HTTPS": _PROTOCOL,
    "USE_HTTP": NewPlace("", "No release ever read it; ``FLASKS3_USE_HTTPS`` is the one that counted."),
    "ACTIVE": NewPlace("", "URLs are the app's own where ``cdn_config.py`` is not loaded or ``CDN_DOMAIN`` is None."),
    "DEBUG": NewPlace("", "``CDN_DEBUG = False`` in ``app.config`` gives the CDN's URLs while debugging."),
    "OVERRIDE_TESTING": NewPlace("", "``CDN_DEBUG = True`` in the config of the tests gives the app's own URLs."),
    "PREFIX": NewPlace("assets.prefix", "In the bucket; URLs do not show it."),
    "REGION": _BUCKET_REGION,
    "ENDPOINT_URL": NewPlace("", "The option ``--endpoint-url`` or ``AWS_ENDPOINT_URL``."),
    "HEADERS": _HEADERS,
    "FILEPATH_HEADERS": NewPlace(
        "assets.headers", "Globs over the URL path, such as ``*.css``, in place of regular expressions."
    ),
    "USE_CACHE_CONTROL": NewPlace("assets.headers", "Together with the next one."),
    "CACHE_CONTROL": NewPlace("assets.headers", "As ``Cache-Control``; better left out, see ``assets.cache_control``."),
    "ONLY_MODIFIED": NewPlace("", "``deploy`` sends what has changed, always."),
    "GZIP": NewPlace("assets.gzip", "CloudFront compresses without it."),
    "GZIP_ONLY_EXTS": NewPlace("", "Text is compressed, whatever its extension, where that saves 5 % or more."),
    "FORCE_MIMETYPE": NewPlace("", "Content types are always set; ``assets.media_types`` has your own."),
}

#: By the setting's name, for every setting of a peer.
NEW_PLACES: dict[str, NewPlace] = {
    "CDN_DOMAIN": _ALIAS,
    "CDN_HTTPS": _PROTOCOL,
    "CDN_TIMESTAMP": NewPlace("", "Files get checksums in place of time stamps."),
    "CDN_MANIFEST": NewPlace("", "There always is one; ``deploy`` writes it."),
    "CDN_MANIFEST_URL": NewPlace("manifest_file", "Its name beside the settings; ``cdn_config.py`` finds it."),
    "CDN_ENDPOINTS": NewPlace("assets.extra", "Folder and path of each; the app's static files are published anyway."),
    "CDN_DEBUG": _IN_CONFIG,
    "CDN_VERSION": _IN_CONFIG,
    **{NEW_PREFIX + name: place for name, place in _NEW_NAMES.items()},
    **{OLD_NAMES[name]: place for name, place in _NEW_NAMES.items() if name in OLD_NAMES},
    "S3_USE_HTTP": _PROTOCOL,
    "S3_URL_SCHEME": _PROTOCOL,
    "S3_CACHE_BUSTING": NewPlace("assets.fingerprint", "``query``, which is what it is without."),
    "USE_GZIP": NewPlace("delivery.compress", "On without it: CloudFront compresses, and no ``.gz`` twins are needed."),
    "S3_GZIP_CONTENT_TYPES": NewPlace("", "CloudFront has its own list of what it compresses."),
    "S3_UPLOAD_COCURRENCY": NewPlace("", "As many are sent at once as the bytes in flight allow."),
    "AWS_ACCESS_KEY_ID": _KEYS,
    "AWS_SECRET_ACCESS_KEY": _KEYS,
}

#: Every argument of the peers' functions that a mover may have written.
PEER_ARGUMENTS: tuple[PeerArgument, ...] = (
    PeerArgument("CDN(app)", (NG_PEER, CDN_PEER), "The app, or None for ``init_app``.", _APP),
    PeerArgument("FlaskS3(app)", S3_PEERS, "The app, or None for ``init_app``.", _APP),
    PeerArgument("url_for(_scheme)", (CDN_PEER, S3_PEER), "The scheme of this one URL.", _AS_BEFORE),
    PeerArgument("url_for(_force_no_cdn)", (FORCE_PEER,), "True: this one URL is the app's own.", _AS_BEFORE),
    PeerArgument("create_all(app)", S3_PEERS, "The app whose files are uploaded.", _APP),
    PeerArgument("create_all(user)", S3_PEERS, "The access key's id, before that of the config.", _KEYS),
    PeerArgument("create_all(password)", S3_PEERS, "The access key's secret, before that of the config.", _KEYS),
    PeerArgument("create_all(bucket_name)", S3_PEERS, "The bucket, before that of the config.", _BUCKET),
    PeerArgument("create_all(location)", S3_PEERS, "The region, before that of the config.", _BUCKET_REGION),
    PeerArgument(
        "create_all(include_hidden)",
        S3_PEERS,
        "Uploads paths with a segment that begins with a dot.",
        NewPlace("assets.hidden", ""),
    ),
    PeerArgument(
        "create_all(filepath_filter_regex)",
        (S3_PEER,),
        "Uploads what it is found in.",
        NewPlace("assets.include", "Globs over the URL path; ``assets.exclude`` has what to leave out."),
    ),
    PeerArgument(
        "create_all(put_bucket_acl)",
        (S3_PEER,),
        "True: bucket and objects are public. False: nothing is, and the log says so.",
        NewPlace("", "CloudFront alone reads the bucket."),
    ),
    PeerArgument(
        "create_all(force_refresh)",
        (GZIP_PEER,),
        "Uploads what has not changed, too.",
        NewPlace("", "``deploy`` sees a change of headers by itself, and ``--rehash`` reads every file again."),
    ),
)
