"""A shop whose processes do the work of both halves, an upload and a refreshed manifest; and its surroundings."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3

from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import program_environment, write_files
from tests.extension.conftest import ManifestServer

#: Seconds for a process that hangs if anything is wrong.
SECONDS = 90

_SHOP = """
    import os
    import time

    from flask import Flask

    from flask_cdn_stack import CDN, url_for
    from flask_cdn_stack.compat.flask_s3 import create_all

    app = Flask(__name__)
    app.config.update(
        CDN_DOMAIN="cdn.example.net",
        CDN_MANIFEST=True,
        CDN_MANIFEST_URL=os.environ["MANIFEST"],
        CDN_MANIFEST_REFRESH=0.05,
        FLASKS3_ONLY_MODIFIED=True,
    )
    CDN(app)


    def ask():
        with app.test_request_context():
            return url_for("static", filename="app.css")


    def upload(name, **more):
        create_all(app, bucket_name=os.environ["BUCKET"] + name, **more)


    def work(name):
        upload(name)
        first, end = ask(), time.monotonic() + 30
        while ask() == first:
            assert time.monotonic() < end, f"{name}: the manifest is not read again"
            time.sleep(0.02)
        return "done by " + name


    @app.get("/<name>")
    def page(name):
        return work(name)


    exec(os.environ.get("FIRST", ""))
"""

_numbers = itertools.count()


@dataclass
class Workshop:
    """A folder with the shop, and the environment that its processes have."""

    folder: Path
    environment: dict[str, str]
    bucket: str
    s3: Any = field(repr=False)

    def start(self, *command: str, **more: Any) -> subprocess.Popen[str]:
        """Start a Python program in the folder; its output is in the file ``output``."""
        with (self.folder / "output").open("a") as output:
            return subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env=self.environment | more.pop("environment", {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                text=True,
                **more,
            )

    def run(self, program: str) -> None:
        """Run a program that ends by itself, and has a group of processes of its own."""
        write_files(self.folder, {"program.py": program})
        with ended(self.start("program.py", start_new_session=True)) as process:
            code = process.wait(SECONDS)
        assert code == 0, self.output

    @property
    def output(self) -> str:
        """What the programs have written."""
        return (self.folder / "output").read_text()

    def expect_uploads(self, *names: str) -> None:
        """Expect the bucket of each name to have what an upload leaves."""
        for name in names:
            listed = self.s3.list_objects_v2(Bucket=self.bucket + name)["Contents"]
            assert [item["Key"] for item in listed] == [".file-hashes", "static/app.css"], name


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Let no process of the group of one that was started outlive a ``with`` block."""
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()


class CountedManifests(ManifestServer):
    """A server whose manifest is another one each time that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.url = self.add_reply("/manifest", self._reply)

    def _reply(self, handler: BaseHTTPRequestHandler) -> None:
        body = f"{len(self.requests):08x}  static/app.css\n".encode()
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@contextmanager
def open_workshop(folder: Path, aws: LocalAWS) -> Iterator[Workshop]:
    """Set the shop up, with buckets and manifests of its own."""
    write_files(folder, {"shop.py": _SHOP, "static/app.css": "a{}\n"})
    bucket = f"processes-{os.getpid()}-{next(_numbers)}-"
    s3 = boto3.Session("test", "test", region_name="us-east-1").client("s3", endpoint_url=aws.endpoint_url)
    manifests = CountedManifests()
    try:
        yield Workshop(folder, {**program_environment(aws), "MANIFEST": manifests.url, "BUCKET": bucket}, bucket, s3)
    finally:
        manifests.close()
