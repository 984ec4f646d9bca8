"""The program where the system grants it less than usual."""

from __future__ import annotations

import resource
import subprocess
import sys

from tests.conftest import Program, Result


def run_limited(program: Program, limit: int, value: int, *arguments: str) -> Result:
    """Run the program to its end with a limit of the system's, as RLIMIT_FSIZE, at a value."""
    ended = subprocess.run(
        [sys.executable, "-m", "flask_cdn_stack", *arguments],
        cwd=program.folder,
        env={**program.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        preexec_fn=lambda: resource.setrlimit(limit, (value, value)),
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)
