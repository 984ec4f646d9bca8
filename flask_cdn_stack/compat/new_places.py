"""Says which key of ``flask-cdn-stack.yml`` replaces each setting and argument of the peers, or why none does."""

from __future__ import annotations

from typing import NamedTuple

from .peer_settings import CDN_PEER, FORCE_PEER, GZIP_PEER, NG_PEER, S3_PEER, S3_PEERS
from .s3_settings import NEW_PREFIX, OLD_NAMES


class NewPlace(NamedTuple):
    """A key of the settings file, with a note; ``key`` is empty if no key replaces the setting."""

    key: str
    note: str


class PeerArgument(NamedTuple):
    """An argument of a peer's function: as it is written, the peers that have it, its meaning and what replaces it."""

    name: str
    peers: tuple[str, ...]
    meaning: str
    place: NewPlace


_APP = NewPlace("app", "The app's import path, as for ``flask --app``.")
_ALIAS = NewPlace(
    "delivery.aliases",
    "A host name of your own, with its certificate. Without one, the CDN's own name is used; ``provision`` writes it "
    "into ``cdn_config.py``. To keep an existing CDN as it is: ``target.domain``.",
)
_PROTOCOL = NewPlace("delivery.viewer_protocol", "``allow-all`` for http; by default http is redirected to https.")
_BUCKET = NewPlace(
    "bucket.existing",
    "Without it, ``provision`` creates a new, private bucket. In the old one, ``deploy --take-over`` overwrites what "
    "was uploaded before.",
)
_BUCKET_REGION = NewPlace("bucket.region", "The existing bucket's region; ``region`` is the stack's.")
_HEADERS = NewPlace("assets.headers", "As a rule for ``**``; names that S3 does not know get ``x-amz-meta-`` in front.")
_KEYS = NewPlace(
    "", "Use ``--profile``, the ``AWS_*`` variables or boto3's other sources; a file is no place for secrets."
)
_AS_BEFORE = NewPlace("", "It stays in the app's code, and works there as before.")
_IN_CONFIG = NewPlace("", "It stays in ``app.config``, where ``CDN`` reads it as before.")

_NEW_NAMES = {
    "BUCKET_NAME": _BUCKET,
    "BUCKET_DOMAIN": NewPlace("", "Browsers fetch from CloudFront, not from the bucket."),
    "CDN_DOMAIN": _ALIAS,
    "URL_STYLE": NewPlace("", "URLs name the CDN, not the bucket."),
    "USE_HTTPS": _PROTOCOL,
    "USE_HTTP": NewPlace("", "No release of Flask-S3 reads it; it reads ``FLASKS3_USE_HTTPS``."),
    "ACTIVE": NewPlace("", "URLs are the app's own while ``cdn_config.py`` is not loaded or ``CDN_DOMAIN`` is None."),
    "DEBUG": NewPlace("", "``CDN_DEBUG = False`` in ``app.config`` gives the CDN's URLs while debugging."),
    "OVERRIDE_TESTING": NewPlace("", "``CDN_DEBUG = True`` in the config of the tests gives the app's own URLs."),
    "PREFIX": NewPlace("assets.prefix", "In the bucket; URLs do not show it."),
    "REGION": _BUCKET_REGION,
    "ENDPOINT_URL": NewPlace("", "The option ``--endpoint-url`` or ``AWS_ENDPOINT_URL``."),
    "HEADERS": _HEADERS,
    "FILEPATH_HEADERS": NewPlace(
        "assets.headers", "Globs over the URL path, such as ``*.css``, in place of regular expressions."
    ),
    "USE_CACHE_CONTROL": NewPlace("assets.headers", "If it is on, the headers get the ``Cache-Control`` setting, too."),
    "CACHE_CONTROL": NewPlace("assets.headers", "As ``Cache-Control``; better left out, see ``assets.cache_control``."),
    "ONLY_MODIFIED": NewPlace("", "``deploy`` always sends only what has changed."),
    "GZIP": NewPlace("assets.gzip", "CloudFront compresses without it."),
    "GZIP_ONLY_EXTS": NewPlace("", "Text is compressed, whatever its extension, if that saves 5 % or more."),
    "FORCE_MIMETYPE": NewPlace("", "Content types are always set; ``assets.media_types`` adds your own."),
}

