"""The S3 servers on loopback, a new and empty one for each run of a tool, and the account with which it is used."""

from __future__ import annotations

import http.client
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import boto3

from flask_cdn_stack.local.launcher import LocalAWS, reserve_port

from .tools import Program
from .workloads import MINISTACK, RCLONE_SERVER

#: Starts a server that keeps what it must in a folder, and gives its port.
Server = Callable[[Path], AbstractContextManager[int]]

_KEY = "test"
_REGION = "us-east-1"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_KEPT = ("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR")


def find_servers(programs: Mapping[str, Program]) -> dict[str, Server]:
    """Return the servers that can be started here."""
    servers: dict[str, Server] = {MINISTACK: run_ministack}
    if "rclone" in programs:
        servers[RCLONE_SERVER] = partial(run_rclone, programs["rclone"].path)
    return servers


@contextmanager
def run_ministack(folder: Path) -> Iterator[int]:
    """Run MiniStack as it comes; it keeps everything in memory."""
    with LocalAWS(environment=os.environ, module="ministack") as aws:
        yield aws.port


@contextmanager
def run_rclone(program: Path, folder: Path) -> Iterator[int]:
    """Run rclone's server; it keeps objects as files."""
    port = reserve_port(0)
    objects = folder / "objects"
    objects.mkdir()
    command = [str(program), "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", f"{_KEY},{_KEY}", str(objects)]
    with open(folder / "rclone.log", "wb") as log:
        process = subprocess.Popen(command, env=account(port, folder), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        _wait_until_ready(process, port)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def account(port: int, folder: Path) -> dict[str, str]:
    """Return the environment of somebody whose only account is on a port of this machine.

    :param folder: where caches are kept, so that nobody remembers anything of another run.
    """
    endpoint = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    return {
        **kept,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "NO_PROXY": "127.0.0.1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _KEY,
        "AWS_DEFAULT_REGION": _REGION,
        "RCLONE_CONFIG": os.devnull,
        "RCLONE_CONFIG_BENCHMARK_TYPE": "s3",
        "RCLONE_CONFIG_BENCHMARK_PROVIDER": "Other",
        "RCLONE_CONFIG_BENCHMARK_ENV_AUTH": "true",
        "RCLONE_CONFIG_BENCHMARK_ENDPOINT": endpoint,
    }


class Bucket:
    """A bucket that is made for one run: not versioned, and taking ACLs, which ``create_all`` sends."""

    def __init__(self, port: int, name: str) -> None:
        self.name = name
        session = boto3.Session(_KEY, _KEY, region_name=_REGION)
        self._s3 = session.client("s3", endpoint_url=f"http://127.0.0.1:{port}")
        self._s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")

    def count_files(self) -> int:
        """Return how many static files arrived."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="static/")
        return sum(page["KeyCount"] for page in pages)


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        with closing(connection), suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/")
            connection.getresponse().read()
            return
        time.sleep(0.02)
    raise SystemExit("rclone's server did not start.")
