"""Keys that are switched off: none of them has a value then, and only ``off`` does that."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path

import pytest

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.settings.off import SWITCHES


def load(folder: Path, text: str, stage: str | None = None) -> Settings:
    file = folder / "flask-cdn-stack.yml"
    file.write_text(text)
    return load_project(folder, file, stage).settings


def write(key: str, value: str) -> str:
    group, _, name = key.rpartition(".")
    return f"{group}: {{{name}: {value}}}" if group else f"{name}: {value}"


@pytest.mark.parametrize("key", SWITCHES)
def test_off(tmp_path: Path, key: str) -> None:
    """Is None, in whichever way YAML has for it, and in a stage as in the rest of the file."""
    find = attrgetter(key)

    assert find(load(tmp_path, write(key, "off"))) is None
    assert find(load(tmp_path, f"stages: {{live: {{{write(key, 'false')}}}}}", "live")) is None


def test_on_again(tmp_path: Path) -> None:
    """A stage gives a value to what the rest of the file switches off."""
    text = "delivery: {hsts: off}\nconfig_file: off\nstages: {live: {delivery: {hsts: 60}, config_file: cdn.py}}"
    live = load(tmp_path, text, "live")

    assert (live.delivery.hsts, live.config_file) == (60, "cdn.py")


@pytest.mark.parametrize("key", SWITCHES)
def test_without_a_value(tmp_path: Path, key: str) -> None:
    """A key that somebody began to write is refused, and not off."""
    with pytest.raises(SettingsError, match=rf"yml: {key}: Expected bool \|.*, got null\.") as caught:
        load(tmp_path, write(key, ""))

    assert caught.value.hint == "Give it a value, or put a hash before it."


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("delivery.cors", "3", "Expected bool | str | array, got int."),
        ("delivery.hsts", "x", "Expected bool | int, got str."),
    ],
)
def test_what_may_stand_there(tmp_path: Path, key: str, value: str, message: str) -> None:
    """A truth value is named among it."""
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, write(key, value))

    assert caught.value.message.endswith(f"{key}: {message}")


@pytest.mark.parametrize("key", SWITCHES)
def test_on(tmp_path: Path, key: str) -> None:
    """Says too little; in a stage that is not in use it is nobody's matter."""
    with pytest.raises(SettingsError, match=rf"{key}( must be a file name|: true does not say)"):
        load(tmp_path, write(key, "on"))

    load(tmp_path, f"stages: {{live: {{}}, test: {{{write(key, 'on')}}}}}", "live")
