"""The relay of the deploy benchmark: what comes later, what is counted, and that nothing is lost on the way."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from benchmarks.deploy.processes import run_process
from benchmarks.deploy.project import write_project
from benchmarks.deploy.relay import Relay
from benchmarks.deploy.rounds import ROOT
from benchmarks.deploy.servers import Bucket, account
from benchmarks.deploy.workloads import Workload
from flask_cdn_stack.local.launcher import LocalAWS

PARTS = 50


class Handler(BaseHTTPRequestHandler):
    """Answers GET in many small parts, and POST with what was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._begin(PARTS)
        for number in range(PARTS):
            self.wfile.write(bytes([number]))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._begin(len(body))
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _begin(self, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()


class Server(ThreadingHTTPServer):
    """Takes many connections at once."""

    request_queue_size = 128
    daemon_threads = True


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A web server's port."""
    server = Server(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def ask(connection: HTTPConnection, body: bytes | None = None) -> bytes:
    """Return the answer to a request."""
    connection.request("POST" if body else "GET", "/", body)
    return connection.getresponse().read()


def ask_once(port: int) -> float:
    """Return the seconds until the answer to a request on a connection of its own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    began = time.monotonic()
    assert ask(connection) == bytes(range(PARTS))
    connection.close()
    return time.monotonic() - began


def test_answers_come_later_and_not_one_after_the_other(port: int) -> None:
    """Twenty requests at once take as long as one, or so."""
    with Relay(port, 0.5) as relay, ThreadPoolExecutor(20) as pool:
        began = time.monotonic()
        seconds = list(pool.map(ask_once, [relay.port] * 20))
        assert min(seconds) >= 0.5
        assert time.monotonic() - began < 20 * 0.5 / 2
        assert relay.requests == 20


@pytest.mark.parametrize("delay", [0, 0.05])
def test_large_bodies_arrive_whole(port: int, delay: float) -> None:
    """Whoever reads slowly holds the other side up; each on one connection is counted."""
    body = bytes(range(256)) * 40_000
    with Relay(port, delay) as relay:
        connection = HTTPConnection("127.0.0.1", relay.port, timeout=60)
        assert [ask(connection, part) for part in (body, b"small")] == [body, b"small"]
        connection.close()
        assert relay.requests == 2


def test_an_interim_answer_passes_at_once(port: int) -> None:
    """A request whose body is asked for is held back once, and counts once."""
    head = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    with Relay(port, 2.0) as relay, socket.create_connection(("127.0.0.1", relay.port), timeout=30) as client:
        began = time.monotonic()
        client.sendall(head)
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        assert time.monotonic() - began < 2.0
        client.sendall(b"ok")
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert time.monotonic() - began >= 2.0
        assert relay.requests == 1


def test_deploy_asks_for_what_it_says(local_aws: LocalAWS, tmp_path: Path) -> None:
    """As many requests are on the wire as ``--json`` names: one where nothing has changed."""
    files, project = tmp_path / "files", tmp_path / "project"
    Workload(20, 100).write(files)
    bucket = Bucket(local_aws.port, f"relay-{abs(hash(str(tmp_path)))}")
    write_project(project, files, bucket.name)
    command = [sys.executable, "-m", "flask_cdn_stack", "deploy", "--app", "shop", "--json"]
    counted = []
    for _ in range(2):
        with Relay(local_aws.port) as relay:
            environment = {**account(relay.port, tmp_path), "PYTHONPATH": str(ROOT)}
            done = run_process(command, environment, project)
            counted.append((relay.requests, sum(json.loads(done.output)["requests"].values())))
    assert bucket.count_files() == 20
    assert all(wire == named for wire, named in counted)
    assert counted[1] == (1, 1)
