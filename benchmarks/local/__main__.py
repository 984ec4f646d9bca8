"""Measures the local edge and the commands in front of it: ``python -m benchmarks.local``."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from ..table import render_json, render_rst, render_text, write_table
from .rounds import measure

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "speed.rst"
TABLE = "local"

#: What the rows name.
HITS, URLS = 5_000, 10_000


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m benchmarks.local", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured; medians count")
    parser.add_argument("--hits", type=int, default=HITS, help="requests to the edge, in all rounds together")
    parser.add_argument("--urls", type=int, default=URLS, help="files that verify looks at, for a quick look")
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of a table")
    parser.add_argument("--write", action="store_true", help="write the table into docs/explanation/speed.rst")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    options = parser.parse_args(arguments)
    if options.write and (options.hits, options.urls) != (HITS, URLS):
        parser.error("--write needs all hits and all URLs")
    if min(options.rounds, options.hits, options.urls) < 1:
        parser.error("--rounds, --hits and --urls are 1 at least")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    options = parse(arguments)
    with TemporaryDirectory(prefix="benchmark-") as folder:
        rows = measure(Path(folder), rounds=options.rounds, hits=options.hits, urls=options.urls)
    print(render_json(rows) if options.json else render_text(rows), end="")
    if options.write:
        versions = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "ministack"))
        caption = f"Medians of {options.rounds} rounds; Python {platform.python_version()}, {versions}"
        write_table(PAGE, TABLE, render_rst(rows, caption))
    return 1 if options.check and any(row.is_met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
