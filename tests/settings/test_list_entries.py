"""What is said of an entry in a list of the settings file."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import load_project
from tests.conftest import write_files


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('[{match: "*", set: {A: 3}}]', "assets.headers[0].set.A: Expected str, got int", "in quotes"),
        ('[{match: a, set: {}}, {match: "*", sett: {}}]', "assets.headers[1].sett is not a known key", "set?"),
        ("[{match: a, set: {}, other: 1}]", "assets.headers[0].other is not a known key", "match, set"),
    ],
)
def test_an_entry_of_a_list_is_named_by_its_place(tmp_path: Path, text: str, message: str, hint: str) -> None:
    """Counted from 0, as the message of a wrong value counts."""
    write_files(tmp_path, {"flask-cdn-stack.yml": f"assets: {{headers: {text}}}\n"})

    with pytest.raises(SettingsError) as caught:
        load_project(tmp_path)

    assert message in caught.value.message
    assert hint in caught.value.hint
