"""Tables as JSON, piece by piece."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_cdn_stack.json_text import encode_table

values = st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3), max_leaves=5)


@given(st.dictionaries(st.text(), values))
def test_it_is_what_json_itself_writes(table: dict[str, object]) -> None:
    assert "".join(encode_table(table.items())) == json.dumps(table, separators=(",", ":"))


@pytest.mark.parametrize(
    ("count", "members"), [(999, [999, 0]), (1000, [1000, 0]), (1001, [1000, 1, 0]), (2500, [1000, 1000, 500, 0])]
)
def test_large_tables_come_in_several_pieces(count: int, members: list[int]) -> None:
    table = {f"file-{number}": [number] for number in range(count)}

    pieces = list(encode_table(table.items()))

    assert json.loads("".join(pieces)) == table
    assert [piece.count("file-") for piece in pieces] == members
