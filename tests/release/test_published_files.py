"""What the URLs of a release should answer: the URLs that apps build, with the bytes and headers that were sent."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.assets.published_names import Naming, find_naming
from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.published_files import describe_files, describe_manifest, read_published
from flask_cdn_stack.release.run import start_run
from flask_cdn_stack.release.state import STATE_KEY, Owner, State
from flask_cdn_stack.release.state_text import RECORD_TYPE, encode_state
from flask_cdn_stack.verify.model import PublishedFile
from tests.assets.published import DOMAIN, Release, make_release
from tests.release.fakes import MemoryBucket

_FILES: dict[str, str | bytes] = {
    "css/über a+b.css": "a { background: url(../logo.svg) }",
    "logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    "robots.txt": "User-agent: *",
    "game.wasm.gz": b"\x1f\x8b",
    "app-Bx12.js": "1",
}
_SETTINGS: dict[str, Any] = {
    "hashed_names": ("app-*.js",),
    "publish_manifest": True,
    "headers": [{"match": "logo.svg", "set": {"Content-Language": "de", "x-amz-meta-by": "ada"}}],
}


def describe(release: Release) -> dict[str, PublishedFile]:
    """Return the files of a release by URL."""
    address, naming = f"https://{DOMAIN}", find_naming(release.settings)
    files = describe_files(release.objects, release.build.manifest, naming, release.settings, address)
    return {file.url: file for file in files}


@pytest.mark.parametrize("mode", [{"fingerprint": "query"}, {"fingerprint": "path"}, {"immutable": True}], ids=str)
def test_the_urls_of_an_app(tmp_path: Path, mode: dict[str, Any]) -> None:
    """Each is there, with the SHA-256 of what is sent, and what nobody links to besides."""
    release = make_release(tmp_path, _FILES, **mode, **_SETTINGS)

    files = describe(release)

    urls = release.urls(*_FILES)
    assert set(urls) <= set(files)
    assert {file.key for file in files.values()} == set(release.objects)
    assert [file.url for file in files.values()][len(urls) :] == [
        f"https://{DOMAIN}/{item.url_path}" for item in release.build.objects if item.kind in ("copy", "manifest")
    ]
    for file in files.values():
        data, headers = release.bytes_of(file.key), release.objects[file.key].headers
        assert (file.checksum, file.size) == (hashlib.sha256(data).hexdigest(), len(data))
        assert (file.content_type, file.cache_control) == (headers.content_type, headers.cache_control)
    assert files[next(url for url in urls if "wasm" in url)].encoding == "gzip"
    assert files[next(url for url in urls if "logo" in url)].others == (("Content-Language", "de"),)


def test_files_that_may_be_compressed(tmp_path: Path) -> None:
    """Are those for which the settings say so."""
    files = describe(make_release(tmp_path, _FILES, gzip=True)).values()

    assert {file.key for file in files if not file.may_be_packed} == {"static/game.wasm.gz"}


def test_files_of_an_app() -> None:
    """Have the app's own headers, which nobody knows here."""
    manifest = render_manifest({"static/a%20b.js": "ab" * 32})

    assert describe_manifest(manifest, Naming("query", 8), "https://cdn.example") == (
        PublishedFile("https://cdn.example/static/a%20b.js?c=abababab", "static/a b.js", "ab" * 32),
    )


@pytest.mark.parametrize(
    ("release", "message"), [(None, "Nothing has been published"), ("r1", "r1.json.gz in the bucket is gone")]
)
def test_nothing_to_look_at(release: str | None, message: str) -> None:
    """One message, with what to do."""
    store, owner = MemoryBucket(), Owner("shop", "shop-cdn")
    state = State(release=release, releases=(release,) if release else (), owner=owner)
    store.write(STATE_KEY, encode_state(state), RECORD_TYPE, None)

    with pytest.raises(CDNStackError, match=message) as caught:
        read_published(store, start_run(owner))

    assert "deploy" in caught.value.hint
