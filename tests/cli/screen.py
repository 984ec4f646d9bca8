"""What stands on the screen of somebody who runs the program, and types when something is there."""

from __future__ import annotations

import os
import re
import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyte

from tests.cli.terminal import COLUMNS, LINES, at_terminal
from tests.conftest import Program

#: A pattern to wait for on the screen, and what is typed then; nothing ends the wait only.
Step = tuple[str, bytes]


#: The distribution is being created, and the table is drawn to its end, which is below that.
UNDER_WAY = r"Distribution +CREATE_IN_PROGRESS +\d:\d\d[^~]*-cdn  CREATE_IN_PROGRESS  0:0\d"


@dataclass(frozen=True)
class Glyph:
    """Characters of one look."""

    text: str
    color: str
    is_bold: bool


@dataclass
class Seen:
    """How a run ended: its exit code, the screen at its end, and as it was when each step's pattern was met."""

    exit_code: int
    screen: list[list[Glyph]]
    steps: list[list[list[Glyph]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The screen's text."""
        return read_text(self.screen)


def read_text(screen: Sequence[Sequence[Glyph]]) -> str:
    """Return the text of a screen, line by line."""
    return "\n".join("".join(glyph.text for glyph in line).rstrip() for line in screen)


def watch(
    program: Program,
    *arguments: str,
    steps: Sequence[Step] = (),
    environment: Mapping[str, str] | None = None,
    seconds: float = 60,
) -> Seen:
    """Run a command at a terminal; take one step after the other."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream, seen, waiting = pyte.ByteStream(screen), Seen(0, []), list(steps)
    deadline = time.monotonic() + seconds
    with at_terminal(program, *arguments, environment=environment) as (process, terminal):
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.2)[0]:
                continue
            try:
                shown = os.read(terminal, 65536)
            except OSError:  # Linux's way to say that the program has ended
                break
            # Line by line: to somebody who was held up, what stood there for a moment is shown nevertheless.
            for line in shown.splitlines(keepends=True):
                stream.feed(line)
                if waiting and re.search(waiting[0][0], "\n".join(screen.display)):
                    seen.steps.append(_read(screen))
                    os.write(terminal, waiting.pop(0)[1])
        else:
            raise AssertionError("It did not end:\n" + "\n".join(screen.display))
    assert not waiting, f"{waiting[0][0]} never stood there:\n" + "\n".join(screen.display)
    seen.exit_code, seen.screen = process.returncode, _read(screen)
    return seen


def _read(screen: pyte.Screen) -> list[list[Glyph]]:
    lines = [_read_line(screen, number) for number in range(screen.lines)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _read_line(screen: pyte.Screen, number: int) -> list[Glyph]:
    glyphs: list[Glyph] = []
    row = screen.buffer[number]
    for column in range(len(screen.display[number].rstrip())):
        char = row[column]
        glyph = Glyph(char.data, char.fg, char.bold)
        if glyphs and (glyphs[-1].color, glyphs[-1].is_bold) == (glyph.color, glyph.is_bold):
            glyph = Glyph(glyphs.pop().text + glyph.text, glyph.color, glyph.is_bold)
        glyphs.append(glyph)
    return glyphs
