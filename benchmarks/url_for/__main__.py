"""Measures the extension beside Flask and its peers: ``python -m benchmarks.url_for``."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from ..table import Row, render_json, render_rst, render_text, write_table
from .peers import install_peers
from .rounds import measure

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "speed.rst"
TABLE = "url_for"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m benchmarks.url_for", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9, help="how often each is measured; medians count")
    parser.add_argument("--calls", type=int, default=20_000, help="calls of each in one round")
    parser.add_argument("--names", type=int, default=100_000, help="made-up names, for the rows about memory")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where the peers are, or are to be installed")
    parser.add_argument("--without-peers", action="store_true", help="measure beside Flask's own only")
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of a table")
    parser.add_argument("--write", action="store_true", help="write the table into docs/explanation/speed.rst")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    options = parser.parse_args(arguments)
    if options.write and options.without_peers:
        parser.error("--write needs the peers")
    if min(options.rounds, options.calls, options.names) < 1:
        parser.error("--rounds, --calls and --names are 1 at least")
    return options


def run(options: argparse.Namespace) -> list[Row]:
    """Measure everything that the options ask for."""
    with TemporaryDirectory(prefix="benchmark-") as name:
        folder = Path(name)
        peers = {} if options.without_peers else install_peers((options.peers or folder / "peers").absolute())
        return measure(folder, peers, rounds=options.rounds, calls=options.calls, names=options.names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    options = parse(arguments)
    rows = run(options)
    print(render_json(rows) if options.json else render_text(rows), end="")
    if options.write:
        python, flask = platform.python_version(), version("flask")
        caption = f"Medians of {options.rounds} rounds; Python {python}, Flask {flask}"
        write_table(PAGE, TABLE, render_rst(rows, caption))
    return 1 if options.check and any(row.is_met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
