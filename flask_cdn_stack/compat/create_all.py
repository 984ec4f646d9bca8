"""Flask-S3's ``create_all``, which uploads an app's static files, with this package's collector and uploader."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from ..assets.collect import Asset, Selection, collect_assets
from ..assets.secrets import looks_secret
from ..aws.buckets import PUBLIC_READ, prepare_bucket
from ..aws.failures import DENIED_CODES
from ..aws.session import DEFAULT_REGION, open_connection
from ..aws.storage import Bucket, open_bucket
from ..aws.transport import check_tls
from ..aws.uploads import Sending, Upload, Uploaded
from ..errors import (
    BAD_NAME,
    UNREADABLE,
    AssetError,
    AssetReadError,
    AWSError,
    CDNStackError,
    CredentialsError,
    PartialDeployError,
    SettingsError,
    UnreachableError,
)
from ..extension.config import is_unset, refuse
from ..quantities import count
from ..release.failures import list_lines
from .file_hashes import HASHES_KEY, forget_hashes, hash_source, read_hashes, record_hashes
from .s3_settings import BUCKET_NAME, find_key
from .static_objects import StaticObject, UploadBuilder, name_objects
from .upload_settings import read_app_settings

if TYPE_CHECKING:
    from flask import Flask

_logger = logging.getLogger("flask_cdn_stack")

# Regions by their names in boto 2 (boto.s3.connection.Location), which Flask-S3's documentation still uses.
_OLD_LOCATIONS = {
    "default": DEFAULT_REGION,
    "eu": "eu-west-1",
    "eucentral1": "eu-central-1",
    "uswest": "us-west-1",
    "uswest2": "us-west-2",
    "saeast": "sa-east-1",
    "apnortheast": "ap-northeast-1",
    "apsoutheast": "ap-southeast-1",
    "apsoutheast2": "ap-southeast-2",
    "cnnorth1": "cn-north-1",
}

_REGION = re.compile(r"[a-z0-9-]+")
_HALF_KEY = re.compile(r"[!-~]+")

# Hints by an error's code; those of other modules are for users of the command line.
_HINTS = {
    "NoSuchBucket": "It was deleted meanwhile; the next run creates it anew.",
    BAD_NAME: "Rename the file, or leave it out with filepath_filter_regex.",
    UNREADABLE: "Change its permissions or leave it out with filepath_filter_regex, then retry.",
    **dict.fromkeys(
        DENIED_CODES, "Allow that action for these credentials, or use another access key (user and password)."
    ),
}
_KEY_HINT = (
    "Pass user and password, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the app's config, "
    "or leave both out for boto3's own credentials."
)
_PRIVATE = (
    "put_bucket_acl=False leaves the ACL of the bucket %s as it is. Objects get no ACL either, although Flask-S3 would "
    "make each one public: browsers can read them only with CloudFront, a bucket policy, or put_bucket_acl=True for "
    "public ACLs. Leave put_bucket_acl out for the same without this warning."
)
_NETWORK_HINT = "Check the network, FLASKS3_REGION and FLASKS3_ENDPOINT_URL."


def create_all(
    app: Flask,
    user: str | None = None,
    password: str | None = None,
    bucket_name: str | None = None,
    location: str | None = None,
    include_hidden: bool = False,
    filepath_filter_regex: str | None = None,
    put_bucket_acl: bool | None = None,
    force_refresh: bool = False,
) -> None:
    """Upload the static files of an app and its blueprints to a bucket, which is created if it does not exist.

    A file's key is the prefix and its URL path. The error at the end lists the files that failed and counts those that
    were not begun; the others are in the bucket by then. Files that look like secrets are uploaded, as by Flask-S3,
    after a warning in the log.

    :param user: id of an access key, else ``AWS_ACCESS_KEY_ID`` in the app's config, else boto3's own credentials.
    :param password: secret of the access key, else ``AWS_SECRET_ACCESS_KEY`` in the app's config.
    :param bucket_name: the bucket, else ``FLASKS3_BUCKET_NAME``.
    :param location: region for a new bucket, or an old name of one such as ``EU``; else ``FLASKS3_REGION``, else the
        session's. An empty string means us-east-1.
    :param include_hidden: also upload files with a path segment that begins with a dot; ``.well-known`` is not hidden.
    :param filepath_filter_regex: upload only files whose path, relative to their static folder, contains a match.
    :param put_bucket_acl: give the bucket and every object the ACL ``public-read``. False logs a warning, as Flask-S3
        would still give it to objects.
    :param force_refresh: also upload files that have not changed, for example after a change of headers.
    :raises SettingsError: a setting or an argument is wrong or missing.
    :raises AssetError: a file cannot be published under the name it has.
    :raises AWSError: the bucket cannot be used; nothing was uploaded.
    :raises PartialDeployError: some files could not be uploaded.
    """
    settings = read_app_settings(app)
    name = _bucket_name(bucket_name, settings.urls.bucket_name)
    selection = Selection(hidden=include_hidden, path_test=_filter(filepath_filter_regex))
    region = _region(location, find_key(app.config, "REGION"), settings.region)
    access_key = _access_key(app.config, user, password)
    with _own_hints():
        objects = name_objects(_collect(app, settings.urls.prefix, selection), settings.urls)
        if not objects:
            _logger.info("There is nothing to upload.")
            return
        _warn_of_secrets(objects)
        if put_bucket_acl is False:
            _logger.warning(_PRIVATE, name)
        check_tls()
        connection = open_connection(region, None, settings.endpoint_url, access_key)
        bucket = open_bucket(prepare_bucket(connection, name, bool(put_bucket_acl)), name, "", Counter())
        with TemporaryDirectory(prefix="flask-cdn-stack-") as folder:
            builder = UploadBuilder(settings, Path(folder), PUBLIC_READ if put_bucket_acl else "")
            if settings.only_modified:
                outcome = _send_changed(bucket, builder, objects, force_refresh)
            else:
                outcome = _send(bucket, builder, objects)
    _report(outcome, name)


@contextmanager
def _own_hints() -> Iterator[None]:
    try:
        yield
    except (AWSError, AssetError, AssetReadError) as error:
        # The cause is not shown: its URL may contain a password.
        raise type(error)(error.message, _hint(error), code=error.code) from None


def _hint(error: CDNStackError) -> str:
    """Return what to do about an error, in the words of create_all's arguments and settings."""
    if isinstance(error, CredentialsError):
        return _KEY_HINT
    if isinstance(error, UnreachableError):
        return _NETWORK_HINT
    return _HINTS.get(error.code, error.hint)


