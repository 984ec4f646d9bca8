"""Settings of assets: what S3 would refuse file by file, what browsers would misread, and what does nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.naming import OWN_FOLDER
from flask_cdn_stack.settings.model import Settings

APP = {"domain": "www.shop.example"}
FOREVER = "public, max-age=31536000, immutable"


def check(**assets: Any) -> tuple[str, ...]:
    return check_settings(msgspec.convert({"assets": assets}, Settings))


def rule(headers: dict[str, str], match: str = "*.js") -> dict[str, Any]:
    return {"headers": [{"match": match, "set": headers}]}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"url": "themes"}, "extra[0].url: 'themes' does not begin with a slash"),
        ({"url": "/<theme>/static"}, "has a variable"),
        ({"url": "/a\\b"}, "browsers change"),
        ({"url": "/a/../b"}, "'..' segment"),
        ({"url": "//"}, "has an empty"),
        ({"url": "/a", "argument": "path"}, "extra[0].argument: 'path'"),
    ],
)
def test_wrong_extra_folders(entry: dict[str, str], words: str) -> None:
    """Are refused before the app is asked; the root, and a slash at the end, are not wrong."""
    with pytest.raises(SettingsError) as caught:
        check(extra=[{"folder": "themes", **entry}])

    assert words in caught.value.message
    assert check(extra=[{"folder": "a", "url": url} for url in ("/", "/a/", "/a b/ü")]) == ()


def test_an_extra_folder_twice() -> None:
    """Says nothing; another endpoint of the same is something else."""
    entries = [
        {"folder": "a", "url": "/a"},
        {"folder": "a", "url": "/a/"},
        {"folder": "a", "url": "/a", "endpoint": "x"},
    ]

    assert check(extra=entries) == ("assets.extra[1] says what an entry before it says.",)


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "no-cache", "CONTENT-language": "de, en-GB", "content-type": "text/css; charset=utf-8"},
        {"Content-Disposition": "attachment; filename=\"a b.pdf\"; filename*=UTF-8''t%C3%A9.pdf"},
        {"Content-Encoding": "br", "Expires": "Fri, 31 Dec 2027 23:59:59 GMT"},
        {"x-amz-meta-a": "b" * 2047},
        {"Cache-Control": 'max-age=0, x="a, b", private="set-cookie", no-store, must-revalidate'},
        {},
    ],
)
def test_headers(headers: dict[str, str]) -> None:
    """What S3 stores passes without a word."""
    assert check(**rule(headers)) == ()


#: Headers, the name in the message, what is said of it, and the page.
REFUSED: list[tuple[dict[str, str], str, str, str]] = [
    ({"Access-Control-Allow-Origin": "*"}, "", "'Access-Control-Allow-Origin' is not kept by S3", "object metadata"),
    ({"x-amz-meta-": "x"}, "", "'x-amz-meta-' is not kept", "object metadata"),
    ({"Content-Type\r\n": "x"}, "", "is not kept", "object metadata"),
    ({"Content-Language": "de\r\nX: y"}, "Content-Language", "printable ASCII", "object metadata"),
    ({"x-amz-meta-a": ""}, "x-amz-meta-a", "is empty", "object metadata"),
    ({"x-amz-meta-a": " b"}, "x-amz-meta-a", "begins or ends with a space", "object metadata"),
    ({"x-amz-meta-a": "b" * 1024, "X-AMZ-META-b": "c" * 1023}, "", "have 2049 bytes", "object metadata"),
    ({"Cache-Control": "a", "cache-control": "b"}, "cache-control", "second value; case does not count", ""),
    ({"content-type": "css"}, "content-type", "'css' is not a media type", "PutObject"),
    ({"Expires": "0"}, "Expires", "'0' is not an HTTP date", "RFC 9110"),
    ({"Expires": "Fri, 31 Dec 2027 23:59:59 +0100"}, "Expires", "is not an HTTP date", "RFC 9110"),
    ({"Content-Encoding": "br;q=1"}, "Content-Encoding", "is not a list of names", "RFC 9110"),
    ({"Cache-Control": "max-age: 3600"}, "Cache-Control", "'max-age: 3600' is not name", "RFC 9111"),
    ({"Cache-Control": FOREVER}, "Cache-Control", "names stay when the bytes change", "RFC 8246"),
]


@pytest.mark.parametrize(("headers", "name", "words", "page"), REFUSED)
def test_headers_that_are_refused(headers: dict[str, str], name: str, words: str, page: str) -> None:
    """With the rule's place, the value, what is wrong and where that is from."""
    settings = {"headers": [{"match": "*.css", "set": {}}, {"match": "*.js", "set": headers}]}
    with pytest.raises(SettingsError) as caught:
        check(**settings)

    message = caught.value.message
    assert message.startswith(f"assets.headers[1].set{'.' * bool(name)}{name}: ")
    assert words in message
    assert page in message
    assert message.isprintable()
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_headers_of_cloudfront() -> None:
    """Are not the bucket's to send: the keys that set them are named."""
    with pytest.raises(SettingsError) as caught:
        check(**rule({"Access-Control-Allow-Origin": "*"}))

    assert "delivery.cors" in caught.value.hint
    assert "Cache-Control, Content-Disposition" in caught.value.message


