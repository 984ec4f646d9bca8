"""Headers for objects in S3, as Flask-S3's settings give them, checked before anything is uploaded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn, cast

from ..errors import SettingsError
from ..extension.config import is_unset

# What S3 keeps as headers; any other name becomes metadata. (Amazon S3 API Reference, PutObject.)
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
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def read_headers(key: str, value: object) -> dict[str, str]:
    """Read headers by name. The names that S3 knows get their usual capitals; numbers become text.

    :param key: the setting's name, for errors.
    :raises SettingsError: a header is wrong; the message names the setting and the header.
    """
    if is_unset(value):
        return {}
    if not isinstance(value, Mapping):
        hint = "A comma at the end of the line makes it a tuple: take it out." if isinstance(value, tuple) else ""
        _refuse(f"{key} is not a dictionary of headers", hint)
    return dict(_read_header(key, name, text) for name, text in value.items())


def read_filepath_headers(values: Mapping[str, Any], key: str) -> tuple[tuple[re.Pattern[str], Mapping[str, str]], ...]:
    """Read headers by regular expression.

    :raises SettingsError: an expression or a header is wrong; the message names the setting and which one.
    """
    value = values.get(key)
    if is_unset(value):
        return ()
    if not isinstance(value, Mapping):
        _refuse(f"{key} is not a dictionary of headers by regular expression")
    return tuple(
        (_read_pattern(key, pattern), read_headers(f"{key}[{pattern!r}]", of)) for pattern, of in value.items()
    )


def _read_pattern(key: str, pattern: object) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)  # type: ignore[call-overload]
    except (re.error, TypeError) as error:
        _refuse(f"{key} has {pattern!r}, which is not a regular expression: {error}")
    if not isinstance(compiled.pattern, str):
        _refuse(f"{key} has {pattern!r}, which is a regular expression for bytes")
    return cast("re.Pattern[str]", compiled)


def _read_header(key: str, name: object, value: object) -> tuple[str, str]:
    where = f"{key} has the header {name!r}"
    if not isinstance(name, str) or not _NAME.fullmatch(name.strip()):
        _refuse(f"{where}, which is not the name of a header")
    lower = name.strip().lower()
    if lower in _COMPUTED:
        _refuse(f"{where}, which S3 computes by itself", "Take it out.")
    if isinstance(value, tuple):
        _refuse(f"{where} with a tuple as its value", "A comma behind a value makes it a tuple: take it out.")
    if isinstance(value, bool) or not isinstance(value, str | int):
        _refuse(f"{where} with {value!r}, which is neither a text nor a number")
    text = str(value).strip()
    if not (text.isascii() and text.isprintable()):
        _refuse(f"{where} with {value!r}, which has characters that a header cannot carry")
    if lower == "expires" and not _is_date(text):
        _refuse(f"{where} with {value!r}, which is not a date", "Example: 'Thu, 15 Apr 2032 20:00:00 GMT'.")
    return _KNOWN.get(lower, name.strip()), text


def _is_date(text: str) -> bool:
    try:
        parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return False
    return True


def _refuse(problem: str, hint: str = "") -> NoReturn:
    raise SettingsError(f"{problem}.", hint)
