"""Which files of the published release a deploy would lose with the folders that are missing or empty."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack.assets.collect import Collection, Selection, collect_assets
from flask_cdn_stack.assets.extra import ExtraFolder
from flask_cdn_stack.errors import StateError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.release.emptied import find_emptied
from flask_cdn_stack.release.records import ReleaseRecord, manifest_checksum
from flask_cdn_stack.release.state import ObjectRecord, State
from tests.conftest import write_files

ADMIN = "static/admin/a.css"
"""Below the path of another endpoint."""


def collect(folder: Path, *files: str) -> Collection:
    """Collect the files of an app with a blueprint, whose folders are there where one is in it."""
    write_files(folder, dict.fromkeys(files, ""))
    app = Flask("shop", root_path=str(folder))
    options = {"root_path": str(folder), "static_folder": "admin", "static_url_path": "/static/admin"}
    app.register_blueprint(Blueprint("admin", "shop", **options))  # type: ignore[arg-type]
    return collect_assets(app)


def published(*keys: str, earlier: tuple[str, ...] = ()) -> tuple[State, ReleaseRecord]:
    """A state in which a release of these keys is published, after one of others."""
    manifest = render_manifest(dict.fromkeys(keys, "0" * 64))
    item = ObjectRecord("0" * 64, 1, "", None, "")
    state = State(1, dict.fromkeys((*keys, *earlier), item), "two", manifest_checksum(manifest), ("one", "two"))
    return state, ReleaseRecord("two", 0, manifest, dict.fromkeys(keys, item))


@pytest.mark.parametrize(
    ("files", "keys", "earlier", "words", "reads"),
    [
        ((), ("static/a.css",), (), ["no file to publish", "release two"], 0),
        (("admin/a.css",), ("static/a.css", "static/b.css", ADMIN), (), ["static: ", "has 2 of it"], 1),
        (("static/b.css", "admin/.gitkeep"), ("static/a.css", ADMIN), (), ["admin.static: ", "has 1 of it"], 1),
        (("static/b.css",), ("static/a.css",), (ADMIN,), [], 1),
        (("static/b.css",), ("static/a.css",), (), [], 0),
        (("static/b.css", "admin/b.css"), ("static/a.css", ADMIN), (), [], 0),
        ((), (), ("static/a.css",), [], 0),
    ],
    ids=["all", "outer", "inner", "gone in an earlier release", "never there", "full", "empty before"],
)
def test_folders_that_are_gone(
    tmp_path: Path,
    files: tuple[str, ...],
    keys: tuple[str, ...],
    earlier: tuple[str, ...],
    words: list[str],
    reads: int,
) -> None:
    """Are told with the number of files that go with them; the record is read only where something may go."""
    state, record = published(*keys, earlier=earlier)
    asked: list[str] = []

    def read(release: str) -> ReleaseRecord:
        asked.append(release)
        return record

    found = find_emptied(state, collect(tmp_path, *files), read)

    assert bool(found) == bool(words)
    assert all(word in found for word in words), found
    assert found.count("\n") == 0
    assert asked == ["two"] * reads


def test_several_folders_below_one_path(tmp_path: Path) -> None:
    """One of them may be empty; all of them may not."""
    write_files(tmp_path, {"static/a.css": "", "one/x.css": "", "two/.gitkeep": ""})
    extra = tuple(ExtraFolder(str(tmp_path / name), "/themes", place=name) for name in ("one", "two"))
    state, record = published("static/a.css", "themes/x.css")
    app = Flask("shop", root_path=str(tmp_path))

    assert find_emptied(state, collect_assets(app, Selection(extra=extra)), lambda _: record) == ""
    (tmp_path / "one/x.css").unlink()
    found = find_emptied(state, collect_assets(app, Selection(extra=extra)), lambda _: record)
    assert found.startswith("one: ")
    assert "has 1 of it" in found


def damaged(release: str) -> None:
    """Fail as where a record cannot be read."""
    raise StateError("damaged")


def test_nothing_is_published_yet(tmp_path: Path) -> None:
    """So nothing can be lost."""
    assert find_emptied(State(), collect(tmp_path), damaged) == ""


@pytest.mark.parametrize("read", [damaged, lambda release: None])
def test_a_record_that_tells_nothing(tmp_path: Path, read: object) -> None:
    """Then the keys of all releases count."""
    state, _ = published("static/a.css", earlier=(ADMIN,))

    assert "has 1 of it" in find_emptied(state, collect(tmp_path, "static/a.css"), read)  # type: ignore[arg-type]
