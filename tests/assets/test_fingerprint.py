"""From files to the objects of a release, under the names that the app's URLs lead to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_cdn_stack.assets.fingerprint import Builder
from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.errors import AssetError
from flask_cdn_stack.manifest import parse_kept, parse_manifest
from flask_cdn_stack.naming import MANIFEST_KEY, VERSIONS_FOLDER, version_path
from tests.assets.published import Release, fresh_folder, make_release, split


def sha256(data: bytes | str) -> str:
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def expect_consistent(release: Release) -> None:
    """Objects are in order, and each has the checksum and size of the bytes that are sent for it."""
    keys = [item.key for item in release.build.objects]
    assert keys == sorted(set(keys))
    for key, item in release.objects.items():
        data = release.bytes_of(key)
        assert (item.checksum, item.size) == (sha256(data), len(data)), key


def expect_urls(release: Release, names: list[str]) -> None:
    """Every URL of the app leads to an object with the file's bytes, and names them."""
    length, is_mapped = release.settings.url_checksum_length, release.settings.maps_query
    for name, url in zip(names, release.urls(*names), strict=True):
        key, query = split(url)
        if is_mapped and query:
            assert release.objects[key].kind == "copy"
            key = version_path(key, query.removeprefix("c="))  # as the edge asks the bucket
        item = release.objects[key]
        short = parse_manifest(release.build.manifest)[f"static/{name}"][:length]
        match item.kind:
            case "query" | "kept":
                assert query == f"c={short}"
            case "hashed":
                assert query in ("", f"c={short}" if is_mapped else "")
                assert short in key or f"static/{name}" in parse_kept(release.build.manifest)
            case kind:
                raise AssertionError(f"{url} leads to a {kind}")
        if name.endswith(".css"):
            assert release.bytes_of(key).startswith(release.folder.joinpath("static", name).read_bytes()[:1])
        else:
            assert item.checksum == sha256(release.folder.joinpath("static", name).read_bytes())


MODES: list[dict[str, Any]] = [{"fingerprint": "query"}, {"fingerprint": "path"}, {"immutable": True}]

TREE: dict[str, str | bytes] = {
    "app.js": "1",
    "app.min.js": "2",
    "LICENSE": "3",
    ".well-known/x": "4",
    "favicon.ico": "5",
    "lib/sw.js": "6",
    "dist/index-BaBpdqRA.js": "7",
    "empty.txt": "",
    "same.js": "1",
}
FULL = {name: sha256(data) for name, data in TREE.items()}


def hashed(name: str, length: int = 16) -> str:
    folder, slash, last = name.rpartition("/")
    stem, dot, suffix = last.rpartition(".")
    short = FULL[name][:length]
    return folder + slash + (f"{stem}.{short}.{suffix}" if dot else f"{last}.{short}")


STAYING = {"favicon.ico", "lib/sw.js"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, dict.fromkeys(TREE, "query")),
        ({"hashed_names": ["static/dist/**"], "plain_copies": False, "keep_names": []},
            dict.fromkeys(TREE, "query") | {"dist/index-BaBpdqRA.js": "hashed"}),
        (
            {"fingerprint": "path"},
            dict.fromkeys(TREE, "copy") | {hashed(name): "hashed" for name in TREE if name not in STAYING}
            | dict.fromkeys(STAYING, "kept"),
        ),
        (
            {"fingerprint": "path", "plain_copies": False, "keep_names": ["*.js", "LICENSE"], "checksum_length": 64},
            {hashed(name, 64): "hashed" for name in (".well-known/x", "favicon.ico", "empty.txt")}
            | {name: "kept" for name in TREE if name.endswith(".js") or name == "LICENSE"},
        ),
        (
            {"fingerprint": "path", "plain_copies": False, "hashed_names": ["static/dist/**", "*.ico"]},
            {hashed(name): "hashed" for name in TREE if name not in STAYING and "dist" not in name}
            | dict.fromkeys(STAYING, "kept") | {"dist/index-BaBpdqRA.js": "hashed"},
        ),
        (
            {"immutable": True, "checksum_length": 20, "hashed_names": ["static/dist/**"]},
            dict.fromkeys(TREE, "copy") | {"dist/index-BaBpdqRA.js": "hashed"}
            | {f"{VERSIONS_FOLDER}/{FULL[name][:20]}/static/{name}": "hashed" for name in TREE if "dist" not in name},
        ),
    ],
    ids=["query", "query, path's keys", "path", "other names stay", "names that carry a hash",
         "immutable"],
)  # fmt: skip
def test_names(tmp_path: Path, options: dict[str, Any], expected: dict[str, str]) -> None:
    """Under which names, and how each name goes with its bytes; the app's URLs lead there."""
    release = make_release(tmp_path, TREE, local=[], **options)

    named = {name if name.startswith(VERSIONS_FOLDER) else f"static/{name}": kind for name, kind in expected.items()}
    assert release.kinds == named
    expect_consistent(release)
    expect_urls(release, list(TREE))


