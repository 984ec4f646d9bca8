"""Which files an app publishes, and under which names."""

from __future__ import annotations

import codecs
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack.assets.collect import _OF_THE_SYSTEM, Collection, Selection, _remark_on, collect_assets
from flask_cdn_stack.errors import AssetError, AssetReadError
from tests.conftest import write_files

_NOBODY = 65534


def make_app(root: Path, *blueprints: Blueprint, **options: Any) -> Flask:
    app = Flask("shop", root_path=str(root), **options)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    return app


def blueprint(name: str, root: Path, **options: Any) -> Blueprint:
    """Return a blueprint over ``root/<name>/static``."""
    return Blueprint(name, name, root_path=str(root / name), static_folder="static", **options)


def keys(collection: Collection) -> list[str]:
    return [asset.key for asset in collection.assets]


@contextmanager
def without_permissions(path: Path) -> Iterator[None]:
    """Take a file's permissions away, and root's power to read it nevertheless."""
    mode, user = path.stat().st_mode, os.geteuid()
    # Werkzeug needs this one. Where nobody may read Python's own files, it would be unknown to this process for good.
    codecs.lookup("idna")
    path.chmod(0)
    try:
        if user == 0:
            os.seteuid(_NOBODY)
        yield
    finally:
        os.seteuid(user)
        path.chmod(mode)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can reach, which ``tmp_path`` is not."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)


def test_app_and_blueprints(tmp_path: Path) -> None:
    """In the order of their keys, each with endpoint and file."""
    write_files(
        tmp_path, {"static/b.css": "", "static/a/c.css": "", "admin/static/a.css": "", "child/static/k.css": ""}
    )
    parent = Blueprint("parent", "parent", url_prefix="/parent", root_path=str(tmp_path))
    parent.register_blueprint(blueprint("child", tmp_path, url_prefix="/child"))
    found = collect_assets(make_app(tmp_path, blueprint("admin", tmp_path, url_prefix="/admin"), parent))

    assert [(asset.endpoint, asset.key, asset.file) for asset in found.assets] == [
        ("admin.static", "admin/static/a.css", str(tmp_path / "admin/static/a.css")),
        ("parent.child.static", "parent/child/static/k.css", str(tmp_path / "child/static/k.css")),
        ("static", "static/a/c.css", str(tmp_path / "static/a/c.css")),
        ("static", "static/b.css", str(tmp_path / "static/b.css")),
    ]
    assert (found.shadowed, found.warnings) == ((), ())


def test_a_blueprint_registered_twice(tmp_path: Path) -> None:
    """Its files have one name for each registration."""
    write_files(tmp_path, {"admin/static/a.css": "a", "static/b.css": "b"})
    app, admin = make_app(tmp_path), blueprint("admin", tmp_path, url_prefix="/admin")
    app.register_blueprint(admin)
    app.register_blueprint(admin, name="again", url_prefix="/again")

    assert keys(collect_assets(app)) == ["admin/static/a.css", "again/static/a.css", "static/b.css"]


def test_a_prefix_with_variables_is_left_to_flask(tmp_path: Path) -> None:
    """And said once, however many files there are."""
    write_files(tmp_path, {"static/a.css": "", "tongue/static/b.css": "", "tongue/static/c.css": ""})
    found = collect_assets(make_app(tmp_path, blueprint("tongue", tmp_path, url_prefix="/<lang>")))

    assert keys(found) == ["static/a.css"]
    assert found.warnings == ("tongue.static has variables in its URL besides the file name; it is left to Flask.",)


def test_views_that_happen_to_be_called_static(tmp_path: Path) -> None:
    """Have no folder, and are none of ours."""
    app = make_app(tmp_path, Blueprint("files", "files", root_path=str(tmp_path)), static_folder=None)
    app.add_url_rule("/files/<path:filename>", "files.static", lambda filename: "")
    app.add_url_rule("/x/<path:filename>", "static", lambda filename: "")
    app.add_url_rule("/y/<path:filename>", "nowhere.static", lambda filename: "")

    assert collect_assets(app).warnings == ("The app has no static files to publish.",)


def test_a_path_that_another_view_serves(tmp_path: Path) -> None:
    """Is not published but listed, as a CDN would put the file in front of the view."""
    write_files(tmp_path, {"static/about": "file", "static/moved": "file", "static/x.css": "x"})
    app = make_app(tmp_path, static_url_path="")
    app.add_url_rule("/about", "about", lambda: "the view")
    app.add_url_rule("/moved", "moved", redirect_to="/about")
    found = collect_assets(app)

    assert (keys(found), found.shadowed) == (["x.css"], ("about", "moved"))
    assert app.test_client().get("/about").data == b"the view"


