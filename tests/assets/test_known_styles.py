"""Style sheets that an earlier run has seen: they are not opened again, and come out as if they had been."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.assets.known_hashes import KnownHashes, load_hashes, save_hashes
from flask_cdn_stack.errors import AssetReadError
from tests.conftest import write_files

from .published import Release, fresh_folder, make_release

FILES: dict[str, str | bytes] = {
    "a.css": "@import 'b.css'; a { b: url(x.png) url(x.png) url(none.png) }",
    "b.css": "c { d: url(y.png) }\n/*# sourceMappingURL=b.map */",
    "plain.css": "e {}",
    "x.png": "1",
    "y.png": "2",
}


class CountingHashes(FileHashes):
    """Keeps the names of the files that are opened."""

    opened: list[str]

    def _read(self, file: str, whole: bool, keep: bool = True):  # type: ignore[no-untyped-def]
        self.opened = [*getattr(self, "opened", []), Path(file).name]
        return super()._read(file, whole, keep)


def remember(folder: Path, hashes: FileHashes) -> KnownHashes:
    """Write what was found, as a run does at its end, and read it as the next one does."""
    save_hashes(folder / "cache.json", KnownHashes(hashes.lasting, hashes.styles))
    return load_hashes(folder / "cache.json")


def make(folder: Path, known: KnownHashes, mode: str = "path") -> tuple[Release, CountingHashes]:
    hashes = CountingHashes(known.files, now=lambda: 2e10, styles=known.styles)
    return make_release(folder, {}, hashes, fingerprint=mode), hashes


@pytest.mark.parametrize("mode", ["path", "query"])
def test_nothing_changed(tmp_path: Path, mode: str) -> None:
    """Nothing is opened until something is sent; warnings stay."""
    write_files(tmp_path / "static", FILES)
    first, hashes = make(tmp_path, KnownHashes(), mode)
    again, later = make(tmp_path, remember(tmp_path, hashes), mode)

    assert again.build == first.build
    assert not hasattr(later, "opened")
    assert not later.is_new
    assert {key: again.bytes_of(key) for key in again.objects} == {key: first.bytes_of(key) for key in first.objects}


def test_what_it_leads_to_changes(tmp_path: Path) -> None:
    """Only the sheets that lead there are opened, one behind the other."""
    write_files(tmp_path / "static", FILES)
    known = remember(tmp_path, make(tmp_path, KnownHashes())[1])
    write_files(tmp_path / "static", {"x.png": "3"})
    changed, hashes = make(tmp_path, known)

    assert set(hashes.opened) == {"x.png", "a.css"}
    assert changed.build == make(tmp_path, KnownHashes())[0].build


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    """Is not sent as what was planned."""
    write_files(tmp_path / "static", FILES)
    known = remember(tmp_path, make(tmp_path, KnownHashes())[1])
    release, _ = make(tmp_path, known)
    write_files(tmp_path / "static", {"a.css": "other {}"})
    (key,) = [key for key in release.objects if key.startswith("static/a.") and release.kinds[key] == "hashed"]

    with pytest.raises(AssetReadError, match=r"a\.css changed"):
        release.bytes_of(key)


_EDITS = st.dictionaries(
    st.sampled_from(["a.css", "b.css", "c.css", "x.png"]),
    st.sampled_from(["@import 'a.css';", "@import 'b.css';", "a{b:url(x.png)}", "a{b:url(c.css)url(/no)}", "1", "\\"]),
)


@settings(max_examples=60)
@given(st.lists(_EDITS, min_size=2, max_size=4), st.sampled_from(["path", "query"]))
def test_any_edits(edits: list[dict[str, str | bytes]], mode: str) -> None:
    """What comes of files that were seen before is what comes of them when they are seen for the first time."""
    with fresh_folder() as folder:
        known = KnownHashes()
        for files in edits:
            write_files(folder / "static", {**files, "always.txt": "1"})
            seen, hashes = make(folder, known, mode)
            fresh = make(folder, KnownHashes(), mode)[0]
            assert seen.build == fresh.build
            assert all(seen.bytes_of(key) == fresh.bytes_of(key) for key in fresh.objects)
            known = remember(folder, hashes)
