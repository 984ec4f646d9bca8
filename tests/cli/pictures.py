"""Pictures of terminals for the documentation, made of what stood on a screen."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import unescape
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from tests.cli.screen import Glyph
from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "pictures"

# rich names a font on a server of others, and its own page. A picture of ours loads nothing.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)

# As pyte calls it, because a terminal once showed it so.
_COLORS = {"brown": "yellow"}

#: What is another one in each run, and what stands in the pictures for it, as long as it is.
_VARIABLE = [
    (r"(?:(?<=127\.0\.0\.1:)|(?<=\.localhost:))\d{5}", "45660"),
    (r"\bd[0-9a-z]{13}(?=\.cloudfront\.)", "d111111abcdef8"),
    (r"\bE[0-9A-Z]{13}\b", "E2QWRUHAPOMQZL"),
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-04-01T12:00:00Z"),
    (r"(?<=by )\S+@\S+", "ada@tea"),
    (r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b", "20260401T120000Z-0123abcd"),
    (r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d"),
    (r"(?<=-bucket-)[0-9a-f]{13}", "0a1b2c3d4e5f6"),
    (r"\b\d\d:\d\d:\d\d\b", "12:00:00"),
    (r"\b\d\d\d\d-\d\d-\d\d\b", "2026-04-01"),
    # Records hold the name of this machine, and are as long.
    (r"\((\d\d\d bytes|1\.\d kB)\)", "(1.0 kB)"),
]


def settle(text: str, folder: Path) -> str:
    """Return a text with the same in place of what is another one in each run."""
    for pattern, instead in _VARIABLE:
        text = re.sub(pattern, instead, text)
    return text.replace(str(folder), "/home/ada/shop")


def draw_picture(name: str, command: str, screen: Sequence[Sequence[Glyph]], folder: Path) -> str:
    """Return the picture of a screen, below the command that led to it, as SVG.

    :param name: the picture's, for the ids in it.
    :param folder: the project's.
    """
    lines = [Text.assemble(("$ ", "green"), (command, "bold")), *(_make_line(line, folder) for line in screen)]
    width = max(len(line) for line in lines) + 1
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in lines:
        console.print(line, soft_wrap=True)
    return console.export_svg(title="", code_format=_FORMAT, unique_id=name)


def _make_line(line: Sequence[Glyph], folder: Path) -> Text:
    # As one text, because what varies may have several looks; then the looks are where they were.
    plain = "".join(glyph.text for glyph in line)
    settled = Text(settle(plain, folder))
    start = 0
    for glyph in line:
        look = " ".join(filter(None, ["bold" if glyph.is_bold else "", _COLORS.get(glyph.color, glyph.color)]))
        settled.stylize(look, start, start + len(glyph.text))
        start += len(glyph.text)
    return settled


def read_picture(svg: str) -> str:
    """Return the text of a picture, line by line, with all durations alike, and all sizes of what is stored."""
    rows: dict[float, str] = {}
    for y, text in re.findall(r'<text [^>]*\by="([\d.]+)"[^>]*>(.*?)</text>', svg, re.DOTALL):
        rows[float(y)] = rows.get(float(y), "") + unescape(text)
    text = "\n".join(rows[y].replace("\xa0", " ").rstrip() for y in sorted(rows)).strip()
    return re.sub(r"[\d.]+ (bytes|kB)", "1 kB", re.sub(r"\b\d:\d\d\b", "0:00", text))