def test_a_blueprint_behind_the_apps_folder(tmp_path: Path) -> None:
    """Without a prefix its ``/static`` is the app's, as Flask's documentation warns."""
    write_files(tmp_path, {"static/a.css": "app", "admin/static/a.css": "admin", "admin/static/b.css": "admin"})
    app = make_app(tmp_path, blueprint("admin", tmp_path, static_url_path="/static"))
    found = collect_assets(app)

    assert (keys(found), found.shadowed) == (["static/a.css"], ("static/a.css", "static/b.css"))
    assert app.test_client().get("/static/b.css").status_code == 404


def two_hosts(root: Path, one: str, two: str) -> Flask:
    write_files(root, {"one/static/a.css": one, "two/static/a.css": two})
    blueprints = [blueprint(name, root, url_prefix="/x", subdomain=name) for name in ("one", "two")]
    app = make_app(root, *blueprints, static_folder=None, subdomain_matching=True)
    app.config["SERVER_NAME"] = "shop.example"
    return app


def test_two_files_for_one_url(tmp_path: Path) -> None:
    """A CDN has one host; both are named, and equal ones need no decision."""
    with pytest.raises(AssetError) as caught:
        collect_assets(two_hosts(tmp_path, "one", "two"))

    assert caught.value.exit_code == 2
    for part in ("/x/static/a.css", "one.static", "two.static", str(tmp_path / "one"), str(tmp_path / "two")):
        assert part in caught.value.message
    assert "static_url_path" in caught.value.hint
    found = collect_assets(two_hosts(tmp_path, "same", "same"))
    assert [(asset.key, asset.endpoint) for asset in found.assets] == [("x/static/a.css", "one.static")]


@pytest.mark.parametrize(
    ("name", "url_path", "prefix", "problem"),
    [
        ("a\x01b.css", None, "", "which S3 cannot list"),
        ("a/.flask-cdn-stack/x", "", "", "keeps for itself"),
        ("a/b/.flask-cdn-stack/c/x", None, "shop", "keeps for itself"),
        (".flask-cdn-stack-root", "", "", "keeps for itself"),
    ],
)
def test_names_that_cannot_be_published(
    tmp_path: Path, name: str, url_path: str | None, prefix: str, problem: str
) -> None:
    """Refused before anything is sent; excluding the file helps."""
    write_files(tmp_path, {f"static/{name}": "x", "static/good.css": "x"})
    app = make_app(tmp_path, static_url_path=url_path)

    with pytest.raises(AssetError, match=problem) as caught:
        collect_assets(app, Selection(hidden=True), prefix)

    assert caught.value.exit_code == 2
    assert str(tmp_path) in caught.value.message
    good = Selection(hidden=True, include=("good.css",))
    assert len(collect_assets(app, good, prefix).assets) == 1


def test_the_longest_key(tmp_path: Path) -> None:
    """1,024 bytes with the prefix."""
    name = "/".join(["a" * 250, "b" * 250, "c" * 250, "d" * 200])
    write_files(tmp_path, {f"static/{name}": "x"})
    prefix = "p" * (1024 - len(f"/static/{name}"))

    assert len(collect_assets(make_app(tmp_path), prefix=prefix).assets) == 1
    with pytest.raises(AssetError, match="longer"):
        collect_assets(make_app(tmp_path), prefix=prefix + "p")


@pytest.mark.parametrize(
    ("files", "warning"), [({}, "there is no static folder"), ({"static/.x": ""}, "no static files")]
)
def test_nothing_to_publish(tmp_path: Path, files: dict[str, str], warning: str) -> None:
    """Is worth a word: a wrong app or an unbuilt front end looks like this."""
    write_files(tmp_path, files)
    found = collect_assets(make_app(tmp_path))

    assert found.assets == ()
    assert any(warning in text for text in found.warnings)
    assert found.warnings[-1] == "The app has no static files to publish."