def _bucket_name(argument: object, configured: str | None) -> str:
    if is_unset(argument):
        if configured:
            return configured
        raise SettingsError("No bucket is named.", "Set FLASKS3_BUCKET_NAME in the app's config, or pass bucket_name.")
    if not isinstance(argument, str) or not argument.isprintable():
        refuse("bucket_name", argument, "a text")
    if not BUCKET_NAME.fullmatch(argument.strip()):
        refuse("bucket_name", argument, "the name of a bucket")
    return argument.strip()


def _collect(app: Flask, prefix: str, selection: Selection) -> tuple[Asset, ...]:
    collection = collect_assets(app, selection, prefix)
    for warning in collection.warnings:
        _logger.warning("%s", warning)
    for key in collection.shadowed:
        _logger.warning("/%s is not uploaded: at that path the app serves something else.", key)
    return collection.assets


def _warn_of_secrets(objects: Iterable[StaticObject]) -> None:
    # Flask-S3 uploads every file, and its users' deploys must not change; only the caller can leave a file out.
    found = [item.file for item in objects if not item.is_twin and looks_secret(item.name, item.file)]
    if found:
        _logger.warning(
            "Likely a secret, and uploaded like all other files. Leave it out with filepath_filter_regex, or move it "
            "out of the static folder:\n%s",
            list_lines(found),
        )


def _filter(pattern: str | None) -> Callable[[str], object]:
    try:
        compiled = re.compile(pattern or "")
    except (re.error, TypeError) as error:
        raise SettingsError(
            f"filepath_filter_regex is not a regular expression: {error}.",
            "Correct it; the syntax is that of Python's re.",
        ) from error
    if not isinstance(compiled.pattern, str):
        refuse("filepath_filter_regex", pattern, "a regular expression for texts")
    return compiled.search


