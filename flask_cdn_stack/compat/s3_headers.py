"""Reads the headers of objects from Flask-S3's settings, and checks them before anything is uploaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, NoReturn, cast

from ..errors import SettingsError
from ..extension.config import is_unset

# Names that S3 stores as headers; any other name becomes metadata. (Amazon S3 API Reference, PutObject.)
_KNOWN = {
    name.lower(): name
    for name in (
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Type",
        "Expires",
    )
}
_COMPUTED = frozenset(("content-length", "content-md5"))
_COMMA = "A comma at the end of the line makes it a tuple: take it out."
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read_headers(key: str, value: object) -> dict[str, str]:
    """Return a setting's headers by name. Names that S3 knows get their usual capitals; numbers become text.

    ``Expires`` may be a date object, an ISO 8601 or HTTP date, or seconds since 1970, all of which botocore takes from
    Flask-S3, too. A time without a time zone is in UTC. The result is an HTTP date.

    :param key: the setting's name, for errors.
    :raises SettingsError: a header is wrong; the message names the setting and the header.
    """
    if is_unset(value):
        return {}
    if not isinstance(value, Mapping):
        hint = _COMMA if isinstance(value, tuple) else "Write it as in {'Cache-Control': 'max-age=3600'}."
        _refuse(f"{key} is not a dictionary of headers", hint)
    return dict(_read_header(key, name, text) for name, text in value.items())


def read_filepath_headers(values: Mapping[str, Any], key: str) -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    """Return a setting's headers by regular expression.

    :raises SettingsError: an expression or a header is wrong; the message names the setting and which one.
    """
    value = values.get(key)
    if is_unset(value):
        return ()
    if not isinstance(value, Mapping):
        hint = _COMMA if isinstance(value, tuple) else r"Write it as in {r'\.css$': {'Cache-Control': 'max-age=3600'}}."
        _refuse(f"{key} is not a dictionary of headers by regular expression", hint)
    return tuple(
        (_read_pattern(key, pattern), read_headers(f"{key}[{pattern!r}]", of)) for pattern, of in value.items()
    )


def _read_pattern(key: str, pattern: object) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)  # type: ignore[call-overload]
    except (re.error, TypeError) as error:
        _refuse(
            f"{key} has {pattern!r}, which is not a regular expression: {error}",
            "Correct it; the syntax is that of Python's re.",
        )
    if not isinstance(compiled.pattern, str):
        _refuse(f"{key} has {pattern!r}, which is a regular expression for bytes", "Take out the b before the quotes.")
    return cast("re.Pattern[str]", compiled)


def _read_header(key: str, name: object, value: object) -> tuple[str, str]:
    where = f"{key} has the header {name!r}"
    if not isinstance(name, str) or not _NAME.fullmatch(name.strip()):
        _refuse(f"{where}, which is not the name of a header", "Write it as in 'Cache-Control', without a colon.")
    lower = name.strip().lower()
    if lower in _COMPUTED:
        _refuse(f"{where}, which S3 computes by itself", "Take it out.")
    if isinstance(value, tuple):
        _refuse(f"{where} with a tuple as its value", "A comma behind a value makes it a tuple: take it out.")
    return _KNOWN.get(lower, name.strip()), _read_date(where, value) if lower == "expires" else _read_text(where, value)


def _read_text(where: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(f"{where} with {value!r}, which is neither a text nor a whole number", "Put the value in quotes.")
    text = str(value).strip()
    if not (text.isascii() and text.isprintable()):
        problem = f"{where} with {value!r}, which has characters that a header cannot carry"
        _refuse(problem, "Write the value on one line, in ASCII.")
    return text


def _read_date(where: str, value: object) -> str:
    try:
        when = _parse_date(value)
        when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
        return format_datetime(when, usegmt=True)
    except (ValueError, TypeError, IndexError, OverflowError, OSError):
        _refuse(f"{where} with {value!r}, which is not a date", "Example: 'Thu, 15 Apr 2032 20:00:00 GMT'.")


def _parse_date(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError
    text = str(value).strip()
    if re.fullmatch("[0-9]+", text):
        return datetime.fromtimestamp(int(text), UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return parsedate_to_datetime(text)


def _refuse(problem: str, hint: str) -> NoReturn:
    raise SettingsError(f"{problem}.", hint)
