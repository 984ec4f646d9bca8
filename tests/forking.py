"""The program in processes that begin with the libraries loaded, which takes longer than most commands do.

A process that has imported them and the program forks for each run, and a run does so for its app's process. Tests that
send signals, or look at terminals or at the interpreter, start processes of the usual kind.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import import_module
from io import FileIO
from pathlib import Path
from pkgutil import iter_modules
from typing import IO, Any, NamedTuple, NoReturn

import boto3
from botocore import parsers
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader
from botocore.utils import parse_timestamp

import flask_cdn_stack
from flask_cdn_stack.aws import transport
from flask_cdn_stack.aws.model_files import ModelFiles
from flask_cdn_stack.release.state import State
from flask_cdn_stack.release.state_text import decode_state, encode_state
from flask_cdn_stack.settings.load import make_settings

#: What the program imports for its commands, and what an app's process does.
_LIBRARIES = [
    "boto3",
    "botocore.session",
    "concurrent.futures.thread",
    "click",
    "flask.cli",
    "msgspec",
    "obstore.store",
    "rich.console",
    "rich.live",
    "rich.progress",
    "rich.table",
    "s3transfer.manager",
    "tinycss2",
    "troposphere.cloudfront",
    "troposphere.iam",
    "troposphere.s3",
    "yaml",
]

#: Rooms of the package of which a command sees whether they are loaded.
_SEEN = ("compat", "local")

_INTERPRETER = ("PYTHON", "LANG", "LC_", "LD_")


@dataclass(frozen=True)
class Result:
    """How a run of the program ended: its exit code, or a signal's number below zero, and what it wrote."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one object on standard output."""
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Forked:
    """A run that has begun."""

    pid: int
    _outcome: FileIO
    _written: tuple[IO[bytes], IO[bytes]]

    def kill(self) -> None:
        """End it as a power failure would."""
        os.kill(self.pid, signal.SIGKILL)

    @property
    def said(self) -> str:
        """What it has written to standard error so far."""
        return os.pread(self._written[1].fileno(), 1 << 20, 0).decode()

    def end(self) -> Result:
        """Wait for its end.

        :raises TimeoutError: after two minutes.
        """
        with self._outcome, self._written[0] as stdout, self._written[1] as stderr:
            if not select.select([self._outcome], [], [], 120)[0]:
                self.kill()
                raise TimeoutError
            code = int(self._outcome.readline())
            for stream in (stdout, stderr):
                stream.seek(0)
            return Result(code, stdout.read().decode(), stderr.read().decode())


def can_fork(environment: Mapping[str, str]) -> bool:
    """Say whether a Python process of this environment would be as one that is forked."""
    return hasattr(os, "fork") and _interpreter_variables(environment) == _interpreter_variables(_plain_environment())