def test_links(tmp_path: Path) -> None:
    """Are followed as Flask follows them: out of the folder with a warning, in a circle not at all."""
    write_files(tmp_path, {"static/real/a.css": "a", "elsewhere/out.css": "out"})
    static = tmp_path / "static"
    for name, target in {
        "inside": "real", "file.css": "real/a.css", "dangling": "nowhere", "itself": "itself",
        "outside": "../elsewhere", "real/up": "..", "out.css": "../elsewhere/out.css",
    }.items():  # fmt: skip
        (static / name).symlink_to(target)
    app = make_app(tmp_path)
    found = collect_assets(app)

    assert keys(found) == [
        "static/file.css", "static/inside/a.css", "static/out.css", "static/outside/out.css", "static/real/a.css",
    ]  # fmt: skip
    for asset in found.assets:
        with app.test_client().get("/" + asset.url_path) as answer:
            assert answer.data == Path(asset.file).read_bytes()
    assert set(found.warnings) == {
        f"{static}/dangling is a broken link; it is not published.",
        f"{static}/itself is a broken link; it is not published.",
        f"{static}/outside is a link out of the static folder; it is published, as Flask serves it too.",
        f"{static}/out.css is a link out of the static folder; it is published, as Flask serves it too.",
        f"{static}/inside/up is a link to a folder that it lies in; it is not followed.",
    }


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs Linux")
def test_folders_of_the_system(tmp_path: Path) -> None:
    """Are not walked through where a link leads to one above them."""
    static = tmp_path / "static"
    static.mkdir()
    (static / "task").symlink_to("/proc/self/task")
    with os.scandir("/") as entries:
        found = {entry.name: _remark_on(entry, (str(static), "/"), 1) for entry in entries}

    assert keys(collect_assets(make_app(tmp_path))) == []
    assert [name for name in ("proc", "sys", "dev") if found[name] != _OF_THE_SYSTEM] == []
    assert _OF_THE_SYSTEM not in (found["etc"], found["tmp"])


def test_links_below_links(tmp_path: Path) -> None:
    """Three on one path are followed, with any number of folders between them; the fourth is named."""
    write_files(tmp_path, {f"other/{number}/sub/{number}.css": "x" for number in range(5)} | {"static/a.css": "a"})
    (tmp_path / "static/l0").symlink_to("../other/0")
    for number in range(4):
        (tmp_path / f"other/{number}/sub/l{number + 1}").symlink_to(f"../../{number + 1}")
    (tmp_path / "other/2/sub/file.css").symlink_to("2.css")
    found = collect_assets(make_app(tmp_path))

    below = "static/l0/sub/l1/sub/l2/sub"
    assert keys(found) == [
        "static/a.css", "static/l0/sub/0.css", "static/l0/sub/l1/sub/1.css", f"{below}/2.css", f"{below}/file.css",
    ]  # fmt: skip
    assert found.warnings[-1] == (
        f"{tmp_path}/{below}/l3 is a link to a folder, below 3 others; "
        "it is not followed, though Flask serves what is in it."
    )


def test_folders_that_all_link_to_each_other(tmp_path: Path) -> None:
    """End soon, with a few links named and the others counted."""
    names = [f"f{number}" for number in range(6)]
    write_files(tmp_path, {f"static/{name}/{name}.css": "x" for name in names})
    for name in names:
        for other in names:
            (tmp_path / "static" / name / f"to-{other}").symlink_to(f"../{other}")
    began = time.process_time()
    found = collect_assets(make_app(tmp_path))

    assert time.process_time() - began < 10
    assert len(found.assets) == 6 + 6 * 5 + 6 * 5 * 4 + 6 * 5 * 4 * 3
    for remark, count in {"that it lies in": 36, "below 3 others": 30}.items():
        sentences = [text for text in found.warnings if remark in text]
        assert len(sentences) == 11
        assert sentences[-1].startswith(f"In {tmp_path}/static {count - 10} more: each is a link to a folder")
    assert len(found.warnings) == 22


def test_what_is_neither_file_nor_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe would be waited for without end."""
    write_files(tmp_path, {"static/a.css": ""})
    os.mkfifo(tmp_path / "static/pipe")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path / "static")  # a socket's path must be short
        server.bind("socket")
        found = collect_assets(make_app(tmp_path))

    assert keys(found) == ["static/a.css"]
    assert [text.partition(" ")[2] for text in found.warnings] == ["is not a file; it is not published."] * 2


def test_a_folder_that_cannot_be_read(open_folder: Path) -> None:
    """Fails with its name: to leave it out would unpublish its files. So does one of two files for one URL."""
    write_files(open_folder, {"static/closed/a.css": "a", "static/b.css": "b"})

    with without_permissions(open_folder / "static/closed"), pytest.raises(AssetReadError) as caught:
        collect_assets(make_app(open_folder))

    assert caught.value.exit_code == 1
    assert caught.value.message == f"{open_folder}/static/closed cannot be read: Permission denied."
    app = two_hosts(open_folder, "same", "same")
    with (
        without_permissions(open_folder / "two/static/a.css"),
        pytest.raises(AssetReadError, match=r"two/static/a\.css"),
    ):
        collect_assets(app)
