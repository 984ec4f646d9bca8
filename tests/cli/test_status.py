"""``status`` as a user runs it: a real app, and a local AWS whose requests are counted on the wire."""

from __future__ import annotations

import itertools
import shutil
from threading import Barrier

import pytest

from flask_cdn_stack.manifest import HEADER
from flask_cdn_stack.release.process import deployer_name
from tests.cli.observing import client, outputs, read_files, read_objects
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program, write_files
from tests.servers.fault_proxy import FaultProxy

KEYS = {
    *("account", "region", "stack", "url", "distribution", "certificate", "invalidations", "release", "published"),
    *("bucket", "claims", "removals", "owed", "differences", "compared", "config_file", "manifest_file", "problems"),
    *("next", "requests", "seconds"),
}


def test_nothing_differs(deployed: Program) -> None:
    """Six requests at most, counted on the wire, four of them at once, and nothing is changed."""
    with FaultProxy(deployed.environment["AWS_ENDPOINT_URL"]) as proxy:
        through = {"AWS_ENDPOINT_URL": proxy.url}
        assert deployed("config", "--write", environment=through).exit_code == 0
        before = read_files(deployed.folder), read_objects(deployed)
        proxy.log.clear()
        numbers, together = itertools.count(1), Barrier(4, timeout=30)
        # The first is for the stack, and the last for the release.
        proxy.on_request = lambda *request: bool(next(numbers) not in range(2, 6) or together.wait() + 1)
        result = deployed("status", "--json", "--exit-code", environment=through)

        assert result.exit_code == 0, result.stderr
        report = result.json
        assert len(proxy.log) == sum(report["requests"].values()) <= 6
        assert (read_files(deployed.folder), read_objects(deployed)) == before
        host = outputs(deployed)["CdnDomain"].removesuffix(".net")
        assert report["url"] == f"http://{host}.localhost:{proxy.port}"
    assert set(report) == KEYS
    assert set(report["stack"]) == {"name", "id", "status", "reason", "drift", "protected", "outputs", "console"}
    assert report["stack"]["outputs"] == outputs(deployed)
    assert report["release"] == deployed.ok("releases", "--json").json["releases"][0]["id"]
    assert report["published"]["objects"] == 3
    assert (report["published"]["project"], report["published"]["stack"]) == ("project", report["stack"]["name"])
    assert report["published"]["by"] == deployer_name()
    assert (report["differences"], report["problems"], report["next"]) == ([], [], [])
    assert report["config_file"] == {"path": str(deployed.folder / "cdn_config.py"), "state": "current"}


def test_everything_differs(deployed: Program) -> None:
    """Each kind once, with what to do, and a long list is shortened."""
    s3, bucket = client(deployed, "s3"), outputs(deployed)["BucketName"]
    shop = deployed.folder / "shop/static"
    (shop / "logo.svg").unlink()
    write_files(shop, {"css/app.css": "body {}", "js/more.js": "", **{f"n{number}.js": "" for number in range(10)}})
    s3.delete_object(Bucket=bucket, Key="static/js/app.js")
    s3.put_object(Bucket=bucket, Key="static/js/more.js", Body=b"theirs")
    (deployed.folder / "cdn_manifest.txt").write_text(f"{HEADER}\n", "utf-8")
    (deployed.folder / "cdn_config.py").write_text("CDN_DOMAIN = None\n", "utf-8")

    result = deployed("status", "--json", "--exit-code")
    assert result.exit_code == 3, result.stderr
    assert {item["key"]: item["kind"] for item in result.json["differences"]} == {
        "static/css/app.css": "changed",
        "static/js/app.js": "missing",
        "static/js/more.js": "foreign-change",
        "static/logo.svg": "removed",
        **{f"static/n{number}.js": "new" for number in range(10)},
    }
    assert (result.json["config_file"]["state"], result.json["manifest_file"]["state"]) == ("foreign", "stale")
    shown = deployed.ok("status").stdout
    assert "Differences    1 changed, 1 missing, 1 foreign-change, 1 removed, 10 new (app and bucket compared" in shown
    assert "and 4 more; --verbose or --json shows all of them" in shown
    assert "`flask-cdn-stack deploy --verify-remote`" in shown
    assert "static/n9.js" not in shown
    assert "static/n9.js" in deployed.ok("status", "--verbose").stdout


def test_no_stack(program: Program) -> None:
    """Is no failure, also where the app cannot be loaded without the config file, and no app is not either."""
    result = program.ok("status")
    assert "not there yet" in result.stdout
    assert "The app is not compared: it does not load, and" in result.stderr
    program.ok("init")
    assert {item["kind"] for item in program.ok("status", "--json").json["differences"]} == {"new"}

    (program.folder / "flask-cdn-stack.yml").write_text("stack: none-cdn\n", "utf-8")
    shutil.rmtree(program.folder / "shop")
    assert program.ok("status", "--json").json["compared"] == {"app": False, "bucket": False, "with": "record"}


def test_an_app_that_is_named(deployed: Program) -> None:
    """Has to load."""
    result = deployed("status", "--app", "nowhere", "--json")

    assert result.exit_code == 2
    assert [item["part"] for item in result.json["problems"]] == ["app"]
    assert result.json["release"]


@pytest.mark.parametrize(
    "keys", [{}, {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_MAX_ATTEMPTS": "1"}]
)
def test_no_account(offline_program: Program, keys: dict[str, str]) -> None:
    """Without credentials, or where AWS cannot be reached: the app is compared with the last manifest."""
    offline_program.ok("init")
    offline_program.ok("deploy", "--offline")
    write_files(offline_program.folder, {"shop/static/js/app.js": "2"})

    result = offline_program("status", "--json", environment=keys)

    assert result.exit_code == 1
    assert ("AWS could not be reached" if keys else "There are no AWS credentials") in result.stderr
    assert result.json["differences"] == [{"key": "static/js/app.js", "kind": "changed"}]
    assert result.json["compared"] == {"app": True, "bucket": False, "with": "manifest"}
    assert (result.json["config_file"]["state"], result.json["manifest_file"]["state"]) == ("current", "stale")


def test_in_a_terminal(deployed: Program) -> None:
    """States have colours, and the host is one that opens on this machine."""
    shown = run_in_terminal(deployed, "status").stdout

    assert "\x1b[32mCREATE_COMPLETE\x1b[0m" in shown
    assert "CdnDomain                d" in shown
    assert ".cloudfront.net" not in shown
    assert "\x1b[" not in run_in_terminal(deployed, "status", "--no-color").stdout.rpartition("Account")[2]