def test_one_encoding() -> None:
    """Set here or by ``gzip``, not by both."""
    with pytest.raises(SettingsError, match=r"assets\.headers\[0\]\.set\.Content-Encoding: 'br' is given"):
        check(gzip=True, **rule({"content-encoding": "br"}))

    assert check(gzip=True, **rule({"Content-Language": "de"})) == ()


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "'' is not name or name=value"),
        ("public,", "'' is not name"),
        ("max-age", "max-age needs a number of seconds"),
        ("max-age=1h", "max-age needs"),
        ('s-maxage="x"', "s-maxage needs"),
        ("MAX-AGE=1, max-age=2", "max-age is given twice"),
        ("public, private", "public and private contradict each other"),
        ("public\nX: y", "is not name"),
    ],
)
def test_cache_control_that_is_none(value: str, problem: str) -> None:
    """For any kind of name, and in either mode."""
    for key in ("hashed", "query", "kept"):
        with pytest.raises(SettingsError) as caught:
            check(cache_control={key: value}, fingerprint="path")

        assert caught.value.message.startswith(f"assets.cache_control.{key}: {value!r} is not a Cache-Control: ")
        assert problem in caught.value.message
        assert "RFC 9111, section 5.2" in caught.value.message


@pytest.mark.parametrize("key", ["query", "kept"])
def test_names_that_stay_are_not_immutable(key: str) -> None:
    """Whether the mode uses the key or not: it may change."""
    with pytest.raises(SettingsError, match=rf"assets\.cache_control\.{key}: 'public, Immutable' promises") as caught:
        check(cache_control={key: "public, Immutable"})

    assert "assets.cache_control.hashed" in caught.value.hint


@pytest.mark.parametrize(
    ("match", "assets", "reason"),
    [
        ("*.js", {}, "names stay"),
        ("*.js", {"fingerprint": "path"}, "plain copies"),
        ("*.js", {"fingerprint": "path", "plain_copies": False}, "sw.js"),
        ("**", {"fingerprint": "path", "plain_copies": False, "keep_names": ["x/*.y"]}, "x/*.y"),
        ("*.txt", {"fingerprint": "path", "plain_copies": False, "keep_names": []}, ""),
        (
            "*.txt",
            {"fingerprint": "path", "plain_copies": False, "keep_names": [], "publish_manifest": True},
            "cdn_manifest.txt",
        ),
        ("static/dist/**", {"fingerprint": "path", "hashed_names": ["static/dist/**"]}, ""),
        ("static/dist/**", {"hashed_names": ["static/dist/**"]}, "names stay"),
        ("static/dist/**", {"immutable": True, "hashed_names": ["static/dist/**"]}, ""),
    ],
)
def test_immutable_by_glob(match: str, assets: dict[str, Any], reason: str) -> None:
    """Only where all that the glob matches carries its checksum."""
    settings = assets | rule({"cache-control": FOREVER}, match)
    if not reason:
        assert check(**settings) == ()
        return

    with pytest.raises(SettingsError, match="promises bytes that never change, but") as caught:
        check(**settings)
    assert reason in caught.value.message
    assert caught.value.message.startswith(f"assets.headers[0].set.Cache-Control: {FOREVER!r}")


