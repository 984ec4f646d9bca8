"""The program where the system grants it less than usual."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence

from tests.conftest import Program, Result, require


def run_limited(program: Program, limit: int, value: int, *arguments: str) -> Result:
    """Run the program to its end with a limit of the system's, as RLIMIT_FSIZE, at a value."""
    return run_behind((), program, *arguments, before=lambda: resource.setrlimit(limit, (value, value)))


def run_unprivileged(program: Program, *arguments: str) -> Result:
    """Run the program with file permissions in force, which they are not for root."""
    is_root = os.geteuid() == 0
    require(not is_root or shutil.which("setpriv"), "setpriv")
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if is_root else []
    return run_behind(prefix, program, *arguments)


def run_behind(
    prefix: Sequence[str], program: Program, *arguments: str, before: Callable[[], object] | None = None
) -> Result:
    """Run the program to its end by another command, or after something that its process does first."""
    ended = subprocess.run(
        [*prefix, sys.executable, "-m", "flask_cdn_stack", *arguments],
        cwd=program.folder,
        env={**program.environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
        preexec_fn=before,
    )
    return Result(ended.returncode, ended.stdout, ended.stderr)