def test_names_at_the_root(tmp_path: Path) -> None:
    """There, a folder that the web defines keeps its names, too."""
    files: dict[str, str | bytes] = {".well-known/x": "1", "deep/.well-known/x": "2", "robots.txt": "3"}
    release = make_release(tmp_path, files, fingerprint="path", static_url_path="", plain_copies=False)

    assert {key: kind for key, kind in release.kinds.items() if kind == "kept"} == {
        ".well-known/x": "kept",
        "robots.txt": "kept",
    }


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_names_that_a_bundler_hashed(tmp_path: Path, mode: dict[str, Any]) -> None:
    """Its manifest says so; the app knows them from ours, and they have neither copy nor query.

    Modules of a bundle import each other by their names alone: by another URL, a browser would run one twice.
    """
    files: dict[str, str | bytes] = {
        "dist/.vite/manifest.json": '{"main.js": {"file": "assets/main-4889e940.js",'
        ' "css": ["assets/main-b82dbe22.css"]}}',
        "dist/assets/main-4889e940.js": "1",
        "dist/assets/main-b82dbe22.css": "a { b: url(nowhere.png) }",
        "page.css": "a { b: url(dist/assets/main-4889e940.js) }",
    }
    release = make_release(tmp_path, files, **mode, hidden=False)
    names = [name for name in files if not name.endswith(".json")]

    assert [key for key in release.kinds if "main" in key] == [
        "static/dist/assets/main-4889e940.js",
        "static/dist/assets/main-b82dbe22.css",
    ]
    assert {release.kinds[f"static/{name}"] for name in names if "main" in name} == {"hashed"}
    expect_consistent(release)
    expect_urls(release, names)
    assert all(split(url)[1] == "" for url in release.urls(*(name for name in names if "main" in name)))
    assert release.bytes_of("static/page.css").decode() == files["page.css"]


SHEETS: dict[str, str | bytes] = {
    "css/app.css": '@import "more.css";\na { b: url(../logo.svg) }',
    "css/more.css": "c { d: url('../logo.svg?x=1#y') }",
    "logo.svg": "<svg/>",
}


@pytest.mark.parametrize(("mode", "length"), [(MODES[0], 10), (MODES[1], None), (MODES[2], None)], ids=str)
def test_style_sheets(tmp_path: Path, mode: dict[str, Any], length: int | None) -> None:
    """Lead to published names, and are named by the bytes that they then have."""
    release = make_release(tmp_path, SHEETS, **mode, checksum_length=length)
    short = sha256(SHEETS["logo.svg"])[: release.settings.url_checksum_length]
    (more, *_), (sheet, *_) = ([key for key in release.kinds if name in key] for name in ("more", "app"))
    link = re.search(rb'@import "(.*?)"', release.bytes_of(sheet))

    expect_consistent(release)
    expect_urls(release, list(SHEETS))
    assert link is not None
    checksum = release.objects[more].checksum[: release.settings.url_checksum_length]
    if release.settings.fingerprint == "query":
        assert link[1].decode() == f"more.css?c={checksum}"
        assert f"url('../logo.svg?x=1&c={short}#y')" in release.bytes_of(more).decode()
    else:
        assert link[1].decode() == f"more.{checksum}.css"
        assert f"url('../logo.{short}.svg?x=1#y')" in release.bytes_of(more).decode()


def test_missing_references(tmp_path: Path) -> None:
    """Are nobody's business where style sheets stay as they are; elsewhere an error, or a warning."""
    files = {**SHEETS, "css/odd.css": "a { b: url(nowhere.png) }"}

    assert make_release(tmp_path, files, rewrite_css=False).build.warnings == ()
    with pytest.raises(AssetError, match="nowhere"):
        make_release(tmp_path, files, missing_references="error")
    (warning,) = make_release(tmp_path, files).build.warnings
    assert "nowhere.png" in warning


@pytest.mark.parametrize(
    ("settings", "warns"), [({}, True), ({"local": ["shop.css"]}, False), ({"scan_templates": False}, False)], ids=str
)
def test_parts_of_svg_files(tmp_path: Path, settings: dict[str, Any], warns: bool) -> None:
    """Are warned of, unless the style sheet comes from the page's own origin."""
    files = {"shop.css": "a{}\nb{clip-path:url(s.svg#round)}c{clip-path:url(#own)}", "s.svg": "<svg/>"}

    warnings = make_release(tmp_path, files, **settings).build.warnings

    assert [("shop.css, line 2: 's.svg#round'" in text, "assets.local" in text) for text in warnings] == (
        [(True, True)] if warns else []
    )


@pytest.mark.parametrize("mode", MODES, ids=str)
def test_style_sheets_in_a_circle(tmp_path: Path, mode: dict[str, Any]) -> None:
    """Have one checksum of 32 digits in their URLs, and their own in the release."""
    files: dict[str, str | bytes] = {"a.css": '@import "b.css";', "b.css": '@import "a.css"; b {}', "c.js": "1"}
    release = make_release(tmp_path, files, **mode, checksum_length=63)
    listed = parse_manifest(release.build.manifest)

    assert listed["static/a.css"] == listed["static/b.css"]
    assert len(listed["static/a.css"]) == 32
    expect_consistent(release)
    expect_urls(release, list(files))


