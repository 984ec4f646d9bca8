"""What is read of what others write: each either reads any bytes or says in an error of ours that it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from flask_cdn_stack.config_file import HEADER, read_config_file, render_python
from flask_cdn_stack.errors import LocalFileError, ManifestError, SettingsError, StateError
from flask_cdn_stack.manifest import parse_kept, parse_manifest, parse_sought, render_manifest
from flask_cdn_stack.release.records import decode_release, encode_release
from flask_cdn_stack.release.state_text import decode_state, encode_state
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.stack.outputs import config_values

Target = Callable[[bytes, Path], object]


def read_manifest(data: bytes, folder: Path) -> None:
    """A manifest, from a file or a server."""
    text = data.decode("utf-8", "replace")
    with suppress(ManifestError):
        checksums = parse_manifest(text)
        parse_kept(text)
        parse_sought(text)
        assert all("\n" not in checksum for checksum in checksums.values())
        render_manifest(checksums)


def read_settings(data: bytes, folder: Path) -> None:
    """A settings file."""
    file = folder / "flask-cdn-stack.yml"
    file.write_bytes(data)
    with suppress(SettingsError):
        load_project(folder, file=file)


def read_project_name(data: bytes, folder: Path) -> None:
    """A pyproject.toml beside it."""
    (folder / "flask-cdn-stack.yml").write_bytes(b"")
    (folder / "pyproject.toml").write_bytes(data)
    try:
        with suppress(SettingsError):
            load_project(folder, file=folder / "flask-cdn-stack.yml")
    finally:
        (folder / "pyproject.toml").unlink()


def read_config(data: bytes, folder: Path) -> None:
    """A generated config file that somebody has changed, and what comes of its values."""
    file = folder / "cdn_config.py"
    file.write_bytes(f"{HEADER}\n".encode() + data)
    (folder / "empty.yml").write_bytes(b"")
    with suppress(LocalFileError):
        values = read_config_file(file)
        project = load_project(folder, file=folder / "empty.yml")
        render_python(config_values(project, values.get("CDN_DOMAIN"), values.get("CDN_HTTPS")))


def read_state(data: bytes, folder: Path) -> None:
    """The record in the bucket."""
    with suppress(StateError):
        state = decode_state(data)
        assert decode_state(encode_state(state)) == state


def read_release(data: bytes, folder: Path) -> None:
    """The record of a release."""
    with suppress(StateError):
        record = decode_release(data, "key")
        assert decode_release(encode_release(record), "key") == record


#: Targets, and something that each of them understands.
TARGETS: Mapping[Target, bytes] = {
    read_manifest: render_manifest({"/a.js": "1"}, ["/a.js"]).encode(),
    read_settings: b"stack: shop\ndelivery: {ttl: {min: 1}}\nstages: {live: {app: shop}}\n",
    read_project_name: b'[project]\nname = "shop"\n',
    read_config: b"CDN_DOMAIN = 'cdn.example'\nCDN_HTTPS = None\nCDN_KEEP_NAMES = ['a']\n",
    read_state: b'{"format":1,"serial":1,"release":null,"manifest":null,"releases":[],"objects":{},"removing":{},'
    b'"writing":{"r":{"keys":["a"],"at":1,"host":"h","pid":1}}}',
    read_release: b'{"format":1,"release":"r","created":1,"manifest":"","objects":{}}',
}
