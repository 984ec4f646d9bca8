"""An app with files, the release that is made of them, and the URLs that the app then gives."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from flask import Flask

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.assets.collect import Selection, collect_assets
from flask_cdn_stack.assets.fingerprint import AssetObject, Build, Builder
from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.config_file import render_python
from flask_cdn_stack.settings.model import Assets, Project, Settings
from flask_cdn_stack.stack.outputs import config_values
from tests.conftest import write_files

DOMAIN = "cdn.example.net"


@dataclass(frozen=True)
class Release:
    """A release of an app's files; ``settings`` are those below ``assets``."""

    app: Flask
    folder: Path
    settings: Assets
    build: Build

    @property
    def objects(self) -> dict[str, AssetObject]:
        """Its objects by key."""
        return {item.key: item for item in self.build.objects}

    @property
    def kinds(self) -> dict[str, str]:
        """Their kinds by key."""
        return {item.key: item.kind for item in self.build.objects}

    def bytes_of(self, key: str) -> bytes:
        """Return what is sent for a key."""
        item = self.objects[key]
        body = item.read_body()
        return body if body is not None else Path(item.file).read_bytes()

    def urls(self, *names: str) -> list[str]:
        """Return the URLs that the app, with the generated config and manifest, gives for file names."""
        project = Project(
            settings=Settings(assets=self.settings),
            folder=self.folder,
            file=None,
            name="shop",
            stage=None,
            stack="shop-cdn",
            stack_named=False,
        )
        write_files(self.folder, {"cdn_manifest.txt": self.build.manifest.encode()})
        write_files(self.folder, {"cdn_config.py": render_python(config_values(project, DOMAIN, True)).encode()})
        app = Flask(__name__, root_path=str(self.folder), static_url_path=self.app.static_url_path)
        app.config.from_pyfile(str(self.folder / "cdn_config.py"))
        app.config["CDN_STRICT"] = True
        CDN(app)
        with app.test_request_context():
            return [url_for("static", filename=name) for name in names]


def make_release(
    folder: Path,
    files: Mapping[str, str | bytes],
    hashes: FileHashes | None = None,
    static_url_path: str | None = None,
    **settings: Any,
) -> Release:
    """Write files into an app's static folder and make a release of them."""
    write_files(folder / "static", files)
    app = Flask(__name__, root_path=str(folder), static_url_path=static_url_path)
    assets = msgspec.convert(settings, Assets)
    collection = collect_assets(app, Selection(assets.include, assets.exclude, assets.hidden), assets.prefix)
    builder = Builder(collection.assets, assets, hashes or FileHashes())
    return Release(app, folder, assets, builder.build())


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder for one example of many."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def split(url: str) -> tuple[str, str]:
    """Return the key that a URL leads to, and its query."""
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", DOMAIN, ""), url
    assert "+" not in parts.path, "S3 takes it for a space"
    return unquote(parts.path, errors="strict").removeprefix("/"), parts.query
