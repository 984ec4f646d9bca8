"""URLs of apps whose ``static_folder`` is a list, a descriptor, or fails."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from tests.conftest import write_files
from tests.odd_folders import FILES, ODD, ManyFolders, make_odd_app

from .conftest import ask

WAYS: list[dict[str, Any]] = [
    {"CDN_TIMESTAMP": True},
    {"CDN_MANIFEST": True, "CDN_MANIFEST_URL": "m.txt", "CDN_STRICT": True},
]


def open_app(app: Flask, **config: Any) -> Flask:
    app.config.update({"CDN_DOMAIN": "cdn.example.net", "CDN_HTTPS": True, **config})
    CDN(app)
    return app


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [kind for kind, _ in ODD])
def test_what_cannot_be_told(tmp_path: Path, caplog: pytest.LogCaptureFixture, kind: type[Flask], way: Any) -> None:
    """Stays the app's own without a word, beside files of a blueprint that are the CDN's."""
    write_files(tmp_path, FILES | {"m.txt": "abc  own/static/c.css\n"})
    app = open_app(make_odd_app(kind, tmp_path), **way)

    with caplog.at_level(logging.WARNING):
        assert [ask(app, "a.css") for _ in range(2)] == ["/static/a.css"] * 2
        assert ask(app, "c.css", "own.static").startswith("https://cdn.example.net/own/static/c.css?")
    assert not caplog.records


def test_the_first_folder_that_has_the_file(tmp_path: Path) -> None:
    """Gives the time stamp, as it gives the file."""
    write_files(tmp_path, FILES)
    for time, name in enumerate(("public/a.css", "base/a.css", "base/b.css"), 1):
        os.utime(tmp_path / name, (time, time))
    app = open_app(make_odd_app(ManyFolders, tmp_path))

    assert ask(app, "a.css") == "https://cdn.example.net/static/a.css?t=1"
    assert ask(app, "b.css") == "https://cdn.example.net/static/b.css?t=3"
