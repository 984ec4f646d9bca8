"""The program in processes that begin with the libraries loaded, which takes longer than most commands do.

A process that has imported what is not ours forks for each run; the program's own modules are imported afresh in each.
Tests that send signals, or look at terminals or at the interpreter, start a process of the usual kind.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from botocore.loaders import JSONFileLoader

#: What the program imports for its commands. Not Flask, by whose presence it knows that it is ``flask cdn``.
LIBRARIES = [
    "boto3",
    "botocore.session",
    "concurrent.futures.thread",
    "click",
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

_INTERPRETER = ("PYTHON", "LANG", "LC_", "LD_")


class Ended(NamedTuple):
    """How a run ended: its exit code, or a signal's number below zero, and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes


def can_fork(environment: Mapping[str, str]) -> bool:
    """Say whether a Python process of this environment would be as one that is forked."""
    return hasattr(os, "fork") and _interpreter_variables(environment) == _interpreter_variables(_plain_environment())


def run_forked(module: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
    """Run a module as ``python -m`` would, in a folder, with this environment and no more, to its end.

    :raises subprocess.TimeoutExpired: after two minutes.
    """
    order = {"module": module, "arguments": arguments, "folder": str(folder), "environment": dict(environment)}
    ending, end = os.pipe()
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr, open(ending, "rb", 0) as outcome:
        try:
            socket.send_fds(_server().orders, [json.dumps(order).encode()], [stdout.fileno(), stderr.fileno(), end])
        finally:
            os.close(end)
        process = int(outcome.readline())
        if not select.select([outcome], [], [], 120)[0]:
            os.kill(process, 9)
            raise subprocess.TimeoutExpired([module, *arguments], 120)
        code = int(outcome.readline())
        stdout.seek(0)
        stderr.seek(0)
        return Ended(code, stdout.read(), stderr.read())


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
    """Let botocore read each description of a service once in this process, and not once for each session's clients."""
    read = JSONFileLoader.load_file

    @cache
    def read_once(path: str) -> Any:
        return read(JSONFileLoader(), path)

    JSONFileLoader.load_file = lambda self, file_path: read_once(file_path)  # type: ignore[method-assign]


def warm_up() -> None:
    """Let processes that are forked from this one make their clients quickly."""
    remember_models()
    session = boto3.Session("key", "secret", region_name="us-east-1")
    for service in ("cloudformation", "cloudfront", "s3"):
        session.client(service)
    gc.freeze()  # what is here stays, and need not be looked through in each


def serve(orders: socket.socket) -> None:
    """Fork for each order, until nobody is there who gives any."""
    for name in LIBRARIES:
        __import__(name)
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


def _run(module: str, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = folder
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
