"""``demo``: the whole path on the sample shop, checked once or served until it is ended."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.cli.app import AppPlace, load_app
from flask_cdn_stack.cli.demo_check import check_pages
from flask_cdn_stack.local.demo import copy_project
from flask_cdn_stack.local.demo.serving import serve_app
from flask_cdn_stack.verify import CheckedURL, fetch
from tests.cli.observing import children, is_alive, read_until
from tests.conftest import Program, forget_modules, program_environment, wait_until, write_files
from tests.end_to_end.published import connect
from tests.servers.clients import client_at


@pytest.fixture
def user(tmp_path: Path) -> Program:
    """The program for somebody without an account, who has other settings, and another app, around."""
    (tmp_path / "flask-cdn-stack.yml").write_text("app: nowhere\nstack: another-cdn\n")
    environment = {"FLASK_APP": "nowhere", "FLASK_CDN_STACK_STAGE": "nowhere", "TMPDIR": str(tmp_path)}
    return Program(tmp_path, {**program_environment(None), **environment})


def test_a_port_that_is_taken(user: Program) -> None:
    """Is said before anything is done."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = user("demo", "--once", "--port", str(taken.getsockname()[1]))

    assert result.exit_code == 1
    assert "--port" in result.stderr
    assert "$ flask-cdn-stack" not in result.stderr


def test_once_checks_every_url(user: Program) -> None:
    """Exit 0, each step shown as it would be typed, a table of URLs that are all right, and nothing left behind.

    Also in the folder of another app, whatever the user has around; neither Flask's app nor its debug mode matters.
    """
    write_files(
        user.folder, {"app.py": "from flask import Flask\n\napp = Flask(__name__)\n", ".flaskenv": "FLASK_APP=app\n"}
    )
    before = sorted(user.folder.iterdir())
    around = {"FLASK_DEBUG": "1", "FLASK_APP": "app", "AWS_PROFILE": "nowhere", "AWS_ENDPOINT_URL": "x"}

    arguments = ("-m", "flask", "--app", "app", "--debug", "cdn", "demo", "--once")
    result = user.run_forked(*arguments, environment=around)

    assert result.exit_code == 0, result.stderr
    steps = re.findall(r"^\$ flask-cdn-stack (.*)$", result.stderr, re.MULTILINE)
    assert steps == ["template", "provision --yes", "deploy", "config"]
    rows = re.findall(r"^  http://(\S+)  +(\S.*\S)  +([\d,]+)  +ok$", result.stderr, re.MULTILINE)
    assert len(rows) > 10
    assert all(".cloudfront.localhost:" in url for url, _, _ in rows)
    assert any(url.endswith("%C3%BCber.svg") and kind == "image/svg+xml" for url, kind, _ in rows)
    assert f"{len(rows)} URLs checked, 0 wrong." in result.stderr
    assert result.stdout == ""
    assert sorted(user.folder.iterdir()) == before


def test_it_serves_until_it_is_ended(user: Program) -> None:
    """The page answers; then exit 0, no process and no file left behind."""
    with user.start("demo", "--no-open") as process:
        said = read_until(process, "Ctrl-C ends it.")
        address = re.findall(r"The sample app is at (\S+);", said)[0]
        (server,) = children(process.pid)
        page = fetch(address, lambda host: None)
        (lesson,) = re.findall(r"What the CDN does is shown at (\S+)", said)
        folder = Path(re.findall(r"The app's folder is (\S+),", said)[0])
        explained = fetch(lesson, lambda host: None)
        assert str(folder) in explained.body.decode()
        assert (folder / "cdn_config.py").exists()
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)

    assert (page.status, b"cloudfront.localhost" in page.body) == (200, True)
    assert process.returncode == 0
    assert "Ended." in rest
    assert "Traceback" not in rest
    assert wait_until(lambda: not is_alive(server))
    assert sorted(path.name for path in user.folder.iterdir()) == ["flask-cdn-stack.yml"]


def test_it_is_ended_before_it_serves(user: Program) -> None:
    """In a step, which is not one that failed."""
    with user.start("demo", "--no-open") as process:
        read_until(process, "Create the stack")
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=30)

    assert (process.returncode, "Error" in rest, "Ended." in rest) == (0, False, True)
    assert sorted(path.name for path in user.folder.iterdir()) == ["flask-cdn-stack.yml"]


class Shop(NamedTuple):
    """The sample project, deployed and served."""

    app: Flask
    program: Program
    connection: Connection
    address: str

    def check(self) -> dict[str, CheckedURL]:
        """Check its pages; return what is wrong, by the file's name."""
        checked = check_pages(self.app, self.program.folder, self.connection, self.address)
        assert len(checked) > 10
        return {item.url.partition("?")[0].rpartition("/")[2]: item for item in checked if item.problem}


@pytest.fixture(scope="module")
def shop(local_aws: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """The sample project on this session's local AWS."""
    program = Program(copy_project(tmp_path_factory.mktemp("shop")), program_environment(local_aws))  # type: ignore[arg-type]
    program.ok("provision", "--yes")
    program.ok("deploy")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(program.folder))
        patch.setattr(os, "environ", dict(os.environ))
        app = load_app(AppPlace(None, "shop:create_app", program.folder))
    forget_modules("shop", "cdn_config")
    with serve_app(app, 0) as address:
        yield Shop(app, program, connect(program), address)


def test_a_right_site_has_no_problem(shop: Shop) -> None:
    """Every URL is on the CDN, with the manifest's bytes and the right type."""
    assert shop.check() == {}


def test_a_spoiled_object_is_found(shop: Shop) -> None:
    """Other bytes, another type, and an object that is missing, each by its name."""
    s3 = client_at(str(shop.connection.endpoint_url), "s3")
    bucket = next(item["Name"] for item in s3.list_buckets()["Buckets"] if item["Name"].startswith("tea-shop"))
    whole = {key: s3.get_object(Bucket=bucket, Key=key) for key in ("static/js/main.js", "static/favicon.ico")}
    bodies = {key: answer["Body"].read() for key, answer in whole.items()}
    s3.put_object(Bucket=bucket, Key="static/js/main.js", Body=b"spoiled", ContentType="text/javascript; charset=utf-8")
    s3.put_object(Bucket=bucket, Key="static/favicon.ico", Body=bodies["static/favicon.ico"], ContentType="text/plain")
    s3.delete_object(Bucket=bucket, Key="catalog/static/pot.svg")

    problems = {name: item.problem for name, item in shop.check().items()}

    assert problems == {
        "main.js": "other bytes than the manifest says",
        "favicon.ico": "content type text/plain, not image/vnd.microsoft.icon",
        "pot.svg": "status 403",
    }


def test_an_app_that_serves_itself_is_found(shop: Shop) -> None:
    """A URL that is not on the CDN's host counts as wrong."""
    shop.app.debug = True

    problems = {item.problem for item in shop.check().values()}

    shop.app.debug = False
    assert problems == {"not on the CDN's host"}
