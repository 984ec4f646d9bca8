from __future__ import annotations

import pytest

from flask_cdn_stack.domain import parse_domain
from flask_cdn_stack.errors import SettingsError

HOST = "cdn.example.net"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (None, None)),
        ("", (None, None)),
        ("CDN.Example.NET/Assets/V1", ("cdn.example.net/Assets/V1", None)),
        ("HTTP://cdn.example.net/", (HOST, "http")),
        ("//cdn.example.net/a/", (f"{HOST}/a", None)),
        (f"{HOST}:0443/x", (f"{HOST}:443/x", None)),
        ("[::1]:9000/b", ("[::1]:9000/b", None)),
        ("Bücher.example", ("xn--bcher-kva.example", None)),
        (f"{HOST}/@scope/pkg@1.2", (f"{HOST}/@scope/pkg@1.2", None)),
    ],
)
def test_domain(value: str | None, expected: tuple[str | None, str | None]) -> None:
    """A host, port and path are written as they stand in a URL, the path in its own case."""
    assert parse_domain(value) == expected


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("it is not a text", [5, True, b"cdn.example.net", [HOST]]),
        ("a space or a control character", [" ", f"{HOST} ", f"{HOST}\n", f"{HOST}\x00", f"{HOST}\u200b", "a\tb"]),
        ("only a host, a port and a path", [f"{HOST}?x=1", f"{HOST}/a?x=1", f"{HOST}#x", f"{HOST}\\a", "<cdn>"]),
        ("user names and passwords", [f"user@{HOST}", f"https://user:secret@{HOST}"]),
        ("the host is missing", ["http://", "/", "//", "///a", ":80"]),
        ("is not the name of a host", ["a..b", ".a", "a.", "-a", "a-", "a" * 64, "cdn.exa%41mple", "a\uff0fb"]),
        ("is not the name of a host", [".".join(["a" * 60] * 5), "ü" * 70 + ".net"]),
        ("not an IPv6 address", ["[::1", "[fe80::1%25eth0]", "[cdn]"]),
        ("the port is not a number", [f"{HOST}:", f"{HOST}:0", f"{HOST}:65536", f"{HOST}:9999999999", "a:80:80"]),
        (
            "the port is not a number",
            ["a:http", "a:\u0663", "a:+80", "[::1]80", "https:a", "ftp://a", "http://http://a"],
        ),
        ("an empty part, '.' or '..'", [f"{HOST}/..", f"{HOST}/a/../b", f"{HOST}/./b", "a/%2e%2e/b", "a/a//b"]),
        ("two hexadecimal digits", [f"{HOST}/a%zz"]),
    ],
)
def test_nonsense(reason: str, values: list[object]) -> None:
    """What cannot begin a URL is refused with the key, the value, the reason and an example."""
    for value in values:
        with pytest.raises(SettingsError) as caught:
            parse_domain(value)
        shown = value.rpartition("@")[2] if isinstance(value, str) else value
        assert caught.value.message.startswith(f"CDN_DOMAIN is {shown!r}: ")
        assert reason in caught.value.message
        assert "secret" not in str(caught.value)
        assert 'CDN_DOMAIN = "d111111abcdef8.cloudfront.net"' in caught.value.hint
