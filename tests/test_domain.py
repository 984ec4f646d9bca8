from __future__ import annotations

import pytest

from flask_cdn_stack.domain import parse_domain
from flask_cdn_stack.errors import SettingsError


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (None, None)),
        ("", (None, None)),
        ("cdn.example.net", ("cdn.example.net", None)),
        ("CDN.Example.NET/Assets/V1", ("cdn.example.net/Assets/V1", None)),
        ("https://cdn.example.net", ("cdn.example.net", "https")),
        ("HTTP://cdn.example.net/", ("cdn.example.net", "http")),
        ("//cdn.example.net/a/", ("cdn.example.net/a", None)),
        ("cdn.example.net:8443", ("cdn.example.net:8443", None)),
        ("cdn.example.net:0443/x", ("cdn.example.net:443/x", None)),
        ("localhost:4566/bucket", ("localhost:4566/bucket", None)),
        ("127.0.0.1:9000", ("127.0.0.1:9000", None)),
        ("[::1]:9000/b", ("[::1]:9000/b", None)),
        ("Bücher.example", ("xn--bcher-kva.example", None)),
        ("my_bucket.s3.amazonaws.com", ("my_bucket.s3.amazonaws.com", None)),
        ("cdn.example.net/@scope/pkg@1.2", ("cdn.example.net/@scope/pkg@1.2", None)),
        ("cdn.example.net/caf\u00e9/a%20b", ("cdn.example.net/caf%C3%A9/a%20b", None)),
        ("cdn.example.net/" + "a" * 300, ("cdn.example.net/" + "a" * 300, None)),
    ],
)
def test_domain(value: str | None, expected: tuple[str | None, str | None]) -> None:
    """A host, port and path are written as they stand in a URL, the path in its own case."""
    assert parse_domain(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        " ",
        "cdn example.net",
        "cdn.example.net ",
        "cdn.example.net\n",
        "cdn.example.net\x00",
        "cdn.example.net\u200b",
        "cdn.example.net/a\tb",
        "cdn.example.net?x=1",
        "cdn.example.net/a?x=1",
        "cdn.example.net#x",
        "cdn.example.net\\a",
        "user@cdn.example.net",
        "https://user:secret@cdn.example.net",
        "cdn..example.net",
        ".example.net",
        "cdn.example.net.",
        "-cdn.example.net",
        "cdn-.example.net",
        "a" * 64 + ".net",
        ".".join(["a" * 60] * 5),
        "cdn.exa%41mple.net",
        "cdn.example.net/..",
        "cdn.example.net/a/../b",
        "cdn.example.net/./b",
        "cdn.example.net/%2e%2e/b",
        "cdn.example.net/a//b",
        "cdn.example.net/a%zz",
        "cdn.example.net:",
        "cdn.example.net:0",
        "cdn.example.net:65536",
        "cdn.example.net:9999999999",
        "cdn.example.net:80:80",
        "cdn.example.net:http",
        "cdn.example.net:\u0663",
        "cdn.example.net:+80",
        "[::1",
        "[::1]80",
        "[fe80::1%25eth0]",
        "[cdn]",
        "::1",
        "ftp://cdn.example.net",
        "https:cdn.example.net",
        "http://",
        "https://https://cdn.example.net",
        "/",
        "//",
        "///a",
        "cdn\uff0fexample.net",
        "<cdn>",
        "ü" * 70 + ".net",
        5,
        True,
        b"cdn.example.net",
        ["cdn.example.net"],
    ],
)
def test_nonsense(value: object) -> None:
    """What cannot begin a URL is refused with the key, the value and an example."""
    with pytest.raises(SettingsError) as caught:
        parse_domain(value)
    shown = value.rpartition("@")[2] if isinstance(value, str) else value
    assert caught.value.message.startswith(f"CDN_DOMAIN is {shown!r}: ")
    assert "secret" not in str(caught.value)
    assert 'CDN_DOMAIN = "d111111abcdef8.cloudfront.net"' in caught.value.hint
