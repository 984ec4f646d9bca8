"""Finds the URLs of files in a style sheet's text, and replaces them.

A tokenizer reads the text as browsers do (CSS Syntax 3; CSS Values 4, "URLs"; ECMA-426 for source maps).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from tinycss2 import parse_component_value_list

# Properties that apply a part of an SVG file to an element (CSS Masking, Filter Effects, SVG 2).
_SHAPES = {
    *("filter", "clip-path", "-webkit-clip-path", "mask", "-webkit-mask", "fill", "stroke"),
    *("marker", "marker-start", "marker-mid", "marker-end"),
}

_URL_FUNCTIONS = ("url", "src")
_IMAGE_SETS = ("image-set", "-webkit-image-set")
_BLOCKS = ("{} block", "[] block", "() block")

_SPACES = " \t\n\r\f"
_NEWLINE = re.compile("\r\n|[\n\r\f]")
_NO_CHARACTER = re.compile("[\0\ud800-\udfff]")

_IN_STRING = str.maketrans({char: f"\\{ord(char):x} " for char in "\n\r\f"} | {"\\": "\\\\", "\0": "\ufffd"})
_IN_URL = str.maketrans(
    {chr(code): f"\\{code:x} " for code in (*range(1, 32), 127)}
    | {char: "\\" + char for char in " \"'()\\"}
    | {"\0": "\ufffd"}
)


class Reference(NamedTuple):
    """A URL in a style sheet.

    ``url`` has its CSS escapes resolved. ``line`` counts from 1. ``kind`` is ``url``, ``shape`` (a part of an SVG file
    that is applied to an element), ``import`` or ``source-map``. ``start`` and ``end`` are the offsets of the URL in
    the text, without quotes.
    """

    url: str
    line: int
    kind: str
    start: int
    end: int


def find_references(css: str) -> tuple[Reference, ...]:
    """Return the URLs of files, in the order of the text.

    These are ``url()`` and ``src()``, strings in ``image-set()``, ``@import`` and source map comments. The prelude of
    at-rules other than ``@import`` (``@supports``, ``@namespace``) names no files and is skipped. NUL and lone
    surrogates are read as U+FFFD, as in browsers.

    :raises ValueError: the tokenizer fails, for example on a number with thousands of digits.
    """
    text = _NO_CHARACTER.sub("\ufffd", css)
    start = 1 if text.startswith("\ufeff") else 0
    lines = [start, *(newline.end() for newline in _NEWLINE.finditer(text))]
    found = []
    for kind, node in _find_nodes(parse_component_value_list(text[start:])):
        # The tokenizer turns each newline into one character, so offsets differ from the text's, but columns do not.
        offset = lines[node.source_line - 1] + node.source_column - 1
        reference = _READERS[node.type](text, offset, kind, node)
        if reference is not None:
            found.append(reference)
    return tuple(sorted(found, key=lambda reference: reference.start))


def replace_references(css: str, replacements: Mapping[Reference, str]) -> str:
    """Return the text with other URLs in place of references found in it. Nothing else is changed."""
    pieces = []
    position = 0
    for reference in sorted(replacements, key=lambda reference: reference.start):
        pieces += [css[position : reference.start], _write_url(css, reference, replacements[reference])]
        position = reference.end
    return "".join([*pieces, css[position:]])


def _find_nodes(root: list[Any]) -> Iterator[tuple[str, Any]]:
    pending = [(root, False)]
    while pending:
        nodes, has_url_strings = pending.pop()
        rule = word = name = ""
        for node in nodes:
            if node.type == "ident":
                word = node.lower_value
            elif node.type == "literal" and node.value in ":;":
                name = (name or word) if node.value == ":" else ""
            elif node.type == "comment":
                yield "source-map", node
            elif node.type == "at-keyword":
                rule = node.lower_value
            elif rule and not _ends_prelude(node):
                if rule == "import" and node.type != "whitespace":
                    rule = "conditions"
                    if url := node if node.type == "string" else _find_url(node):
                        yield "import", url
            else:
                rule = ""
                if url := node if has_url_strings and node.type == "string" else _find_url(node):
                    yield ("shape" if name in _SHAPES and "#" in url.value else "url"), url
                elif node.type in _BLOCKS:
                    name = ""
                    pending.append((node.content, False))
                elif node.type == "function":
                    pending.append((node.arguments, node.lower_name in _IMAGE_SETS))


def _ends_prelude(node: Any) -> bool:
    return node.type == "{} block" or bool(node.type == "literal" and node.value == ";")


def _find_url(node: Any) -> Any:
    if node.type == "url":
        return node
    if node.type != "function" or node.lower_name not in _URL_FUNCTIONS:
        return None
    first = next((part for part in node.arguments if part.type not in ("whitespace", "comment")), None)
    return first if first is not None and first.type == "string" else None


def _read_url(text: str, offset: int, kind: str, node: Any) -> Reference:
    start = text.index("(", offset) + 1
    while text.startswith(tuple(_SPACES), start):
        start += 1
    end = start + len(text[start : _find_end(text, start, ")")].rstrip(_SPACES))
    return Reference(_NO_CHARACTER.sub("\ufffd", node.value), node.source_line, kind, start, end)


def _read_string(text: str, offset: int, kind: str, node: Any) -> Reference:
    end = _find_end(text, offset + 1, text[offset])
    return Reference(_NO_CHARACTER.sub("\ufffd", node.value), node.source_line, kind, offset + 1, end)


def _read_comment(text: str, offset: int, kind: str, node: Any) -> Reference | None:
    end = text.find("*/", offset + 2)
    mark, _, value = text[offset + 2 : end if end >= 0 else len(text)].partition("=")
    url = value.rstrip()
    if mark[:1] not in ("#", "@") or mark[1:].lstrip() != "sourceMappingURL" or url.split() != [url]:
        return None
    start = offset + 2 + len(mark) + 1
    return Reference(url, node.source_line, kind, start, start + len(url))


_READERS = {"url": _read_url, "string": _read_string, "comment": _read_comment}


def _find_end(text: str, position: int, mark: str) -> int:
    while position < len(text) and text[position] != mark:
        position += 2 if text[position] == "\\" else 1
    return min(position, len(text))


def _write_url(css: str, reference: Reference, url: str) -> str:
    if reference.kind == "source-map":
        return "".join(quote(char) if char.isspace() else char for char in url).replace("*/", "%2A/")
    before = css[reference.start - 1]
    if before in "\"'":
        return url.translate(_IN_STRING).replace(before, "\\" + before)
    return url.translate(_IN_URL)
