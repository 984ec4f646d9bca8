from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from flask import Config
from hypothesis import given
from hypothesis import strategies as st

from flask_cdn_stack.config_file import (
    HEADER,
    ConfigValues,
    check_writable,
    is_own_file,
    read_config_file,
    render_env,
    render_json,
    render_python,
    write_guarded,
    write_new,
)
from flask_cdn_stack.config_keys import CONFIG_KEYS
from flask_cdn_stack.errors import LocalFileError, RefusedError
from flask_cdn_stack.manifest import HEADER as MANIFEST_HEADER

ORDER = [
    "CDN_DOMAIN",
    "CDN_HTTPS",
    "CDN_TIMESTAMP",
    "CDN_MANIFEST",
    "CDN_MANIFEST_URL",
    "CDN_FINGERPRINT",
    "CDN_CHECKSUM_LENGTH",
    "CDN_KEEP_NAMES",
    "CDN_LOCAL_NAMES",
    "CDN_ENDPOINTS",
    "CDN_OVERRIDE_FLASK_URL_FOR",
]
FULL = ConfigValues("d111111abcdef8.cloudfront.net", https=True, manifest="cdn_manifest.txt", checksum_length=64)
VALUES = [
    ConfigValues(None),
    ConfigValues("cdn.example.net"),
    ConfigValues("cdn.example.net/Pre", https=False),
    FULL,
    ConfigValues("cdn.example.net", manifest="build/my manifest 'x' ü🙂.txt"),
    FULL._replace(endpoints=("static", "views.themes"), extra_urls=("/themes", "/a b,c")),
]


def run(text: str, path: Path) -> dict[str, Any]:
    """Execute the text of a config file as Flask does and return its keys."""
    names: dict[str, Any] = {"__file__": str(path)}
    exec(compile(text, str(path), "exec"), names)
    return {name: value for name, value in names.items() if name.isupper()}


def test_keys() -> None:
    """Each key is listed once, with a default and what it means."""
    names = [key.name for key in CONFIG_KEYS]
    assert len(names) == len(set(names))
    assert [key.name for key in CONFIG_KEYS if key.generated] == ORDER
    assert all(key.meaning.endswith(".") for key in CONFIG_KEYS)


def test_text_of_the_file() -> None:
    """The file is short, plain Python that says who wrote it."""
    lines = render_python(FULL).splitlines()
    assert lines[:4] == [HEADER, "import os", "", 'CDN_DOMAIN = "d111111abcdef8.cloudfront.net"']
    location = 'os.path.join(os.path.dirname(os.path.abspath(__file__)), "cdn_manifest.txt")'
    assert f"CDN_MANIFEST_URL = {location}" in lines
    assert [line.partition(" = ")[0] for line in lines[3:]] == ORDER


@pytest.mark.parametrize("values", VALUES)
def test_every_form_says_the_same(values: ConfigValues, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python, JSON and environment variables give Flask equal values, in one order."""
    from_python = run(render_python(values), tmp_path / "cdn_config.py")
    assert list(from_python) == ORDER + ["CDN_EXTRA_URLS"] * bool(values.extra_urls)
    if values.manifest:
        assert from_python["CDN_MANIFEST_URL"] == str(tmp_path / values.manifest)
    assert list(json.loads(render_json(values, tmp_path)).items()) == list(from_python.items())
    for variable in shlex.split(render_env(values, tmp_path)):
        monkeypatch.setenv(*variable.split("=", 1))
    from_environment = Config(tmp_path)
    from_environment.from_prefixed_env()
    assert {name: from_environment[name] for name in from_python} == from_python


@given(st.text(st.characters(exclude_characters="\0"), min_size=1))
def test_any_text_survives(text: str) -> None:
    """Whatever is in a value, Python reads it as it was, and the file can be written."""
    written = render_python(ConfigValues(text, manifest="m" + text))
    values = run(written.encode("utf-8").decode("utf-8"), Path("/srv/cdn_config.py"))
    assert values["CDN_DOMAIN"] == text
    assert values["CDN_MANIFEST_URL"] == "/srv/m" + text


def test_manifest_above_the_file(tmp_path: Path) -> None:
    """A config file in a folder below finds the manifest above, without dots in its path."""
    text = render_python(ConfigValues("cdn.example.net", manifest="../cdn_manifest.txt"))
    assert run(text, tmp_path / "shop" / "cdn_config.py")["CDN_MANIFEST_URL"] == str(tmp_path / "cdn_manifest.txt")


@pytest.mark.parametrize("values", VALUES)
def test_read_config_file(values: ConfigValues, tmp_path: Path) -> None:
    """A file of ours is read without being run; the manifest's location is computed and so left out."""
    path = tmp_path / "cdn_config.py"
    assert write_guarded(path, render_python(values))
    expected = values.literals()
    if values.manifest:
        del expected["CDN_MANIFEST_URL"]
    assert read_config_file(path) == expected


@pytest.mark.parametrize("data", [b"<<<<<<< HEAD\n", b"CDN_DOMAIN = '\xff'\n", b"CDN_DOMAIN = \0\n"])
def test_read_config_file_that_is_not_whole(data: bytes, tmp_path: Path) -> None:
    """It is not taken for an empty one, which would lose the domain."""
    path = tmp_path / "cdn_config.py"
    path.write_bytes(f"{HEADER}\n".encode() + data)

    with pytest.raises(LocalFileError, match="cannot be read"):
        read_config_file(path)


def test_read_config_file_of_others(tmp_path: Path) -> None:
    """A file of somebody else, or none, gives no values."""
    (tmp_path / "theirs.py").write_text("CDN_DOMAIN = 'x'\n")
    assert read_config_file(tmp_path / "theirs.py") == {}
    assert read_config_file(tmp_path / "none.py") == {}
    assert read_config_file(tmp_path) == {}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# flask-cdn-stack config: an earlier wording\n", True),
        (f"{MANIFEST_HEADER}\r\n", True),
        (f"{MANIFEST_HEADER}o of our team\n", False),
        ("# flask-cdn-stack configuration of our team, by hand\n", False),
        ("", False),
        (f"\n{HEADER}\n", False),
    ],
)
def test_is_own_file(tmp_path: Path, text: str, expected: bool) -> None:
    """The first line says whether this tool wrote a file."""
    (tmp_path / "file").write_text(text)
    assert is_own_file(tmp_path / "file") is expected


