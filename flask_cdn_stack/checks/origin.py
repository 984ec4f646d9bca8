"""Checks of the settings ``app_origin``: what CloudFront refuses, and paths that expose more than static files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import SettingsError
from ..settings.delivery import AppOrigin
from ..settings.model import Settings
from .lists import check_once
from .stack import is_address

#: Most characters of an origin path, with its leading slash, and of a path pattern.
MAX_PATH = 255

#: Most cache behaviors besides the default one (CloudFront developer guide, "Quotas").
MAX_BEHAVIORS = 74

_ORIGIN_PAGE = '(CloudFront developer guide, "Origin settings")'
_PATTERN_PAGE = '(CloudFront developer guide, "Cache behavior settings", Path pattern)'
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z)({_LABEL}\.)+{_LABEL}")
# Domains of buckets, in any partition, including website endpoints and access points.
_BUCKET_HOST = re.compile(
    r"(.+\.)?s3(express)?(-[a-z0-9-]+)?(\.dualstack)?(\.[a-z]+(-[a-z]+)+-[0-9])?\.amazonaws\.com(\.cn)?"
)
_ORIGIN_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_PATTERN = re.compile(r"/[A-Za-z0-9_.*$/~\"'@:+&?-]*")


def check_origin(settings: Settings) -> None:
    """Refuse an app that CloudFront cannot reach, and paths that expose more than the app's static files.

    :raises SettingsError: for the first fault found.
    """
    if not settings.has_app_origin:
        return
    _check_fingerprint(settings)
    app = settings.app_origin
    if app.domain is None:
        raise SettingsError(
            f"app_origin.domain: it is missing, and origin {settings.origin} asks the app {_ORIGIN_PAGE}.",
            "Set it to the host name at which the app answers https, such as www.shop.example.",
        )
    _check_domain(app.domain, settings.delivery.aliases)
    _check_port(app.port)
    _check_path(app.path)
    if app.paths is not None:
        _check_paths(app.paths)


def warn_of_origin(settings: Settings) -> Iterator[str]:
    """Yield a warning for each setting of an origin that has no effect with the chosen ``origin``."""
    if settings.has_app_origin:
        yield from _warn_of_wildcards(settings)
    elif settings.app_origin != AppOrigin():
        yield "app_origin: it has no effect while origin is bucket; set origin to app or failover to use it."
    if settings.origin != "app":
        return
    if settings.assets.prefix:
        yield "assets.prefix: it has no effect while origin is app, because nothing is sent to a bucket."
    if settings.delivery.missing == 404:
        yield "delivery.missing: 404 has no effect while origin is app, which answers for itself."


def _warn_of_wildcards(settings: Settings) -> Iterator[str]:
    # A name's own record comes before a wildcard's (RFC 4592), so this may be right.
    domain, delivery = str(settings.app_origin.domain), settings.delivery
    for alias in delivery.aliases if delivery.hosted_zone_id else ():
        if alias.startswith("*.") and domain.endswith(alias[1:]):
            yield (
                f"delivery.aliases: the stack's record for {alias!r} is for app_origin.domain, {domain}, too, unless "
                "that name has a record of its own; without one CloudFront would ask itself "
                '(Route 53 developer guide, "DNS domain name format", wildcards).'
            )


def is_host(text: str) -> bool:
    """Return whether a text is a lower-case host name with at least two parts, and not an IP address."""
    return _HOST.fullmatch(text) is not None and not is_address(text)


def _check_fingerprint(settings: Settings) -> None:
    assets = settings.assets
    if assets.names_hold_checksums:
        key, value = ("immutable", "true") if assets.maps_query else ("fingerprint", "'path'")
        way_out = "Take assets.immutable out" if assets.maps_query else "Set assets.fingerprint to query"
        raise SettingsError(
            f"assets.{key}: {value} needs the origin bucket, and origin is {settings.origin}: the app has no "
            "files under names that carry a checksum.",
            f"{way_out}, or set origin to bucket.",
        )


def _check_domain(domain: str, aliases: tuple[str, ...]) -> None:
    if not is_host(domain):
        raise SettingsError(
            f"app_origin.domain: {domain!r} is not a host name alone, in lower case, without scheme, port, path or IP "
            f"address {_ORIGIN_PAGE}.",
            "Write it as in www.shop.example; app_origin has keys of their own for port and path.",
        )
    if domain.endswith(".cloudfront.net"):
        raise SettingsError(
            f"app_origin.domain: {domain!r} is a CloudFront distribution, and CloudFront answers 403 to requests that "
            'go through too many of them (CloudFront developer guide, "HTTP 403 status code").',
            "Name the app's own server or load balancer.",
        )
    if _BUCKET_HOST.fullmatch(domain):
        raise SettingsError(
            f"app_origin.domain: {domain!r} is an S3 bucket's and not an app's: a website endpoint speaks no https, by "
            "which alone CloudFront asks an app, and the others want signed requests "
            '(S3 user guide, "Website endpoints").',
            "For files in a bucket set origin to bucket, and bucket.existing to its name.",
        )
    if domain in aliases:
        raise SettingsError(
            f"app_origin.domain: {domain!r} is among delivery.aliases too, so CloudFront would ask itself "
            '(CloudFront developer guide, "HTTP 403 status code").',
            "Give the CDN a name of its own, such as cdn.shop.example.",
        )


def _check_port(port: int) -> None:
    if port == 80:
        raise SettingsError(
            f"app_origin.port: 80 is the port of plain http, and CloudFront asks the app by https only {_ORIGIN_PAGE}.",
            "Let the app, or the server in front of it, answer https on 443, and leave the port out.",
        )
    if port != 443 and port < 1024:
        raise SettingsError(
            f"app_origin.port: {port} is not 443 or one from 1024 to 65535 {_ORIGIN_PAGE}.",
            "Let the app, or the server in front of it, listen on 443.",
        )


def _check_path(path: str) -> None:
    if not path:
        return
    segments = path.split("/")
    if not _ORIGIN_PATH.fullmatch(path) or "." in segments or ".." in segments or len(path) > MAX_PATH:
        raise SettingsError(
            f"app_origin.path: {path[:260]!r} must begin with a slash, not end with one, and have letters, digits, "
            f"'.', '_', '~' and '-' between slashes, {MAX_PATH} characters in all {_ORIGIN_PAGE}.",
            "Write it as in /shop, and leave it empty for an app at the root.",
        )


def _check_paths(paths: tuple[str, ...]) -> None:
    if not paths:
        raise SettingsError(
            f"app_origin.paths: the list is empty, so nothing would reach the app {_PATTERN_PAGE}.",
            "Name the paths of its static files, such as /static/*, or take the key out.",
        )
    if len(paths) > MAX_BEHAVIORS:
        raise SettingsError(
            f"app_origin.paths: {len(paths)} are listed, and a distribution takes {MAX_BEHAVIORS} beside its default "
            '(CloudFront developer guide, "Quotas").',
            "Join some with *, as in /blog/*/static/*.",
        )
    for path in paths:
        _check_pattern(path, paths)


def _check_pattern(path: str, paths: tuple[str, ...]) -> None:
    if not path.strip("/*?"):
        raise SettingsError(
            f"app_origin.paths: {path!r} is the whole app, whose pages a cache would hand from one visitor to the next "
            '(CloudFront developer guide, "Cache content based on cookies").',
            "Name the paths of static files only, such as /static/*.",
        )
    if not _PATTERN.fullmatch(path) or len(path) > MAX_PATH:
        raise SettingsError(
            f"app_origin.paths: {path[:260]!r} must begin with a slash and have letters, digits and "
            f"_ - . $ / ~ \" ' @ : + & only, with * for many characters and ? for one, {MAX_PATH} in all "
            f"{_PATTERN_PAGE}.",
            "Write it as in /static/*.",
        )
    check_once("app_origin.paths", path, paths, _PATTERN_PAGE)
