"""Flask-S3's upload: headers, metadata and compression of objects."""

from __future__ import annotations

import gzip
import os
import random
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.compat.create_all import create_all
from tests.compat.s3_account import Account

CSS = "body { color: black }\n" * 40


def test_headers(account: Account, tmp_path: Path) -> None:
    """In any case: those that S3 has are the object's own, the others its metadata."""
    headers = {
        "cache-control": "max-age=9",
        "Content-DISPOSITION": "inline",
        "content-language": "cs",
        "Access-Control-Allow-Origin": "*",
    }
    create_all(account.make_app(tmp_path, {"static/app.css": CSS}, FLASKS3_HEADERS=headers))
    stored = account.head("static/app.css")

    assert (stored["CacheControl"], stored["ContentDisposition"]) == ("max-age=9", "inline")
    assert (stored["ContentLanguage"], stored["ContentType"]) == ("cs", "text/css; charset=utf-8")
    assert stored["Metadata"] == {"access-control-allow-origin": "*"}


def test_headers_by_path(account: Account, tmp_path: Path) -> None:
    """Are searched in the absolute path, win over those for all, and the last over the others."""
    rules = {
        f"^{tmp_path.as_posix()}/static/css/": {"CACHE-CONTROL": "no-cache", "X-A": "css"},
        r"/app\.css$": {"x-a": "app", "Content-Type": "text/x-mine"},
        "^css/": {"Cache-Control": "never"},
    }
    app = account.make_app(
        tmp_path,
        {"static/css/app.css": CSS, "static/css/b.css": CSS, "static/c.js": "1"},
        FLASKS3_HEADERS={"Cache-Control": "max-age=9"},
        FLASKS3_FILEPATH_HEADERS=rules,
    )
    create_all(app)
    found = {key: account.head(f"static/{key}") for key in ("css/app.css", "css/b.css", "c.js")}

    assert [item["CacheControl"] for item in found.values()] == ["no-cache", "no-cache", "max-age=9"]
    assert [item["Metadata"] for item in found.values()] == [{"x-a": "app"}, {"x-a": "css"}, {}]
    assert [item["ContentType"] for item in found.values()] == [
        "text/x-mine",
        "text/css; charset=utf-8",
        "text/javascript; charset=utf-8",
    ]


TREE: dict[str, str | bytes] = {
    "static/app.css": CSS,
    "static/UPPER.JS": "console.log(1)\n" * 40,
    "static/logo.svg": "<svg/>" * 40,
    "static/noise.txt": random.Random(1).randbytes(1000),
    "static/flat.png": b"\0" * 1000,
    "static/empty.txt": "",
    "static/unknown": "a" * 1000,
    "static/pre.js.gz": gzip.compress(b"1" * 1000, mtime=0),
    "static/disguised.css": gzip.compress(b"1" * 1000, mtime=0),
}


def compressed(account: Account) -> list[str]:
    """Return the keys of objects that are compressed, having checked their bytes."""
    keys = [key for key in account.list_keys() if account.head(key).get("ContentEncoding")]
    for key in keys:
        assert account.head(key)["ContentEncoding"] == "gzip"
        source = TREE[key if key in TREE else key.removesuffix(".gz")]
        assert gzip.decompress(account.body(key)) == (source.encode() if isinstance(source, str) else source)
    return keys


def test_gzip(account: Account, tmp_path: Path) -> None:
    """Where it saves something, and never twice; the content type stays."""
    create_all(account.make_app(tmp_path, TREE, FLASKS3_GZIP=True))

    assert compressed(account) == ["static/UPPER.JS", "static/app.css", "static/logo.svg", "static/unknown"]
    assert account.list_keys() == sorted(TREE)
    assert account.head("static/UPPER.JS")["ContentType"] == "text/javascript; charset=utf-8"
    for key in ("static/pre.js.gz", "static/disguised.css", "static/noise.txt"):
        assert account.body(key) == TREE[key]


