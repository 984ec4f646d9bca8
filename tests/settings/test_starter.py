"""The settings file that ``init`` writes."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import yaml

from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.settings.starter import render_starter


def load(folder: Path, text: str) -> Settings:
    file = folder / "flask-cdn-stack.yml"
    file.write_text(text)
    return load_project(folder, file).settings


def take_hashes_away(text: str) -> str:
    """Turn ``#key:`` and ``#  key:`` into keys, and leave the sentences, which have one space after the hash."""
    return re.sub(r"^#(?! \S)", "", text, flags=re.MULTILINE)


def keys(value: Any) -> Any:
    return {name: keys(inner) for name, inner in value.items()} if isinstance(value, dict) else None


def test_as_written(tmp_path: Path) -> None:
    """It says nothing, so everything has its default."""
    assert yaml.safe_load(render_starter()) is None
    assert load(tmp_path, render_starter()) == Settings()


def test_with_every_key_uncommented(tmp_path: Path) -> None:
    """What it shows are the defaults, and all of them."""
    text = take_hashes_away(render_starter())

    assert load(tmp_path, text) == Settings()
    shown = yaml.safe_load(text)
    assert shown.pop("stages") == {"production": {"stack": "shop-cdn-production"}}
    assert keys(shown) == keys(msgspec.to_builtins(Settings()))


def test_one_key_and_its_group(tmp_path: Path) -> None:
    """A user takes two hashes away and changes the value."""
    text = render_starter().replace("#delivery:", "delivery:").replace("#  ipv6: on", "  ipv6: off")

    assert load(tmp_path, text).delivery.ipv6 is False


def test_every_line_fits(tmp_path: Path) -> None:
    """Into the width of a terminal, with a sentence above each key."""
    lines = render_starter().splitlines()

    assert max(map(len, lines)) <= 100
    for above, line in pairwise(lines):
        if re.match(r"#( {2})*\w+:", line) and "production" not in line and "stack: shop" not in line:
            assert above.lstrip().startswith("# "), line
