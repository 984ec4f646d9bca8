"""Renders a settings file with values and comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

_WIDTH = 98


def render_settings(
    content: Mapping[str, Any], head: str, comments: Mapping[str, str], left: Mapping[str, str] | None = None
) -> str:
    """Return the text of a settings file.

    :param content: keys and values, of YAML's types.
    :param head: text of the first comment.
    :param comments: text of the comment before a key, by key.
    :param left: reasons why settings are not in the file, by their names, for the last comment.
    """
    blocks = ["".join(_render_comment(head))]
    for key, value in content.items():
        comment = "".join(_render_comment(comments[key])) if key in comments else ""
        blocks.append(comment + yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=_WIDTH))
    if left:
        lines = [f"- {name}: {reason}" for name, reason in left.items()]
        blocks.append("".join(text for line in ["Left out:", *lines] for text in _render_comment(line)))
    return "\n".join(blocks)


def _render_comment(text: str) -> Iterator[str]:
    indent = "  " if text.startswith("- ") else ""
    lines = textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    yield from (f"# {line}\n" for line in lines)