@pytest.mark.parametrize("static_url_path", ["/static", "", "/a+b c/ü"])
def test_the_manifest_is_published(tmp_path: Path, static_url_path: str) -> None:
    """As an object like others, with the text that the app reads."""
    release = make_release(tmp_path, {"a.js": "1"}, static_url_path=static_url_path, publish_manifest=True)
    item = release.objects[MANIFEST_KEY]

    assert (item.kind, item.url_path) == ("manifest", MANIFEST_KEY)
    assert release.bytes_of(MANIFEST_KEY).decode() == release.build.manifest
    expect_consistent(release)
    assert split(*release.urls("a.js"))[0] in release.kinds


@pytest.mark.parametrize(
    ("files", "options", "words"),
    [
        ({"a.js": "1", f"a.{sha256('1')[:16]}.js": "2"}, {"fingerprint": "path"}, f"static/a.{sha256('1')[:16]}.js"),
        ({"cdn_manifest.txt": "x"}, {"publish_manifest": True, "static_url_path": ""}, "cdn_manifest.txt"),
    ],
)
def test_two_files_for_one_key(tmp_path: Path, files: Any, options: dict[str, Any], words: str) -> None:
    """Are refused by name; the same bytes are no conflict."""
    with pytest.raises(AssetError, match=r"Two files for one key|keeps for the manifest") as caught:
        make_release(tmp_path, files, **options)

    assert words in caught.value.message
    same: Any = {name: "1" for name in files if name != "cdn_manifest.txt"}
    expect_consistent(make_release(tmp_path / "same", same, **options))


def test_keys_that_checksums_make_too_long(tmp_path: Path) -> None:
    """Are refused before anything is hashed; in query mode, or where the name stays, they are not longer."""
    folders = "/".join(["d" * 200] * 4) + "/"
    longest = folders + "e" * (1007 - len(f"pre/static/{folders}"))
    release = make_release(tmp_path / "longest", {longest: "1"}, prefix="pre", fingerprint="path")
    assert max(len(f"pre/{key}".encode()) for key in release.kinds) == 1024
    expect_urls(release, [longest])

    longer: dict[str, str | bytes] = {f"{longest}e": "1"}
    make_release(tmp_path, longer, prefix="pre")
    make_release(tmp_path, longer, prefix="pre", fingerprint="path", keep_names=["eee*"])
    modes: dict[str, dict[str, Any]] = {"keep_names": {"fingerprint": "path"}, "immutable": {"immutable": True}}
    for key, mode in modes.items():
        with pytest.raises(AssetError, match="with its checksum, its key in the bucket is longer than") as caught:
            make_release(tmp_path, longer, prefix="pre", **mode)
        assert f"assets.{key}" in caught.value.hint


def test_headers_by_kind(tmp_path: Path) -> None:
    """What the settings say of a file goes for its copy, too."""
    headers = [{"match": "static/a.*", "set": {"x-amz-meta-a": "b"}}]
    files: dict[str, str | bytes] = {"a.js": "1", "sw.js": "2"}
    release = make_release(tmp_path, files, fingerprint="path", publish_manifest=True, headers=headers)
    found = {item.kind: item.headers for item in release.build.objects}

    assert found["hashed"].cache_control == "public, max-age=31536000, immutable"
    assert {found[kind].cache_control for kind in ("kept", "copy", "manifest")} == {"public, max-age=300"}
    assert found["hashed"].others == found["copy"].others == (("X-Amz-Meta-A", "b"),)


def test_a_release_is_made_once(tmp_path: Path) -> None:
    """What was compared with an expected manifest is what is published, though a style sheet changed in between."""
    release = make_release(tmp_path, {"a.css": "1"})
    builder = Builder([], release.settings, FileHashes())
    assert builder.build() is builder.build()


_NAMES = st.text(
    st.one_of(st.sampled_from(" +%#?&;=~!$'()*,:@[]{}\"\\<>|^`._-"), st.sampled_from("aZ9éü日\u0301")),
    min_size=1,
    max_size=12,
).filter(lambda name: name not in (".", "..") and not name.startswith("."))


@settings(max_examples=40)
@given(
    names=st.sets(_NAMES, min_size=1, max_size=5),
    mode=st.sampled_from(MODES),
    length=st.sampled_from([None, 16, 63]),
    copies=st.booleans(),
)
def test_every_url_leads_to_its_file(names: set[str], mode: dict[str, Any], length: int | None, copies: bool) -> None:
    """Whatever characters names have: the app's URLs and the release's keys come from one rule."""
    with fresh_folder() as folder:
        files: dict[str, str | bytes] = {f"{name}.js": name for name in sorted(names)}
        release = make_release(folder, files, **mode, checksum_length=length, plain_copies=copies, keep_names=["*a*"])

        expect_consistent(release)
        expect_urls(release, list(files))
        assert set(parse_manifest(release.build.manifest)) == {f"static/{name}" for name in files}
