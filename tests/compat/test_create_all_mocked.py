"""``create_all`` in tests of others: where AWS is mocked, nothing leaves the machine."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.conftest import Program, program_environment, require, write_files
from tests.servers.loopback import HTTPLoopback

_TEST = """
    import boto3
    import moto
    from flask import Flask

    from flask_cdn_stack.compat.flask_s3 import create_all


    @moto.mock_aws
    def test_an_upload():
        app = Flask("shop", root_path={root!r})
        app.config.update(FLASKS3_BUCKET_NAME="shop-assets", FLASKS3_ONLY_MODIFIED=True)
        s3 = boto3.client("s3", region_name="us-east-1")
        create_all(app)
        with open({root!r} + "/static/app.css", "w") as file:
            file.write("b{{}}")
        create_all(app)

        assert s3.get_object(Bucket="shop-assets", Key="static/app.css")["Body"].read() == b"b{{}}"
        assert s3.head_object(Bucket="shop-assets", Key="static/app.css")["ContentType"] == "text/css; charset=utf-8"
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket="shop-assets")["Contents"]]
        assert keys == [".file-hashes", "static/app.css", "static/large.bin"]


    test_an_upload()
"""


class Tripwire(BaseHTTPRequestHandler):
    """A proxy that leads nowhere, and keeps what it was asked for."""

    asked: list[str]

    def do_CONNECT(self) -> None:
        self.asked.append(self.requestline)
        self.send_error(502)

    do_GET = do_HEAD = do_PUT = do_POST = do_CONNECT

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def tripwire() -> Iterator[tuple[str, list[str]]]:
    """The way out of the machine, and what went that way."""
    asked: list[str] = []
    with HTTPLoopback(type("Handler", (Tripwire,), {"asked": asked})) as server:
        yield server.url, asked


def test_under_moto(tmp_path: Path, tripwire: tuple[str, list[str]]) -> None:
    """Every file is in moto's bucket, whichever way it would take to AWS, and a second run knows of the first."""
    require(importlib.util.find_spec("moto"), "moto")
    write_files(
        tmp_path,
        {
            "program.py": _TEST.format(root=str(tmp_path)),
            "static/app.css": "a{}",
            "static/large.bin": b"l" * (4 * 1024 * 1024 + 1),
        },
    )
    url, asked = tripwire
    ways = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), url)
    environment = program_environment(None) | ways | {"AWS_MAX_ATTEMPTS": "1"}
    result = Program(tmp_path, environment).run_python("program.py")

    assert asked == []
    assert result.exit_code == 0, result.stderr
