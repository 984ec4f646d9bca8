"""Tables as JSON, piece by piece."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_cdn_stack.json_text import encode_compact, encode_lines, encode_table

values = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.dictionaries(st.text(), values))
def test_it_is_what_json_itself_writes(table: dict[str, object]) -> None:
    assert "".join(encode_table(table.items(), encode_compact)) == json.dumps(table, separators=(",", ":"))


@pytest.mark.parametrize(
    ("count", "members"), [(999, [999, 0]), (1000, [1000, 0]), (1001, [1000, 1, 0]), (2500, [1000, 1000, 500, 0])]
)
def test_large_tables_come_in_several_pieces(count: int, members: list[int]) -> None:
    table = {f"file-{number}": [number] for number in range(count)}

    pieces = list(encode_table(table.items(), encode_compact))

    assert json.loads("".join(pieces)) == table
    assert [piece.count("file-") for piece in pieces] == members


@given(st.dictionaries(st.text(), values), st.booleans())
def test_lines_are_the_same_value(table: dict[str, object], ensure_ascii: bool) -> None:
    text = "".join(encode_lines(table, ensure_ascii=ensure_ascii))

    assert json.loads(text) == table
    assert text.isascii() or not ensure_ascii


def test_an_item_has_a_line() -> None:
    """Of a list that is a member; what lies deeper stays on it. No line, however many there are, is left out."""
    files = [{"key": f"{number}.css", "parts": [1, 2]} for number in range(2500)]

    lines = "".join(encode_lines({"release": None, "files": files, "none": []}, ensure_ascii=True)).split("\n")

    assert lines[:4] == ["{", '  "release": null,', '  "files": [', '    {"key": "0.css", "parts": [1, 2]},']
    assert lines[-4:] == ['    {"key": "2499.css", "parts": [1, 2]}', "  ],", '  "none": []', "}"]
    assert len(lines) == 3 + 2500 + 3