NOWHERE = ["", "/", "a//b", "a/", "./a", "a/../b", "..", "a\0b", f"{OWN_FOLDER}/*"]


@pytest.mark.parametrize(
    ("place", "make"),
    [
        ("assets.include[1]", lambda glob: {"include": ["a", glob]}),
        ("assets.exclude[0]", lambda glob: {"exclude": [glob]}),
        ("assets.keep_names[0]", lambda glob: {"keep_names": [glob], "fingerprint": "path"}),
        ("assets.hashed_names[0]", lambda glob: {"hashed_names": [glob], "fingerprint": "path"}),
        ("assets.headers[0].match", lambda glob: rule({}, glob or "//")),
        ("assets.media_types.", lambda glob: {"media_types": {glob: "a/b"}}),
    ],
)
def test_globs_that_match_nothing(place: str, make: Any) -> None:
    """Are a mistake, wherever they stand."""
    for glob in NOWHERE:
        with pytest.raises(SettingsError, match="matches nothing") as caught:
            check(**make(glob))

        assert caught.value.message.startswith(place)
        assert "*.js" in caught.value.hint


@pytest.mark.parametrize("glob", ["*", "**", "/static/a.js", "*.js", "a/**/b", "**/*.x", "a?b", ".hidden/..x", "ü b"])
def test_globs(glob: str) -> None:
    """That may match something pass."""
    assert check(include=[glob], exclude=[glob], media_types={glob: "a/b"}, **rule({}, glob)) == ()


@pytest.mark.parametrize(
    ("assets", "warned"),
    [
        ({"keep_names": [], "hashed_names": ["x"]}, ["keep_names"]),
        ({"cache_control": {"hashed": "max-age=1", "kept": "max-age=1"}}, ["cache_control.kept"]),
        ({"cache_control": {"query": "max-age=1"}}, []),
        ({"cache_control": {"query": "max-age=1"}, "fingerprint": "path"}, ["cache_control.query"]),
        ({"plain_copies": False, "keep_names": [], "hashed_names": ["x"], "fingerprint": "path"}, []),
        ({"immutable": True, "fingerprint": "path"}, ["immutable"]),
        (
            {"immutable": True, "cache_control": {"query": "max-age=1"}, "keep_names": []},
            ["keep_names", "cache_control.query"],
        ),
    ],
)
def test_keys_without_effect(assets: dict[str, Any], warned: list[str]) -> None:
    """A stage may use another mode, so they are not refused."""
    mode = assets.get("fingerprint", "query")
    mode += " and assets.immutable on" if assets.get("immutable") and mode == "query" else ""
    assert check(**assets) == tuple(
        f"assets.{name} has no effect while assets.fingerprint is {mode}." for name in warned
    )


@pytest.mark.parametrize(
    ("content", "warns"),
    [
        ({"assets": {"keep_days": 31}}, True),
        ({"origin": "failover", "app_origin": APP, "bucket": {"noncurrent_days": 7}}, True),
        ({"assets": {"keep_days": 30}}, False),
        ({"assets": {"keep_days": 31}, "origin": "app", "app_origin": APP}, False),
        ({"assets": {"keep_days": 31, "fingerprint": "path"}}, False),
        ({"assets": {"keep_days": 31}, "target": {"bucket": "shop", "domain": "cdn.shop.example"}}, False),
    ],
)
def test_versions_that_are_gone_too_early(content: dict[str, Any], warns: bool) -> None:
    """Releases in query mode are made of old versions, which S3 deletes."""
    warnings = check_settings(msgspec.convert(content, Settings))

    assert bool(warnings) == warns
    assert all("assets.keep_days" in warning and "bucket.noncurrent_days" in warning for warning in warnings)
