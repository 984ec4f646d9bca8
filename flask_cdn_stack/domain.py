"""Parses ``CDN_DOMAIN``: a host with an optional port and path, as in a URL."""

from __future__ import annotations

import re
from typing import NoReturn
from urllib.parse import quote, unquote

from .errors import SettingsError

EXAMPLE = 'CDN_DOMAIN = "d111111abcdef8.cloudfront.net", with an optional port and path'

_SCHEME = r"(?:(https?):)?//"
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_BAD_ESCAPE = r"%(?![0-9A-Fa-f]{2})"
_NEVER = frozenset("?#\\<>\"'^`{|}")


def parse_domain(value: object) -> tuple[str | None, str | None]:
    """Split a ``CDN_DOMAIN`` into the part after ``//`` in a URL, and the scheme if it has one.

    The host is lower-cased and IDNA-encoded, the path keeps its case and loses its trailing slash. None or an empty
    text gives ``(None, None)``.

    :raises SettingsError: the value cannot be the beginning of a URL.
    """
    if value is None or value == "":
        return None, None
    if not isinstance(value, str):
        _refuse(value, "it is not a text")
    if any(char.isspace() or not char.isprintable() for char in value):
        _refuse(value, "it has a space or a control character in it")
    if not _NEVER.isdisjoint(value):
        _refuse(value, "only a host, a port and a path may stand in it")
    match = re.match(_SCHEME, value, re.IGNORECASE)
    authority, slash, path = value[match.end() if match else 0 :].partition("/")
    domain = _parse_authority(value, authority) + slash + _parse_path(value, path)
    scheme = match and match[1]
    return domain.rstrip("/"), scheme.lower() if scheme else None


def _refuse(value: object, reason: str) -> NoReturn:
    # The part before an @ may be a password.
    shown = value.rpartition("@")[2] if isinstance(value, str) else value
    raise SettingsError(f"CDN_DOMAIN is {shown!r}: {reason}.", f"Example: {EXAMPLE}.")


def _parse_authority(value: str, authority: str) -> str:
    if "@" in authority:
        _refuse(value, "user names and passwords do not belong in it")
    if authority.startswith("["):
        host, bracket, port = authority.partition("]")
        return _parse_ipv6(value, host[1:], bracket) + _parse_port(value, port)
    host, colon, port = authority.partition(":")
    return _parse_host(value, host) + _parse_port(value, colon + port)


def _parse_ipv6(value: str, address: str, bracket: str) -> str:
    from ipaddress import IPv6Address

    try:
        if bracket and "%" not in address:
            return f"[{IPv6Address(address)}]"
    except ValueError:
        pass
    _refuse(value, "the address in brackets is not an IPv6 address")


def _parse_port(value: str, port: str) -> str:
    if not port:
        return ""
    digits = port.removeprefix(":")
    if port[0] != ":" or not (digits.isascii() and digits.isdigit()) or not 0 < int(digits[:6]) < 65536:
        _refuse(value, "the port is not a number from 1 to 65535")
    return f":{int(digits)}"


def _parse_host(value: str, host: str) -> str:
    if not host:
        _refuse(value, "the host is missing")
    try:
        encoded = host.lower() if host.isascii() else host.lower().encode("idna").decode("ascii")
    except UnicodeError:
        encoded = ""
    if len(encoded) > 253 or not all(re.fullmatch(_LABEL, label) for label in encoded.split(".")):
        _refuse(value, f"{host!r} is not the name of a host")
    return encoded


def _parse_path(value: str, path: str) -> str:
    trimmed = path.rstrip("/")
    if trimmed and not {"", ".", ".."}.isdisjoint(unquote(part) for part in trimmed.split("/")):
        _refuse(value, "its path has an empty part, '.' or '..' in it")
    if re.search(_BAD_ESCAPE, trimmed):
        _refuse(value, "its path has a '%' that is not followed by two hexadecimal digits")
    return quote(trimmed, safe="%/!$&'()*+,:;=@-._~")
