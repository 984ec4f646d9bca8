"""The tree of static files and the manifests that the peers' cases are about."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import forget_modules, write_files
from tests.extension.conftest import ManifestServer

from .replay import DATA, Manifests
from .s3_account import Account


@pytest.fixture(scope="session")
def peer_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the cases' apps; tests leave it as it is."""
    root = tmp_path_factory.mktemp("peer") / "root"
    tree = json.loads((DATA / "tree.json").read_text("utf-8"))
    write_files(root, {name: content.encode() for name, (content, _) in tree["files"].items()})
    for name, (_, mtime) in tree["files"].items():
        os.utime(root / name, (mtime, mtime))
    for folder in (path for path in root.rglob("*") if path.is_dir()):
        os.utime(folder, (tree["folder_mtime"], tree["folder_mtime"]))
    return root


@pytest.fixture(scope="session")
def peer_manifests() -> Iterator[Manifests]:
    """The cases' manifests by name; ``404`` and ``500`` fail, and ``redirect`` leads to ``ok``."""
    server = ManifestServer()
    tree = json.loads((DATA / "tree.json").read_text("utf-8"))
    for name, text in tree["manifests"].items():
        server.add(f"/{name}", text.encode())
    server.add("/404", b"", 404)
    server.add("/500", b"", 500)
    url = server.add("/redirect", b"", 302, Location="/ok")
    yield Manifests(url.removesuffix("/redirect"), server.requests)
    server.close()


@pytest.fixture
def account(local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> Account:
    return Account(local_aws, monkeypatch)


@pytest.fixture(autouse=True)
def peer_names() -> Iterator[None]:
    """Give the names of the peers' modules back after each test."""
    yield
    forget_modules("flask_cdn", "flask_s3")
