"""Checks of the settings ``assets``: what S3 would refuse during uploads, what browsers misread, what has no effect.

Every refusal names the settings key, the value, the rule, and the page with the rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from email.utils import format_datetime, parsedate_to_datetime

from ..errors import SettingsError
from ..naming import MANIFEST_KEY, OWN_FOLDER, compile_globs
from ..quantities import count
from ..settings.asset_groups import MEDIA_TYPE_PATTERN, SOON_SECONDS, CacheControl
from ..settings.model import Assets, Settings
from .extra import check_extra
from .versions import check_versions

#: Headers that S3 stores with an object and returns with it, besides user metadata.
STORED_HEADERS = (
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Type",
    "Expires",
)

#: Most bytes of user metadata, names and values together (S3 user guide, "Working with object metadata").
MAX_METADATA = 2048

#: A header's value: printable ASCII, with spaces inside.
PRINTABLE = re.compile(r"[!-~]([ -~]*[!-~])?")

_METADATA = "x-amz-meta-"
_METADATA_PAGE = '(S3 user guide, "Working with object metadata")'
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_METADATA_NAME = re.compile(rf"{_METADATA}{_TOKEN}")
_MEDIA_TYPE = re.compile(MEDIA_TYPE_PATTERN)
_TOKENS = re.compile(rf"{_TOKEN}( *, *{_TOKEN})*")
_DIRECTIVE = re.compile(rf'({_TOKEN})(?:=({_TOKEN}|"[^"]*"))?')
_SECONDS = {"max-age", "s-maxage", "stale-while-revalidate", "stale-if-error"}
_CONTRADICTIONS = (("public", "private"), ("no-store", "immutable"), ("no-cache", "immutable"))
_CACHE_HINT = "Write it as in: public, max-age=300"
_PATH_ONLY = ("keep_names", "plain_copies")


def check_assets(settings: Settings) -> tuple[str, ...]:
    """Refuse settings of assets that cannot work, and return a warning for each that has no effect or a cost.

    :raises SettingsError: for the first fault found.
    """
    assets = settings.assets
    for place, glob in _find_globs(assets):
        _check_glob(place, glob)
    for name, value in _by_kind(assets.cache_control).items():
        place = f"assets.cache_control.{name}"
        directives = _check_cache_control(place, value)
        if name != "hashed" and "immutable" in directives:
            raise _immutable(place, value, "these names stay when the bytes change")
    check_versions(settings)
    for number, rule in enumerate(assets.headers):
        _check_headers(f"assets.headers[{number}].set", rule.set, assets)
        _check_promise(f"assets.headers[{number}].set", rule.match, rule.set, assets)
    return (*check_extra(assets), *_warnings(settings))


def _warnings(settings: Settings) -> Iterator[str]:
    assets, bucket = settings.assets, settings.bucket
    for name in _find_unused(assets):
        if _look_up(assets, name) != _look_up(Assets(), name):
            mode = f"assets.fingerprint is {assets.fingerprint}{' and assets.immutable on' * assets.maps_query}"
            yield f"assets.{name} has no effect while {mode}."
    # How long a bucket outside the stack keeps versions is not known.
    is_ours = settings.has_bucket and settings.target is None and bucket.existing is None and bucket.versioning
    kept = bucket.noncurrent_days
    if assets.fingerprint == "query" and is_ours and assets.keep_days > kept:
        yield (
            f"assets.keep_days: {assets.keep_days} is more than bucket.noncurrent_days, {kept}: with checksums in the "
            f"query, going back to a release needs the versions that S3 deletes after {count(kept, 'day')}."
        )
    least = settings.delivery.ttl.min
    if least > SOON_SECONDS and assets.names_hold_checksums and (assets.maps_query or assets.plain_copies):
        yield (
            f"delivery.ttl.min: {least} lets the edge keep plain copies for that many seconds, whatever their "
            "Cache-Control says; a deploy leaves them to it, so they are old for as long (CloudFront developer guide, "
            '"Manage how long content stays in the cache").'
        )


def _find_unused(assets: Assets) -> tuple[str, ...]:
    if assets.fingerprint == "path":
        return "cache_control.query", "immutable"
    return (*_PATH_ONLY, "cache_control.query" if assets.immutable else "cache_control.kept")


def _look_up(assets: Assets, name: str) -> object:
    found: object = assets
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _by_kind(control: CacheControl) -> dict[str, str]:
    return {"hashed": control.hashed, "query": control.query, "kept": control.kept}


def _find_globs(assets: Assets) -> Iterator[tuple[str, str]]:
    for name in ("include", "exclude", "allow", "keep_names", "local", "hashed_names"):
        yield from ((f"assets.{name}[{number}]", glob) for number, glob in enumerate(getattr(assets, name)))
    yield from ((f"assets.headers[{number}].match", rule.match) for number, rule in enumerate(assets.headers))
    yield from ((f"assets.media_types.{glob}", glob) for glob in assets.media_types)


def _check_glob(place: str, glob: str) -> None:
    segments = glob.removeprefix("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        problem = "an empty, '.' or '..' segment"
    elif "\0" in glob:
        problem = "a null character"
    elif OWN_FOLDER in segments:
        problem = f"{OWN_FOLDER}, which is this tool's own"
    else:
        return
    raise SettingsError(
        f"{place}: {glob!r} matches nothing: it has {problem}, and no URL path of an asset has.",
        "Write it as in: static/js/** or *.js (* stays within a segment, ** crosses them).",
    )


def _check_headers(place: str, headers: Mapping[str, str], assets: Assets) -> None:
    seen: set[str] = set()
    for name, value in headers.items():
        _check_name(place, name)
        if name.lower() in seen:
            raise SettingsError(f"{place}.{name}: {value!r} is its second value; case does not count.", "Remove one.")
        seen.add(name.lower())
        if not PRINTABLE.fullmatch(value):
            raise SettingsError(
                f"{place}.{name}: {value!r} is empty, begins or ends with a space, or has characters that are not "
                f"printable ASCII {_METADATA_PAGE}.",
                "Write other characters in the header's own way, such as filename*=UTF-8''t%C3%A9.pdf.",
            )
        if check := _CHECKS.get(name.lower()):
            check(f"{place}.{name}", value)
    if assets.gzip and "content-encoding" in seen:
        value = next(value for name, value in headers.items() if name.lower() == "content-encoding")
        raise SettingsError(
            f"{place}.Content-Encoding: {value!r} is given to files that assets.gzip may compress, and a file has one "
            'encoding (RFC 9110, section 8.4, "Content-Encoding").',
            "Set assets.gzip to false, or let it set the header.",
        )
    _check_metadata(place, headers)


def _check_name(place: str, name: str) -> None:
    if name.title() not in STORED_HEADERS and not _METADATA_NAME.fullmatch(name.lower()):
        raise SettingsError(
            f"{place}: {name!r} is not kept by S3, which stores {', '.join(STORED_HEADERS)} and {_METADATA}* "
            f"{_METADATA_PAGE}.",
            "CloudFront adds other headers: see delivery.cors and delivery.hsts.",
        )


def _check_metadata(place: str, headers: Mapping[str, str]) -> None:
    own = {name: value for name, value in headers.items() if name.lower().startswith(_METADATA)}
    size = sum(len(name) - len(_METADATA) + len(value) for name, value in own.items())
    if size > MAX_METADATA:
        raise SettingsError(
            f"{place}: names and values of {', '.join(own)[:80]!r} have {size} bytes, and S3 takes {MAX_METADATA} "
            f"of user metadata {_METADATA_PAGE}.",
            "Shorten them.",
        )


def _check_cache_control(place: str, value: str) -> dict[str, str]:
    """Return the directives in lower case, with their values."""
    directives: dict[str, str] = {}
    for part in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", value):
        match = _DIRECTIVE.fullmatch(part.strip(" "))
        if match is None:
            raise _no_cache_control(place, value, f"{part.strip(' ')!r} is not name or name=value")
        name, number = match[1].lower(), match[2] or ""
        if name in directives:
            raise _no_cache_control(place, value, f"{name} is given twice")
        if name in _SECONDS and not re.fullmatch(r"[0-9]{1,10}", number):
            raise _no_cache_control(place, value, f"{name} needs a number of seconds")
        directives[name] = number
    for one, other in _CONTRADICTIONS:
        if one in directives and other in directives:
            raise _no_cache_control(place, value, f"{one} and {other} contradict each other")
    return directives


def _no_cache_control(place: str, value: str, problem: str) -> SettingsError:
    return SettingsError(f"{place}: {value!r} is not a Cache-Control: {problem} (RFC 9111, section 5.2).", _CACHE_HINT)


def _check_promise(place: str, match: str, headers: Mapping[str, str], assets: Assets) -> None:
    """Refuse ``immutable`` for names that stay when their bytes change."""
    value = next((value for name, value in headers.items() if name.lower() == "cache-control"), "")
    if not value or "immutable" not in _check_cache_control(place, value):
        return
    reason = ""
    if not assets.names_hold_checksums:
        reason = "with checksums in the query, names stay when the bytes change"
    elif match in assets.hashed_names:
        return
    elif assets.plain_copies or assets.maps_query:
        reason = "it is sent with the plain copies of hashed names, too (assets.plain_copies)"
    elif kept := _find_kept(match, assets):
        reason = f"it is sent with {kept}, too, whose name stays when its bytes change"
    if reason:
        raise _immutable(f"{place}.Cache-Control", value, reason)


def _find_kept(match: str, assets: Assets) -> str:
    """Return a glob of kept names that overlaps with ``match``; empty if none is found."""
    names = [*assets.keep_names, *([MANIFEST_KEY] if assets.publish_manifest else ())]
    matches, sample = compile_globs([match]), _make_sample(match)
    return next((name for name in names if matches(_make_sample(name)) or compile_globs([name])(sample)), "")


def _make_sample(glob: str) -> str:
    return re.sub(r"\*\*/", "", glob.removeprefix("/")).replace("**", "x").replace("*", "x").replace("?", "x")


def _immutable(place: str, value: str, reason: str) -> SettingsError:
    return SettingsError(
        f'{place}: {value!r} promises bytes that never change, but {reason} (RFC 8246, "immutable").',
        "Leave immutable to assets.cache_control.hashed; it comes with assets.fingerprint: path or assets.immutable.",
    )


def check_media_type(place: str, value: str) -> None:
    """Refuse a value that is not a media type.

    :raises SettingsError: it is not one.
    """
    if not _MEDIA_TYPE.fullmatch(value):
        raise SettingsError(
            f"{place}: {value!r} is not a media type: type/subtype, with ; name=value behind it where needed, in ASCII "
            '(S3 API reference, "PutObject", Content-Type).',
            "Write it as in: text/css; charset=utf-8",
        )


def _check_date(place: str, value: str) -> None:
    try:
        is_date = format_datetime(parsedate_to_datetime(value), usegmt=True) == value
    except ValueError:
        is_date = False
    if not is_date:
        raise SettingsError(
            f'{place}: {value!r} is not an HTTP date (RFC 9110, section 5.6.7, "Date/Time Formats").',
            "Write it as in: Fri, 31 Dec 2027 23:59:59 GMT. For a time span, set max-age in Cache-Control.",
        )


def _check_tokens(place: str, value: str) -> None:
    if not _TOKENS.fullmatch(value):
        raise SettingsError(
            f"{place}: {value!r} is not a list of names with commas between them (RFC 9110, sections 8.4 and 8.5).",
            "Write it as in: br, or de, en.",
        )


_CHECKS: dict[str, Callable[[str, str], object]] = {
    "cache-control": _check_cache_control,
    "content-encoding": _check_tokens,
    "content-language": _check_tokens,
    "content-type": check_media_type,
    "expires": _check_date,
}
