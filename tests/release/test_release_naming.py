"""Which releases the apps of today find: by the record's word, or by what its keys tell."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from flask_cdn_stack.assets.published_names import Naming
from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.record_model import FORMAT
from flask_cdn_stack.release.records import ReleaseRecord, decode_release, encode_release
from flask_cdn_stack.release.release_naming import check_naming, find_uncopied, names_hold_checksums, release_naming
from flask_cdn_stack.release.state import ObjectRecord
from flask_cdn_stack.release.state_text import pack

RECORD = ObjectRecord("c" * 64, 1, "e", "v1", "h")
CHECKSUM = "0123456789abcdef" * 4
FILES = ("css/app.css", "LICENSE", "sw.js", "js/a.js", "app-Bx12.js")
QUERY = Naming("query", 64)
PATH = Naming("path", 16, keep_names=("sw.js",))
IMMUTABLE = Naming("query", 16, keep_names=("sw.js",), immutable=True)


def make_release(naming: Naming, files: Iterable[str] = FILES, recorded: bool = True) -> ReleaseRecord:
    """A release as a deploy with these settings makes it; ``app-Bx12.js`` is a bundler's."""
    manifest = render_manifest(dict.fromkeys(files, CHECKSUM), ["app-Bx12.js"] if naming.holds_checksums else [])
    keys = set(naming.find_keys(manifest).values()) | (set(files) if naming.plain_copies else set())
    keys |= {"cdn_manifest.txt"} if naming.publish_manifest else set()
    return ReleaseRecord("r1", 1, manifest, dict.fromkeys(keys, RECORD), naming=naming if recorded else None)


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "old record"])
@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (QUERY, QUERY),
        (QUERY, QUERY._replace(checksum_length=8, keep_names=("*",))),
        (QUERY, PATH._replace(keep_names=("*",))),
        (PATH, PATH),
        (PATH, QUERY),
        (PATH, PATH._replace(keep_names=("sw.js", "*.css"))),
        (PATH._replace(plain_copies=False), PATH),
        (PATH._replace(publish_manifest=True), PATH),
        (PATH._replace(publish_manifest=True), PATH._replace(publish_manifest=True)),
    ],
)
def test_found(made: Naming, wanted: Naming, recorded: bool) -> None:
    """Under the same names, or under plain ones that are there besides."""
    check_naming(make_release(made, recorded=recorded), wanted)


@pytest.mark.parametrize("recorded", [True, False], ids=["recorded", "old record"])
@pytest.mark.parametrize(
    ("made", "wanted", "was", "now"),
    [
        (PATH, PATH._replace(checksum_length=12), "checksum_length: 16", "checksum_length: 12"),
        (QUERY, PATH, "fingerprint: query", "fingerprint: path"),
        (PATH._replace(plain_copies=False), QUERY, "fingerprint: path, assets.checksum_length: 16", "query"),
        (PATH, PATH._replace(keep_names=()), 'keep_names: ["sw.js"]', "keep_names: []"),
        (PATH, PATH._replace(keep_names=("js/**",)), 'keep_names: ["sw.js"]', 'keep_names: ["js/**"]'),
        (
            PATH._replace(plain_copies=False),
            PATH._replace(keep_names=("*.css", "*.js")),
            'keep_names: ["sw.js"]',
            'keep_names: ["*.css", "*.js"]',
        ),
        (
            PATH,
            Naming("path", 12),
            'checksum_length: 16, assets.keep_names: ["sw.js"]',
            "checksum_length: 12, assets.keep_names: []",
        ),
        (PATH, PATH._replace(publish_manifest=True), "without assets.publish_manifest", "publish_manifest: false"),
    ],
)
def test_not_found(made: Naming, wanted: Naming, was: str, now: str, recorded: bool) -> None:
    """The settings to change are named, and to what."""
    with pytest.raises(RefusedError) as caught:
        check_naming(make_release(made, recorded=recorded), wanted)

    assert "Nothing was changed." in caught.value.message
    assert was in caught.value.message
    assert now in str(caught.value)
    assert was in caught.value.hint or made.publish_manifest != wanted.publish_manifest