def test_gzip_is_the_same_every_time(account: Account, tmp_path: Path) -> None:
    """Whatever the time and the file's name: equal files have equal ETags."""
    app = account.make_app(tmp_path, {"static/a.css": CSS, "static/b.css": CSS}, FLASKS3_GZIP=True)
    os.utime(tmp_path / "static/b.css", (1, 1))
    create_all(app)
    first = account.head("static/a.css")["ETag"]
    # RFC 1952, section 2.3: no name or other field, and no time.
    assert account.body("static/a.css")[3:8] == bytes(5)
    create_all(app)

    assert [account.head(f"static/{name}.css")["ETag"] for name in "ab"] == [first, first]


@pytest.mark.parametrize("extensions", [["js", ".SVG"], "JS svg"])
def test_gzip_by_extension(account: Account, tmp_path: Path, extensions: Any) -> None:
    """In any case, with or without the dot."""
    create_all(account.make_app(tmp_path, TREE, FLASKS3_GZIP=True, FLASKS3_GZIP_ONLY_EXTS=extensions))

    assert compressed(account) == ["static/UPPER.JS", "static/logo.svg"]


def test_gzip_of_what_says_its_encoding(account: Account, tmp_path: Path) -> None:
    """Is left to whoever said so."""
    rules = {r"\.css$": {"Content-Encoding": "identity"}}
    app = account.make_app(tmp_path, {"static/app.css": CSS}, FLASKS3_GZIP=True, FLASKS3_FILEPATH_HEADERS=rules)
    create_all(app)

    assert account.head("static/app.css")["ContentEncoding"] == "identity"
    assert account.body("static/app.css") == CSS.encode()


def test_twins(account: Account, tmp_path: Path) -> None:
    """Stand beside their originals for each URL that names one, whether it saves something or not."""
    files = TREE | {"static/tiny.css": "x"}
    create_all(account.make_app(tmp_path, files, USE_GZIP=True, S3_PREFIX="v1"))
    twins = ["UPPER.JS", "app.css", "disguised.css", "tiny.css"]

    assert sorted(set(account.list_keys())) == sorted(
        [f"v1/{name}" for name in files] + [f"v1/static/{name}.gz" for name in twins]
    )
    for name in twins:
        original, twin = account.head(f"v1/static/{name}"), account.head(f"v1/static/{name}.gz")
        assert (twin["ContentType"], twin["ContentEncoding"]) == (original["ContentType"], "gzip")
        assert "ContentEncoding" not in original
    assert gzip.decompress(account.body("v1/static/app.css.gz")) == CSS.encode()
    assert account.body("v1/static/disguised.css.gz") == account.body("v1/static/disguised.css")


def test_a_file_with_a_twins_name(account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Gives way: the URL of that name is meant for browsers that ask for a style sheet."""
    app = account.make_app(tmp_path, {"static/app.css": CSS, "static/app.css.gz": "old"}, USE_GZIP=True)
    create_all(app)

    assert gzip.decompress(account.body("static/app.css.gz")) == CSS.encode()
    folder = tmp_path / "static"
    assert caplog.messages == [
        f"{folder / 'app.css.gz'} is not uploaded: its key is that of the twin of {folder / 'app.css'}."
    ]


@pytest.mark.parametrize("only_modified", [False, True])
def test_public_objects_keep_their_headers(account: Account, tmp_path: Path, only_modified: bool) -> None:
    """An ACL goes another way to S3, with the same outcome."""
    config = {"FLASKS3_GZIP": True, "FLASKS3_HEADERS": {"X-A": "b"}, "FLASKS3_ONLY_MODIFIED": only_modified}
    create_all(account.make_app(tmp_path, {"static/app.css": CSS}, **config), put_bucket_acl=True)
    stored = account.head("static/app.css")

    assert account.is_public("static/app.css")
    assert (stored["ContentEncoding"], stored["Metadata"]) == ("gzip", {"x-a": "b"})
    assert gzip.decompress(account.body("static/app.css")) == CSS.encode()
    assert not only_modified or not account.is_public(".file-hashes")