def _access_key(config: Mapping[str, Any], user: str | None, password: str | None) -> tuple[str, str] | None:
    key_id = _half_key(config, "AWS_ACCESS_KEY_ID", "user", user)
    secret = _half_key(config, "AWS_SECRET_ACCESS_KEY", "password", password)
    if key_id and secret:
        return key_id, secret
    if key_id or secret:
        missing = "AWS_SECRET_ACCESS_KEY (or password)" if key_id else "AWS_ACCESS_KEY_ID (or user)"
        raise SettingsError(f"Half of an access key is given; {missing} is missing.", "Give both halves, or neither.")
    return None


def _half_key(config: Mapping[str, Any], key: str, argument: str, value: object) -> str | None:
    name, half = (argument, value) if value else (key, config.get(key))
    if not half:
        return None
    # The value is not shown: it is a secret, or may be one.
    if not isinstance(half, str):
        problem = f"{name} is of the type {type(half).__name__}, which is not a text"
    elif not _HALF_KEY.fullmatch(half):
        problem = f"{name} has white space or other characters that no access key has"
    else:
        return half
    raise SettingsError(f"{problem}.", f"Give {name} as AWS shows it, as a text without white space around it.")


def _region(location: object, key: str, configured: str | None) -> str | None:
    name, value = (key, configured) if is_unset(location) else ("location", location)
    if value is None:
        return None if location is None else DEFAULT_REGION
    region = value.strip() if isinstance(value, str) else ""
    region = _OLD_LOCATIONS.get(region.lower(), region)
    if not _REGION.fullmatch(region):
        refuse(name, value, "a region such as 'eu-west-1'")
    return region


class _Outcome(NamedTuple):
    """The result of a run: keys that were sent, and errors by key; objects in neither were not begun."""

    wanted: int
    unchanged: int
    sent: set[str]
    failures: dict[str, CDNStackError]


def _send(bucket: Bucket, builder: UploadBuilder, objects: Sequence[StaticObject], unchanged: int = 0) -> _Outcome:
    outcome = _Outcome(len(objects), unchanged, set(), {})

    def build() -> Iterator[Upload]:
        for item in objects:
            try:
                upload = builder.build(item)
            except AssetReadError as error:
                outcome.failures[item.key] = error
            else:
                yield upload

    def done(upload: Sending, result: Uploaded | CDNStackError) -> None:
        if isinstance(result, CDNStackError):
            outcome.failures[upload.key] = result
        else:
            outcome.sent.add(upload.key)

    bucket.upload(build(), done)
    return outcome


def _send_changed(bucket: Bucket, builder: UploadBuilder, objects: Sequence[StaticObject], force: bool) -> _Outcome:
    known = read_hashes(bucket)
    digests = _hash_sources(item.file for item in objects)
    changed = [item for item in objects if force or not known.knows(item.key, digests[item.file])]
    if changed:
        known = forget_hashes(bucket, known, (item.key for item in changed))
    outcome = _send(bucket, builder, changed, len(objects) - len(changed))
    try:
        record_hashes(bucket, known, {item.key: digests[item.file] for item in changed if item.key in outcome.sent})
    except CDNStackError as error:
        outcome.failures[HASHES_KEY] = error
    return outcome


def _hash_sources(files: Iterable[str]) -> dict[str, str]:
    """Return SHA-1 by file; empty if a file cannot be read, so that it counts as changed and its upload fails."""
    digests: dict[str, str] = {}
    for file in files:
        if file not in digests:
            try:
                digests[file] = hash_source(file)
            except AssetReadError:
                digests[file] = ""
    return digests


def _report(outcome: _Outcome, bucket: str) -> None:
    _logger.info("Uploaded %s to %s; %d had not changed.", count(len(outcome.sent), "file"), bucket, outcome.unchanged)
    if not outcome.failures:
        return
    not_begun = outcome.wanted - len(outcome.sent) - len(outcome.failures.keys() - {HASHES_KEY})
    lines = [list_lines([f"{key}: {error.message}" for key, error in sorted(outcome.failures.items())])]
    if not_begun:
        lines.append(f"  {not_begun} more were not begun")
    message = f"Uploaded {len(outcome.sent):,} of {count(outcome.wanted, 'file')} for {bucket}; these failed:"
    hints = dict.fromkeys(filter(None, map(_hint, outcome.failures.values())))
    raise PartialDeployError("\n".join([message, *lines]), "\n".join(hints))