@pytest.mark.parametrize(
    ("made", "wanted", "was"),
    [
        (IMMUTABLE, IMMUTABLE._replace(keep_names=("*",)), ""),
        (IMMUTABLE, QUERY, ""),
        (IMMUTABLE, PATH._replace(keep_names=()), "fingerprint: query, assets.immutable: true"),
        (PATH._replace(keep_names=()), IMMUTABLE, "fingerprint: path, assets.immutable: false"),
        (PATH, IMMUTABLE, "fingerprint: path, assets.immutable: false."),
        (QUERY, IMMUTABLE, "assets.immutable: false"),
        (IMMUTABLE, IMMUTABLE._replace(checksum_length=20), "assets.checksum_length: 16"),
    ],
)
def test_versions_by_the_query(made: Naming, wanted: Naming, was: str) -> None:
    """Lie in folders of their own; without the edge's function the plain copies are found."""
    record = make_release(made)
    if not was:
        check_naming(record, wanted)
        return

    with pytest.raises(RefusedError) as caught:
        check_naming(record, wanted)
    assert was in caught.value.message
    check_naming(record, release_naming(record))


def test_a_record_of_old() -> None:
    """Is found with the settings that the message names: globs of today that do no harm stay among them."""
    record = make_release(PATH._replace(checksum_length=20, plain_copies=False), recorded=False)

    with pytest.raises(RefusedError, match=r"3 of its 5 files, such as LICENSE") as caught:
        check_naming(record, Naming("query", 64, keep_names=("img/**", "js/**")))
    assert 'path, assets.checksum_length: 20, assets.keep_names: ["img/**", "sw.js"] in' in caught.value.hint
    check_naming(record, Naming("path", 20, keep_names=("img/**", "sw.js")))
    check_naming(record, release_naming(record))


def test_an_object_that_is_not_in_the_record() -> None:
    """Is missed, though the settings are the same."""
    record = make_release(PATH)
    objects = {key: value for key, value in record.objects.items() if not key.startswith("css/")}

    with pytest.raises(RefusedError, match=r"no object where apps would look for 1 of its 5 files") as caught:
        check_naming(record._replace(objects=objects), PATH)
    assert "flask-cdn-stack deploy" in caught.value.hint


def test_plain_copies() -> None:
    """Are missed only where the settings want them."""
    bare = make_release(PATH._replace(plain_copies=False))

    assert find_uncopied(bare, PATH) == ["LICENSE", "css/app.css", "js/a.js"]
    assert find_uncopied(bare, PATH._replace(plain_copies=False)) == []
    assert find_uncopied(make_release(PATH), PATH) == []
    assert find_uncopied(bare, IMMUTABLE) == ["LICENSE", "css/app.css", "js/a.js"]


@pytest.mark.parametrize("naming", [PATH, IMMUTABLE, QUERY._replace(prefix="live", publish_manifest=True), None])
def test_written_and_read(naming: Naming | None) -> None:
    """Each of them comes back; a key that a later version adds is passed over."""
    record = make_release(PATH)._replace(naming=naming)
    assert decode_release(encode_release(record), "r1") == record

    content = {"format": FORMAT, "release": "r1", "created": 1, "manifest": record.manifest, "later": {"a": 1}}
    if naming:
        content["naming"] = {**naming._asdict(), "later": 1}
    assert decode_release(pack(content, record.objects), "r1") == record


def test_the_record_is_believed() -> None:
    """A release that keeps all its names is still one that was made with checksums in names."""
    manifest = render_manifest({"sw.js": CHECKSUM})
    record = ReleaseRecord("r", 1, manifest, {"sw.js": RECORD})

    assert not names_hold_checksums(record)
    assert names_hold_checksums(record._replace(naming=PATH))
    assert names_hold_checksums(record._replace(naming=IMMUTABLE))
    assert not names_hold_checksums(make_release(PATH)._replace(naming=QUERY))


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("css/app.css", "LICENSE"), False),
        (("css/app.css", "css/app.0123456789abcdef.css"), True),
        (("css/app.0123456789abcdef.css", "LICENSE"), True),
        (("LICENSE.fedcba98",), True),
        (("css/app.css", "LICENSE", "cdn_manifest.txt"), False),
        (("css/app.fedcba98.css",), False),
        (("css/other.0123456789abcdef.css",), False),
    ],
)
def test_names_with_checksums(keys: tuple[str, ...], expected: bool) -> None:
    """Are known by the checksum that the manifest has."""
    manifest = render_manifest({"css/app.css": "0123456789abcdef" * 4, "LICENSE": "fedcba9876543210" * 4})

    assert names_hold_checksums(ReleaseRecord("r", 1, manifest, dict.fromkeys(keys, RECORD))) is expected


def test_names_with_a_bundlers_hash() -> None:
    """Are known by the manifest's word."""
    manifest = render_manifest({"app-Bx12.js": "c"}, ["app-Bx12.js"])

    assert names_hold_checksums(ReleaseRecord("r", 1, manifest, {"app-Bx12.js": RECORD}))
