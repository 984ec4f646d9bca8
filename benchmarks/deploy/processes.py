"""Runs one process and says how long it took, and how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

#: What starts the process and measures it.
LAUNCH = Path(__file__).with_name("launch.py")
_LAST = 2000


@dataclass(frozen=True)
class Finished:
    """A process that ended well: its standard output, wall-clock seconds, and the most memory that it held."""

    output: str
    seconds: float
    megabytes: float


def run_process(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Finished:
    """Run a command in a folder.

    :param command: the program's whole path, then its arguments.
    :raises SystemExit: it failed, or took longer than :data:`launch.LIMIT`.
    """
    with TemporaryDirectory(prefix="process-") as name:
        report, output, errors = (Path(name, part) for part in ("report", "output", "errors"))
        with output.open("wb") as stdout, errors.open("wb") as stderr:
            launcher = subprocess.Popen(
                [sys.executable, "-I", "-S", str(LAUNCH), str(report), *command],
                env=environment,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
            try:
                launcher.wait()
            finally:
                launcher.terminate()
                launcher.wait()
        said = output.read_text("utf-8", "replace")
        found = json.loads(report.read_text("utf-8")) if report.exists() else {}
        if found.get("code") != 0:
            end = said[-_LAST:] + errors.read_text("utf-8", "replace")[-_LAST:]
            raise SystemExit(f"{' '.join(command)} ended with {found.get('code')}:\n{end}")
        return Finished(said, found["seconds"], found["megabytes"])
