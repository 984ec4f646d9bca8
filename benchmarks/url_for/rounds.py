"""Runs the measuring processes, those of the different contenders by turns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from ..table import Row
from .cases import CASES, OURS
from .rows import Amounts, Pairs, make_rows
from .shop import write_manifest, write_shop

_ROOT = Path(__file__).parents[2]
_IMPORTS_IN_A_ROUND = 3
_START_LINES = 10_000
_MODES = ("generated", "timestamp", "neither")


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on the loopback interface; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_module(name: str, *arguments: object, path: Path | None = None) -> Any:
    """Run a module of this package in a new process, with a peer's folder on its path; return what it prints."""
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, filter(None, (_ROOT, path))))
    # Without it each process would compile all modules again, and the import be timed with that.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-m", f"{__package__}.{name}", *map(str, arguments)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    return json.loads(done.stdout)


def measure(folder: Path, peers: Mapping[str, Path], *, rounds: int, calls: int, names: int) -> list[Row]:
    """Return all rows of the table; ``peers`` has the folders of those that take part."""
    shop, other = folder / "shop", folder / "other"
    for place in (shop, other):
        place.mkdir()
        write_shop(place)
    write_manifest(other, _START_LINES)
    pairs: Pairs = defaultdict(list)
    amounts: Amounts = defaultdict(list)
    run_module("imports")
    with served(shop) as address:
        for _ in range(rounds):
            for name, found in measure_calls(shop, peers, calls, f"{address}/cdn_manifest.txt"):
                pairs[name].append(found)
            for name, amount in measure_amounts(other):
                amounts[name].append(amount)
    for mode in _MODES:
        amounts[f"growth {mode}"].extend(run_module("memory", shop, mode, names).values())
    return make_rows(pairs, amounts)


def measure_calls(
    shop: Path, peers: Mapping[str, Path], calls: int, manifest: str
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Let each contender measure its cases once, in a process of its own."""
    for contender in (OURS, *peers):
        cases = [case.name for case in CASES if case.contender == contender]
        found = run_module("calls", shop, calls, manifest, *cases, path=peers.get(contender))
        yield from found.items()


def measure_amounts(shop: Path) -> Iterator[tuple[str, float]]:
    """Measure once what a web server pays at its start."""
    for _ in range(_IMPORTS_IN_A_ROUND):
        yield from run_module("imports").items()
    yield from run_module("memory", shop).items()
