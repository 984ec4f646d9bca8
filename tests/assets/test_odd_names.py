"""Names that Flask cannot serve, and those that S3 cannot carry."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from flask_cdn_stack.assets.collect import Selection, collect_assets
from flask_cdn_stack.assets.odd_names import MAX_LISTED
from flask_cdn_stack.errors import AssetError
from tests.assets.test_collect import keys, make_app
from tests.conftest import write_files

_DEEP = b"/".join([b"d" * 200] * 5)


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        (b"a\tb.css", "published"),
        (b"a\x7fb.css", "published"),
        ("a\x85b.css".encode(), "published"),
        (b"a\\..\\b.css", "published"),
        (b" a. ", "published"),
        (b"%2e%2e", "published"),
        (b"soap", "published"),
        (_DEEP + b"/" + b"e" * 12, "published"),
        (b"\xff.css", "left out"),
        (b"a\xe9/b.css", "left out"),
        (b"\xed\xb0\x80.css", "left out"),
        (b"a\nb.css", "left out"),
        (b"a\r/b.css", "refused"),
        (b"a\x01b.css", "refused"),
        ("a\uffffb.css".encode(), "refused"),
        (_DEEP + b"/" + b"e" * 13, "refused"),
    ],
)
def test_the_fate_of_a_name(tmp_path: Path, name: bytes, fate: str) -> None:
    """What Flask's own client does not get is left out, what S3 carries is published, and the rest is refused."""
    file = os.path.join(os.fsencode(tmp_path), b"static", name)
    os.makedirs(os.path.dirname(file))
    Path(os.fsdecode(file)).write_bytes(b"body")
    app = make_app(tmp_path)
    logging.getLogger(app.name).disabled = True

    with app.test_client().get("/static/" + quote(name)) as answer:
        assert (answer.status_code == 200) == (fate != "left out")
    if fate == "refused":
        with pytest.raises(AssetError):
            collect_assets(app)
        return
    found = collect_assets(app, Selection(hidden=True))
    assert len(found.assets) == (fate == "published")
    assert any("Flask cannot serve" in text for text in found.warnings) == (fate == "left out")


def test_a_key_that_s3_takes_for_something_else(tmp_path: Path) -> None:
    """As it is asked for by the bucket's own host name; below a prefix it is a key like others."""
    write_files(tmp_path, {"static/soap": "x"})
    app = make_app(tmp_path, static_url_path="")

    assert keys(collect_assets(app, prefix="live")) == ["soap"]
    with pytest.raises(AssetError, match="soap"):
        collect_assets(app)


def test_all_are_told_at_once(tmp_path: Path) -> None:
    """Of each kind; what is left out does not stand in the way of the rest."""
    refused = {f"static/a\x01{number}.css": "x" for number in range(MAX_LISTED + 3)}
    left_out = {f"static/a\n{number}.css": "x" for number in range(12)}
    write_files(tmp_path, {**refused, **left_out, "static/b\udcff.css": "x", "static/good.css": "x"})
    app = make_app(tmp_path)

    with pytest.raises(AssetError, match="U\\+0001, which S3 cannot list") as caught:
        collect_assets(app)
    found = collect_assets(app, Selection(exclude=("a\x01*",)))

    assert caught.value.message.count("\n") == MAX_LISTED + 1
    assert caught.value.message.endswith("... and 3 more.")
    assert keys(found) == ["static/good.css"]
    assert sum("line break" in text for text in found.warnings) == 11
    assert f"{str(tmp_path / 'static')!r}"[1:-1] + "/b\\udcff.css' is not UTF-8" in found.warnings[-1]