#: What replaces each setting of the peers, by its name.
NEW_PLACES: dict[str, NewPlace] = {
    "CDN_DOMAIN": _ALIAS,
    "CDN_HTTPS": _PROTOCOL,
    "CDN_TIMESTAMP": NewPlace("", "Files get checksums in place of time stamps."),
    "CDN_MANIFEST": NewPlace("", "``deploy`` always writes a manifest."),
    "CDN_MANIFEST_URL": NewPlace("manifest_file", "The manifest's path from the settings file's folder."),
    "CDN_ENDPOINTS": NewPlace(
        "assets.extra", "Folder and URL path of each; the app's static files are published anyway."
    ),
    "CDN_DEBUG": _IN_CONFIG,
    "CDN_VERSION": _IN_CONFIG,
    **{NEW_PREFIX + name: place for name, place in _NEW_NAMES.items()},
    **{OLD_NAMES[name]: place for name, place in _NEW_NAMES.items() if name in OLD_NAMES},
    "S3_USE_HTTP": _PROTOCOL,
    "S3_URL_SCHEME": _PROTOCOL,
    "S3_CACHE_BUSTING": NewPlace("assets.fingerprint", "``query``, which is the default."),
    "USE_GZIP": NewPlace("delivery.compress", "On by default: CloudFront compresses, and no ``.gz`` twins are needed."),
    "S3_GZIP_CONTENT_TYPES": NewPlace("", "CloudFront has its own list of the types that it compresses."),
    "S3_UPLOAD_COCURRENCY": NewPlace("", "Files are sent in parallel, as many as the limit of bytes in flight allows."),
    "AWS_ACCESS_KEY_ID": _KEYS,
    "AWS_SECRET_ACCESS_KEY": _KEYS,
}

#: Every argument of the peers' functions that the code of an app may contain.
PEER_ARGUMENTS: tuple[PeerArgument, ...] = (
    PeerArgument("CDN(app)", (NG_PEER, CDN_PEER), "The app, or None for ``init_app``.", _APP),
    PeerArgument("FlaskS3(app)", S3_PEERS, "The app, or None for ``init_app``.", _APP),
    PeerArgument("url_for(_scheme)", (CDN_PEER, S3_PEER), "The scheme of this one URL.", _AS_BEFORE),
    PeerArgument("url_for(_force_no_cdn)", (FORCE_PEER,), "True: this one URL is the app's own.", _AS_BEFORE),
    PeerArgument("create_all(app)", S3_PEERS, "The app whose files are uploaded.", _APP),
    PeerArgument("create_all(user)", S3_PEERS, "The access key's id, in place of the config's.", _KEYS),
    PeerArgument("create_all(password)", S3_PEERS, "The access key's secret, in place of the config's.", _KEYS),
    PeerArgument("create_all(bucket_name)", S3_PEERS, "The bucket, in place of the config's.", _BUCKET),
    PeerArgument("create_all(location)", S3_PEERS, "The region, in place of the config's.", _BUCKET_REGION),
    PeerArgument(
        "create_all(include_hidden)",
        S3_PEERS,
        "Also uploads files with a path segment that begins with a dot.",
        NewPlace("assets.hidden", ""),
    ),
    PeerArgument(
        "create_all(filepath_filter_regex)",
        (S3_PEER,),
        "Uploads only files whose path within the static folder contains a match.",
        NewPlace("assets.include", "Globs over the URL path; ``assets.exclude`` names what to leave out."),
    ),
    PeerArgument(
        "create_all(put_bucket_acl)",
        (S3_PEER,),
        "True: bucket and objects get public ACLs. False: they get none, and a warning is logged.",
        NewPlace("", "Only CloudFront reads the bucket."),
    ),
    PeerArgument(
        "create_all(force_refresh)",
        (GZIP_PEER,),
        "Also uploads files that have not changed.",
        NewPlace("", "``deploy`` notices changed headers by itself, and ``--rehash`` reads every file again."),
    ),
)