def test_write(tmp_path: Path) -> None:
    """A file is written when its text changes, keeps its mode, and leaves nothing beside it."""
    path = tmp_path / "cdn_config.py"
    assert write_guarded(path, f"{HEADER}\na = 1\n") is True
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    path.chmod(0o640)
    os.utime(path, (1, 1))
    assert write_guarded(path, f"{HEADER}\na = 1\n") is False
    assert path.stat().st_mtime == 1
    assert write_guarded(path, f"{HEADER}\na = 'ü'\n") is True
    assert path.read_text("utf-8") == f"{HEADER}\na = 'ü'\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(tmp_path) == ["cdn_config.py"]


def test_it_is_imported_as_it_is(tmp_path: Path) -> None:
    """However soon it is written again, and of whatever size: Python keeps bytecode by the second and the size."""
    path = tmp_path / "cdn_config.py"
    for number in (16, 12, 123, 17):
        write_guarded(path, f"{HEADER}\nLENGTH = {number}\n")
        imported = subprocess.run(
            [sys.executable, "-c", "import cdn_config; print(cdn_config.LENGTH)"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        assert int(imported.stdout) == number


def test_foreign_file_is_refused(tmp_path: Path) -> None:
    """What this tool did not write is left as it is, and so is a folder."""
    path = tmp_path / "cdn_config.py"
    path.write_text("SECRET = 1\n")
    with pytest.raises(RefusedError, match="was not written by flask-cdn-stack") as caught:
        write_guarded(path, f"{HEADER}\n")
    assert caught.value.exit_code == 4
    assert path.read_text() == "SECRET = 1\n"
    with pytest.raises(RefusedError):
        write_guarded(tmp_path, f"{HEADER}\n")


def test_symbolic_links(tmp_path: Path) -> None:
    """A link to a file of ours is written through; one to a foreign file or to nothing is refused."""
    own, foreign, link = tmp_path / "own.py", tmp_path / "foreign.py", tmp_path / "link.py"
    own.write_text(f"{HEADER}\n")
    foreign.write_text("x = 1\n")
    link.symlink_to(own)
    assert write_guarded(link, f"{HEADER}\nx = 2\n") is True
    assert link.is_symlink()
    assert own.read_text() == f"{HEADER}\nx = 2\n"
    for target in (foreign, tmp_path / "nothing.py"):
        link.unlink()
        link.symlink_to(target)
        with pytest.raises(RefusedError):
            write_guarded(link, f"{HEADER}\n")
    assert foreign.read_text() == "x = 1\n"
    assert not (tmp_path / "nothing.py").exists()


def test_missing_folder(tmp_path: Path) -> None:
    """A missing folder is an error that says so; none is created."""
    path = tmp_path / "no" / "cdn_config.py"
    for attempt in (lambda: write_guarded(path, f"{HEADER}\n"), lambda: check_writable(path)):
        with pytest.raises(LocalFileError, match="its folder does not exist"):
            attempt()
    assert os.listdir(tmp_path) == []


def test_closed_folder() -> None:
    """A folder without permissions is an error with a sentence, for an ordinary user."""
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from flask_cdn_stack.config_file import check_writable, LocalFileError\n"
        "os.geteuid() or os.setuid(65534)\n"
        "try: check_writable(Path(sys.argv[1]))\n"
        "except LocalFileError as error: print(error.message)"
    )
    for mode in (0o555, 0o000):
        # Not below tmp_path, which an ordinary user cannot enter where the tests run as root.
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            closed = Path(folder, "closed")
            closed.mkdir()
            closed.chmod(mode)
            command = [sys.executable, "-c", program, str(closed / "cdn_config.py")]
            root = Path(__file__).parent.parent
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
            assert "its folder is not writable" in done.stdout


def test_a_new_file(tmp_path: Path) -> None:
    """Is written where there is nothing, not even a link that leads nowhere; else what is there stays."""
    write_new(tmp_path / "new.yml", "app: ü\n")
    assert (tmp_path / "new.yml").read_bytes() == "app: ü\n".encode()
    (tmp_path / "link.yml").symlink_to("gone")
    for name in ("new.yml", "link.yml"):
        with pytest.raises(RefusedError, match=f"{name} exists; it is left as it is"):
            write_new(tmp_path / name, "other")
    with pytest.raises(LocalFileError, match="cannot be written: No such file or directory"):
        write_new(tmp_path / "nowhere" / "new.yml", "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link.yml", "new.yml"]
