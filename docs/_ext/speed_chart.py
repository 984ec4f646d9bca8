"""``.. speed-chart::`` draws the ratios of the table below it as bars, and folds the table away."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from sheet import Box, Sheet
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective

_WIDTH, _LEFT, _RIGHT = 720, 300, 650
_LABEL, _ROW, _LINE = 43, 24, 14
_TICKS = {-1: "10 times", 0: "the same", 1: "1/10", 2: "1/100", 3: "1/1,000", 4: "1/10,000"}


class Bar(NamedTuple):
    """A row of a table: what was done, against what, how many times as fast, from and to, and the target."""

    work: str
    against: str
    words: str
    speed: float
    spread: tuple[float, float]
    target: float | None


def read_speed(words: str) -> float | None:
    """Return how many times as fast ``1/16`` or ``1.2 times`` is, or None for what is no ratio."""
    if found := re.fullmatch(r"1/([\d.]+)", words):
        return float(found[1])
    if found := re.fullmatch(r"([\d.]+)(?: times)?", words):
        return 1 / float(found[1])
    return None


def read_bars(rows: Sequence[Sequence[str]]) -> list[Bar]:
    """Return the rows that are held against something."""
    bars = []
    for work, against, result, spread, target, _ in rows:
        speed = read_speed(result)
        if not against or speed is None:
            continue
        ends = [end for part in spread.split(" to ") if (end := read_speed(part)) is not None]
        bars.append(
            Bar(work, against, result, speed, (min(ends, default=speed), max(ends, default=speed)), read_speed(target))
        )
    return bars


def draw_chart(bars: Sequence[Bar], group: str) -> Sheet:
    """Return the bars, faster to the right and slower to the left, each step of the scale ten times the one before.

    :param group: ``work`` or ``against``: what stands above bars that have it in common.
    """
    groups = _arrange(bars, group)
    heights = [30 + sum(_measure(label) for label, _ in rows) for _, rows in groups]
    sheet = Sheet(_WIDTH, 54 + sum(heights))
    lowest = min(0.1, *(bar.spread[0] for bar in bars)) if any(bar.speed < 1 / 3 for bar in bars) else 0.5
    scale = _Scale(lowest, max(10, *(bar.spread[1] for bar in bars)))
    _draw_heading(sheet, scale)
    y = 46.0
    for name, rows in groups:
        sheet.text(16, y + 18, name, "strong ink")
        y += 26
        _draw_scale(sheet, scale, y, y + sum(_measure(label) for label, _ in rows))
        for label, bar in rows:
            height = _measure(label)
            _draw_bar(sheet, scale, y, height, label, bar)
            y += height
        y += 4
    return sheet


def _arrange(bars: Sequence[Bar], group: str) -> list[tuple[str, list[tuple[list[str], Bar]]]]:
    def name(bar: Bar) -> str:
        return f"Against {bar.against}" if group == "against" else bar.work.removesuffix(f", {_server(bar)}")

    arranged: dict[str, list[tuple[list[str], Bar]]] = {}
    for bar in bars:
        label = bar.work if group == "against" else ", ".join(filter(None, (bar.against, _server(bar))))
        arranged.setdefault(name(bar), []).append((textwrap.wrap(label, _LABEL), bar))
    return list(arranged.items())


def _server(bar: Bar) -> str:
    found = re.search(r", (MiniStack|rclone serve s3)$", bar.work)
    return found[1] if found else ""


def _measure(label: Sequence[str]) -> float:
    return _ROW + _LINE * (len(label) - 1)


class _Scale(NamedTuple):
    lowest: float
    highest: float

    def ticks(self) -> list[tuple[float, str]]:
        return [(10.0**power, words) for power, words in _TICKS.items() if self.lowest <= 10.0**power <= self.highest]

    def place(self, speed: float) -> float:
        low, high = math.log(self.lowest), math.log(self.highest)
        return _LEFT + (_RIGHT - _LEFT) * (math.log(speed) - low) / (high - low)


def _draw_heading(sheet: Sheet, scale: _Scale) -> None:
    sheet.text(16, 30, "Share of the time", "quiet")
    for speed, words in scale.ticks():
        sheet.text(scale.place(speed), 30, words, "quiet", anchor="middle")


def _draw_scale(sheet: Sheet, scale: _Scale, top: float, bottom: float) -> None:
    for speed, _ in scale.ticks():
        sheet.line((scale.place(speed), top), (scale.place(speed), bottom), width=1.6 if speed == 1 else 0.4)


def _draw_bar(sheet: Sheet, scale: _Scale, y: float, height: float, label: Sequence[str], bar: Bar) -> None:
    for number, line in enumerate(label):
        sheet.text(24, y + 15 + _LINE * number, line, "quiet")
    one, end, middle = scale.place(1), scale.place(bar.speed), y + height / 2 - 1
    kind = "tool" if bar.speed >= 1 else "aws"
    sheet.bar(Box(min(one, end), middle - 6, max(abs(end - one), 2), 12), kind)
    low, high = (scale.place(speed) for speed in bar.spread)
    sheet.line((low, middle), (high, middle), kind="plain", width=2)
    if bar.target is not None:
        x = scale.place(bar.target)
        sheet.line((x, middle - 10), (x, middle + 10), kind="good" if bar.speed >= bar.target else "bad", width=3)
    sheet.text(max(one, end, high) + 8, middle + 4, bar.words, "ink")


class _Place(nodes.Element):
    """Where a chart will be, of the table that comes next."""


class SpeedChartDirective(SphinxDirective):
    """The place of a chart; the table below it is what it shows."""

    option_spec = {
        "group": lambda words: directives.choice(words, ("work", "against")),
        "alt": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the place."""
        return [_Place("", group=self.options["group"], alt=self.options["alt"])]


class SpeedChartTransform(SphinxTransform):
    """Draws each chart from the rows of the table after its place, and folds that table."""

    default_priority = 400

    def apply(self, **kwargs: Any) -> None:
        """Put the chart where its place is."""
        for place in list(self.document.findall(_Place)):
            table = next(node for node in place.findall(nodes.table, descend=False, siblings=True))
            rows = [
                [cell.astext() for cell in row.findall(nodes.entry)]
                for body in table.findall(nodes.tbody)
                for row in body.findall(nodes.row)
            ]
            bars = read_bars(rows)
            chart = draw_chart(bars, place["group"]).to_figure(place["alt"])
            title = next(table.findall(nodes.title)).astext()
            summary = f"<details><summary>The table, with all {len(rows)} rows: {escape(title)}</summary>"
            place.replace_self([nodes.raw("", chart, format="html")])
            # Around it, because what stands in a node's place takes over its names, and its own element with them.
            parent, number = table.parent, table.parent.index(table)
            parent.insert(number + 1, nodes.raw("", "</details>", format="html"))
            parent.insert(number, nodes.raw("", summary, format="html"))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and what carries it out."""
    app.add_directive("speed-chart", SpeedChartDirective)
    app.add_transform(SpeedChartTransform)
    return {"parallel_read_safe": True}
