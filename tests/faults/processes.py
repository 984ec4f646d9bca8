"""Real processes of the program that start in a tenth of the time: one that has imported everything forks them."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Lock

from tests.conftest import ROOT, Result
from tests.forking import warm_up

# Not aws.transport, which takes the process that loads it for the one that may use obstore.
_MODULES = (
    *("cli.deploy", "cli.deploy_report", "release.publish", "stack.outputs"),
    *("aws.obstore_transport", "aws.boto3_transport", "aws.cloudfront"),
)

# What loads an app, where each process does so itself; and how this program is told.
_APP_MODULES = ("flask_cdn_stack.assets.collect", "flask_cdn_stack.extension.cdn")
_WITH_APPS = "with-apps"


@dataclass(frozen=True)
class Running:
    """A run of the program that has begun; its output goes to files that begin with ``output``."""

    forge: Forge
    pid: int
    output: Path

    def kill(self) -> None:
        """End it as a power failure would."""
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> Result:
        """Wait for its end."""
        code = self.forge.ask({"wait": self.pid})
        return Result(code, *(self.output.with_suffix(f".{name}").read_text("utf-8") for name in ("out", "err")))


class Forge:
    """Starts processes of the program. :func:`open_forge` opens one."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._numbers = itertools.count(1)
        self._asking = Lock()

    def start(self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> Running:
        """Run the program in a folder, with nothing but this environment.

        ``TEST_CLOCK_AHEAD`` in it is how many seconds the run's clock is ahead.
        """
        output = self._folder / f"run{next(self._numbers)}"
        order = {"arguments": arguments, "folder": str(folder), "environment": environment, "output": str(output)}
        return Running(self, self.ask(order), output)

    def ask(self, order: Mapping[str, object]) -> int:
        """Give an order, and return the number that is the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._asking:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())


@contextmanager
def open_forge(folder: Path, *, loads_apps: bool = False) -> Iterator[Forge]:
    """Start the process that the others are forked from; what they say goes to files in ``folder``.

    :param loads_apps: let each load its app itself, which takes half the time.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "tests.faults.processes", *([_WITH_APPS] if loads_apps else [])],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        yield Forge(process, folder)
        assert process.stdin is not None
        process.stdin.close()


def _serve() -> None:
    """Fork and wait as each line says."""
    _import_program()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            answer = os.waitstatus_to_exitcode(os.waitpid(order["wait"], 0)[1])
        elif (answer := os.fork()) == 0:
            _run(**order)
        print(answer, flush=True)


def _import_program() -> None:
    """Import what a deploy loads when it is needed; clients, connections and threads are each process's own."""
    apps = ("flask.cli", *_APP_MODULES) if _WITH_APPS in sys.argv else ()
    for name in ("boto3", "rich.progress", *(f"flask_cdn_stack.{module}" for module in _MODULES), *apps):
        import_module(name)
    warm_up()


def _run(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    """Be the program, to the end of this process."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(f"{output}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    if _WITH_APPS in sys.argv:
        sys.executable = ""  # then there is no process for the app
    _move_clock(float(environment.get("TEST_CLOCK_AHEAD", "0")))
    from flask_cdn_stack.cli.main import main

    main(arguments, prog_name="flask-cdn-stack")


def _move_clock(seconds: float) -> None:
    """Let runs of this process have a clock that is ahead; the clock of the network stays."""
    from flask_cdn_stack.release.run import Run

    real, begin = time.time, Run.__init__
    defaults = begin.__defaults__ or ()
    begin.__defaults__ = tuple((lambda: real() + seconds) if value is real else value for value in defaults)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        _serve()
