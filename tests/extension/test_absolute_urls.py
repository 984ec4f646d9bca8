"""The page about absolute URLs: each of its samples gives one, on the CDN and without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from flask import render_template_string

from tests.conftest import ROOT
from tests.test_docs import read_blocks

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from .conftest import MakeApp

_BLOCKS = {block.caption: block.text for block in read_blocks(ROOT / "docs" / "how-to" / "absolute-urls.rst")}
OWN = "https://shop.example/"
CDN_URL = "https://d1.example.net/static/img/card.png"


def load(caption: str) -> dict[str, Any]:
    """Run a sample."""
    names: dict[str, Any] = {}
    exec(compile(_BLOCKS[caption], caption, "exec"), names)
    return names


@pytest.fixture(params=["d1.example.net", None])
def app(make_app: MakeApp, root: Path, request: pytest.FixtureRequest) -> Flask:
    (root / "m.txt").write_text("abc  static/img/card.png\n")
    return make_app(
        CDN_DOMAIN=request.param, CDN_HTTPS=True, CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt",
        SERVER_NAME="shop.example", PREFERRED_URL_SCHEME="https",
    )  # fmt: skip


def expected(app: Flask) -> str:
    return f"{CDN_URL}?c=abc" if app.config["CDN_DOMAIN"] else f"{OWN}static/img/card.png"


def test_in_a_request(app: Flask) -> None:
    """In templates, in Python and for mails."""
    preview = _BLOCKS["a preview for other sites"]
    with app.test_request_context("/", base_url=OWN):
        assert f'content="{expected(app)}"' in render_template_string(preview)
        assert load("instead of request.url_root + url_for(...)")["picture_url"]("img/card.png") == expected(app)
        assert f'src="{expected(app)}"' in load("a mail")["mail_body"]()


def test_without_a_request(app: Flask) -> None:
    """In a job, whose URL a test then knows as a static file's."""
    url = load("a job")["build_feed"](app)

    assert url == expected(app)
    assert load("a test")["is_static"](url)
    assert not load("a test")["is_static"](OWN)
