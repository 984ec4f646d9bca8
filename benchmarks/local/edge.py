"""What a hit costs the process in which the edge runs."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass

from ..deploy.rounds import ROOT

_HEADERS = {"Accept-Encoding": "gzip, br", "Origin": "https://shop.example"}


@dataclass(frozen=True)
class Cloud:
    """A local AWS with its edge, in a process of its own."""

    process: subprocess.Popen[str]
    port: int

    def cpu_seconds(self) -> float:
        """Return what the edge's process has used of the processor; the origin is another process."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(_read(self.process))


@contextmanager
def run_cloud(environment: Mapping[str, str]) -> Iterator[Cloud]:
    """Run a local AWS with nothing in it."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"{__package__}.cloud"],
        env={**environment, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:  # which closes its standard input at the end, and so ends it
        yield Cloud(process, int(_read(process)))


def count_hits(cloud: Cloud, host: str, target: str, hits: int) -> float:
    """Return how many hits a second the edge serves with one core.

    The viewer has one connection; its own share of the processor does not count, nor the time that anybody waits.

    :raises SystemExit: an answer was no hit.
    """
    with closing(http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=30)) as connection:
        _ask(connection, host, target)  # for the edge to have it
        began = cloud.cpu_seconds()
        results = {_ask(connection, host, target) for _ in range(hits)}
        seconds = cloud.cpu_seconds() - began
    if results != {(200, "Hit from cloudfront")}:
        raise SystemExit(f"http://{host}{target} was no hit each time: {results}")
    return hits / seconds


def _ask(connection: http.client.HTTPConnection, host: str, target: str) -> tuple[int, str | None]:
    connection.request("GET", target, headers={"Host": host, **_HEADERS})
    response = connection.getresponse()
    response.read()
    return response.status, response.getheader("X-Cache")


def _read(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    if line := process.stdout.readline():
        return line
    raise SystemExit("The local AWS ended; its own message is above.")
