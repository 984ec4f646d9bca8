"""Measures the deploy beside other tools, on this machine alone: ``python -m benchmarks.deploy``."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from ..table import Row, render_json, render_rst, render_text, write_table
from ..url_for.peers import install_peers
from .change import deploy_one_change
from .rounds import Bench, Key
from .rows import make_rows
from .servers import find_servers
from .tools import OURS, TOOLS, Program, find_programs
from .workloads import CASES, CHANGED, MINISTACK

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "speed.rst"
TABLE = "deploy"

#: Where Linux keeps files in memory.
MEMORY = Path("/dev/shm")

_FAMILIES = list(dict.fromkeys(case.family for case in (*CASES, CHANGED)))


def find_folder() -> Path | None:
    """Return the folder in memory; None, for the usual temporary one, where the system has none.

    On ext4, a file takes the longer to be made the more were deleted within the minutes before, because their inodes
    are not used again so soon (fs/ext4/ialloc.c, ``recently_deleted``), and each run deletes what it made. Measured
    with rclone's server: 0.38 s for 2,000 files at first, 1.1 s from the tenth run on, and 0.36 s each time in memory.
    """
    return MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m benchmarks.deploy", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured; medians count")
    parser.add_argument("--minutes", type=float, default=60, help="after so many, no further round is begun")
    parser.add_argument("--only", metavar="CASES", help=f"some of {','.join(_FAMILIES)}")
    parser.add_argument("--scale", type=float, default=1, help="share of the files, for a quick look")
    parser.add_argument(
        "--folder", type=Path, default=find_folder(), help="where files and objects are kept; in memory if possible"
    )
    parser.add_argument("--tools", type=Path, metavar="FOLDER", help="where s5cmd, aws and rclone are, if not on PATH")
    parser.add_argument("--peers", type=Path, metavar="FOLDER", help="where Flask-S3 is, or is to be installed")
    parser.add_argument("--without-peers", action="store_true", help="leave Flask-S3 out")
    parser.add_argument("--json", action="store_true", help="print one JSON array instead of a table")
    parser.add_argument("--write", action="store_true", help="write the table into docs/explanation/speed.rst")
    parser.add_argument("--check", action="store_true", help="exit with 1 where a target is missed")
    options = parser.parse_args(arguments)
    options.only = options.only.split(",") if options.only else _FAMILIES
    if unknown := set(options.only) - set(_FAMILIES):
        parser.error(f"--only knows no {', '.join(sorted(unknown))}")
    if options.write and (options.without_peers or options.scale != 1 or set(options.only) != set(_FAMILIES)):
        parser.error("--write needs all files, all cases and the peers")
    if options.rounds < 1 or not 0 < options.scale <= 1:
        parser.error("--rounds is 1 at least, --scale 1 at most")
    return options


def run(options: argparse.Namespace) -> tuple[list[Row], str]:
    """Measure what the options ask for; return the rows and the table's caption."""
    if options.scale != 1:
        _tell(f"Only {options.scale:g} times the files that the rows name.")
    programs = find_programs(options.tools)
    deadline = time.monotonic() + options.minutes * 60
    with TemporaryDirectory(prefix="benchmark-", dir=options.folder) as name:
        folder = Path(name)
        peers = {} if options.without_peers else install_peers((options.peers or folder / "peers").absolute())
        bench = Bench(folder, programs, find_servers(programs), peers.get("Flask-S3"), options.scale, _tell)
        if options.write and bench.names_of_tools() != set(TOOLS):
            raise SystemExit("--write needs s5cmd, aws and rclone. Name their folder with --tools.")
        runs, rounds = bench.measure([case for case in CASES if case.family in options.only], options.rounds, deadline)
        if CHANGED.family in options.only:
            run = deploy_one_change(CHANGED.workload.scaled(options.scale), folder / CHANGED.name)
            runs[Key(CHANGED.name, MINISTACK, OURS)][0] = run
    return make_rows(runs), _caption(rounds, programs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    options = parse(arguments)
    rows, caption = run(options)
    print(render_json(rows) if options.json else render_text(rows), end="")
    if options.write:
        write_table(PAGE, TABLE, render_rst(rows, caption))
    return 1 if options.check and any(row.is_met is False for row in rows) else 0


def _caption(rounds: int, programs: Mapping[str, Program]) -> str:
    versions = {name: program.version for name, program in programs.items()}
    versions |= {name: version(name) for name in ("boto3", "ministack")}
    parts = ", ".join(f"{name} {number}" for name, number in sorted(versions.items()))
    return f"Medians of {rounds} rounds; Python {platform.python_version()}, {parts}"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