def fork(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Forked:
    """Begin to run ``python -m`` or ``-c`` with these arguments, in a folder, with this environment and no more.

    ``TEST_CLOCK_AHEAD`` in it is how many seconds its clock is ahead; with ``TEST_APP_HERE`` it loads its app itself.
    """
    order = {"arguments": arguments, "folder": str(folder), "environment": dict(environment)}
    ending, end = os.pipe()
    outcome, written = FileIO(ending), (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115
    try:
        descriptors = [*(stream.fileno() for stream in written), end]
        socket.send_fds(_server().orders, [json.dumps(order).encode()], descriptors)
    finally:
        os.close(end)
    return Forked(int(outcome.readline()), outcome, written)


def _interpreter_variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(_INTERPRETER)}


@cache
def _plain_environment() -> dict[str, str]:
    from tests.conftest import program_environment

    return program_environment(None)


class _Server(NamedTuple):
    process: subprocess.Popen[bytes]
    orders: socket.socket


@cache
def _server() -> _Server:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking", str(theirs.fileno())],
            cwd=Path(__file__).parent.parent,
            env=_plain_environment(),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    atexit.register(_end, process, ours)
    return _Server(process, ours)


def _end(process: subprocess.Popen[bytes], orders: socket.socket) -> None:
    orders.close()
    process.wait()


def remember_models() -> None:
    """Let botocore read and reckon in this process but once what is the same for each session's clients."""
    parsers.DEFAULT_TIMESTAMP_PARSER = _read_time
    read, list_all = ModelFiles.load_file, Loader.list_available_services
    alias = EventAliaser._alias_event_name  # type: ignore[attr-defined]

    @cache
    def read_once(path: str) -> Any:
        return read(ModelFiles(), path)

    @cache
    def list_once(kind: str, *paths: str) -> Any:
        loader = Loader(list(paths), include_default_search_paths=False)
        return list_all(loader, kind)

    @cache
    def alias_once(name: str) -> Any:
        return alias(EventAliaser(HierarchicalEmitter()), name)

    EventAliaser._alias_event_name = (  # type: ignore[attr-defined]
        lambda self, event_name: alias_once(event_name)
    )
    JSONFileLoader.load_file = lambda self, file_path: read_once(file_path)  # type: ignore[method-assign]
    ModelFiles.load_file = lambda self, file_path: read_once(file_path)  # type: ignore[method-assign]
    Loader.list_available_services = (  # type: ignore[method-assign]
        lambda self, type_name: list_once(type_name, *self.search_paths)
    )


def _read_time(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return parse_timestamp(value)


def warm_up() -> None:
    """Let processes that are forked from this one make their clients and read settings and records quickly."""
    remember_models()
    make_settings({}, "")
    decode_state(encode_state(State()))
    _ = flask_cdn_stack.__version__
    session = boto3.Session("key", "secret", region_name="us-east-1")
    for service in ("cloudformation", "cloudfront", "s3"):
        session.client(service)
    gc.freeze()  # what is here stays, and need not be looked through in each


def serve(orders: socket.socket) -> None:
    """Fork for each order, until nobody is there who gives any."""
    for name in _LIBRARIES:
        import_module(name)
    for room in iter_modules(flask_cdn_stack.__path__, "flask_cdn_stack."):
        if room.ispkg and not room.name.endswith(_SEEN):
            for module in iter_modules(import_module(room.name).__path__, f"{room.name}."):
                import_module(module.name)
    warm_up()
    while True:
        data, descriptors, _, _ = socket.recv_fds(orders, 1 << 20, 3)
        if not data:
            return
        if os.fork() == 0:
            _mind(orders, json.loads(data), *descriptors)
            return
        for descriptor in descriptors:
            os.close(descriptor)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG) > (0, 0):
                pass


def _mind(orders: socket.socket, order: dict[str, object], stdout: int, stderr: int, end: int) -> None:
    orders.close()
    process = os.fork()
    if process:
        os.write(end, b"%d\n" % process)
        _, status = os.waitpid(process, 0)
        os.write(end, b"%d\n" % os.waitstatus_to_exitcode(status))
        os._exit(0)
    os.dup2(stdout, 1)
    os.dup2(stderr, 2)
    for descriptor in (stdout, stderr, end):
        os.close(descriptor)
    _run(**order)  # type: ignore[arg-type]


def _run(arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    kind, program, *rest = arguments
    sys.argv = [program if kind == "-m" else kind, *rest]
    transport._LOADED_IN = os.getpid()  # obstore is loaded, and has no threads yet
    _move_clock(float(environment.get("TEST_CLOCK_AHEAD", "0")))
    subprocess.Popen = _ForkingPopen  # type: ignore[misc]
    if "TEST_APP_HERE" in environment:
        sys.executable = ""  # then there is no process for the app
    _end_with(
        lambda: runpy.run_module(program, run_name="__main__", alter_sys=True) if kind == "-m" else _execute(program)
    )


def _execute(code: str) -> None:
    exec(code, {"__name__": "__main__"})


def _move_clock(seconds: float) -> None:
    """Let runs of this process have a clock that is ahead; the clock of the network stays."""
    from flask_cdn_stack.release.run import Run

    real, begin = time.time, Run.__init__
    defaults = begin.__defaults__ or ()
    begin.__defaults__ = tuple((lambda: real() + seconds) if value is real else value for value in defaults)


def _end_with(work: Callable[[], object]) -> NoReturn:
    """Do the work and end this process as the interpreter does, but for taking down every module first."""
    code = 0
    try:
        work()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # where it is closed
            stream.flush()
    os._exit(code)


class _ForkingPopen(subprocess.Popen[Any]):
    """Forks where Python code is to be run, and begins the process anew where it is anything else."""

    def _execute_child(self, args: Sequence[str], *options: Any) -> None:
        if [args[0], *args[-2:-1]] != [sys.executable, "-c"]:
            super()._execute_child(args, *options)  # type: ignore[misc]
            return
        sys.stdout.flush()
        self.pid = os.fork()
        self._child_created = True
        if self.pid == 0:
            _be_python(args[-1], options[3])


def _be_python(code: str, descriptors: Sequence[int]) -> NoReturn:
    """Be a process of the code alone, with these descriptors, to its end; nothing of what forked it goes on."""
    os.dup2(2, 1)
    low = 3
    for descriptor in [*sorted(descriptors), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(low, descriptor)
        low = descriptor + 1
    atexit._clear()
    _end_with(lambda: _execute(code))


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
