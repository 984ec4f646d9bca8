"""The Flask app as the origin: there is no bucket, and what lives in one is refused."""

from __future__ import annotations

import hashlib

import pytest

from flask_cdn_stack.config_file import read_config_file
from flask_cdn_stack.manifest import parse_manifest
from tests.cli.observing import assert_one_message, client, invalidations, outputs, read_files
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

_FILES = {"static/css/app.css", "static/js/app.js", "static/logo.svg"}


def set_origin(program: Program, origin: str, more: str = "") -> None:
    """Let CloudFront fetch from the app, or from the bucket and then the app."""
    add_settings(program.folder, f"origin: {origin}\napp_origin:\n  domain: www.shop.example\n{more}")


@pytest.fixture
def served(program: Program) -> Program:
    """The program in a project whose stack fetches from the app."""
    set_origin(program, "app")
    program.ok("provision", "--yes")
    return program


def paths(program: Program) -> list[str]:
    """Return the paths that the project's distribution sends to the app."""
    found = client(program, "cloudfront").get_distribution(Id=outputs(program)["DistributionId"])
    behaviors = found["Distribution"]["DistributionConfig"]["CacheBehaviors"].get("Items", [])
    return [behavior["PathPattern"] for behavior in behaviors]


@pytest.mark.parametrize("origin", ["app", "failover"])
def test_provision_asks_the_app_for_its_paths(program: Program, origin: str) -> None:
    """The app imports the config file, so that is written first; it warns of what the edge cannot keep."""
    set_origin(program, origin)

    result = program.ok("provision", "--yes", "--json")

    assert result.json["outputs"]["OriginMode"] == origin
    assert ("BucketName" in result.json["outputs"]) == (origin == "failover")
    assert ("SEND_FILE_MAX_AGE_DEFAULT" in result.stderr) == (origin == "app")
    assert "/static/*" in program.ok("template").stdout
    assert read_config_file(program.folder / "cdn_config.py")["CDN_DOMAIN"]
    if origin == "app":
        assert paths(program) == ["/static/*"]


@pytest.mark.parametrize(
    ("line", "warned"),
    [
        ("", True),
        ("app.config['SEND_FILE_MAX_AGE_DEFAULT'] = 0", True),
        ("app.config['SEND_FILE_MAX_AGE_DEFAULT'] = 3600", False),
    ],
)
def test_files_that_the_edge_may_keep(program: Program, line: str, warned: bool) -> None:
    """Need a time; without one CloudFront asks the app again for each. Whoever loads the app says so."""
    set_origin(program, "app")
    write_files(program.folder, {"shop/__init__.py": f"from flask import Flask\napp = Flask('shop')\n{line}\n"})

    for command in (("provision", "--dry-run"), ("deploy", "--offline")):
        result = program.ok(*command)
        assert ("no-cache" in result.stderr) == warned, result.stderr


def test_named_paths_need_no_app(program: Program) -> None:
    """Neither does a bucket."""
    write_files(program.folder, {"shop/__init__.py": "raise RuntimeError('loaded')\n"})

    program.ok("template")
    set_origin(program, "app", "  paths: [/files/*]\n")
    result = program.ok("provision", "--yes")

    assert paths(program) == ["/files/*"]
    assert "no-cache" not in result.stderr


@pytest.mark.parametrize("command", [("template",), ("provision", "--yes"), ("provision", "--dry-run")])
def test_an_app_that_serves_from_the_root(program: Program, command: tuple[str, ...]) -> None:
    """Would be reached as a whole."""
    set_origin(program, "app")
    write_files(
        program.folder, {"shop/__init__.py": "from flask import Flask\napp = Flask('shop', static_url_path='')\n"}
    )

    assert_one_message(program(*command), 2, "app_origin.paths", "static", "serves its files from /")


def test_an_app_that_does_not_load(program: Program) -> None:
    """Comes with the key that does without it."""
    set_origin(program, "app")

    assert_one_message(program("template"), 2, "No module named 'cdn_config'", "app_origin.paths", "init")


def test_deploy_sends_nothing(served: Program) -> None:
    """Config file and manifest are written; the manifest says what the app itself serves."""
    write_files(served.folder, {"shop/static/css/app.css": "body { background: url(../logo.svg) }\n"})

    result = served.ok("deploy", "--json")

    report = result.json
    assert (report["release"], report["uploaded"], report["invalidated"], report["requests"]) == (None, [], [], {})
    assert report["manifest_file"] == str(served.folder / "cdn_manifest.txt")
    assert report["config_file"] == str(served.folder / "cdn_config.py")
    assert "3 files in the manifest" in result.stderr
    checksums = {
        name: hashlib.sha256((served.folder / "shop" / name).read_bytes()).hexdigest() for name in sorted(_FILES)
    }
    assert parse_manifest((served.folder / "cdn_manifest.txt").read_text()) == checksums
    assert invalidations(served) == []


def test_deploy_invalidates_what_is_named(served: Program) -> None:
    """And nothing else; a dry run only says so."""
    served.ok("deploy")
    before = read_files(served.folder)
    write_files(served.folder, {"shop/static/js/app.js": "console.log(2)\n"})

    dry = served("deploy", "--invalidate", "/static/js/*", "--dry-run", "--exit-code", "--json")
    assert (dry.exit_code, dry.json["invalidated"], invalidations(served)) == (3, ["/static/js/*"], [])
    assert read_files(served.folder)["cdn_manifest.txt"] == before["cdn_manifest.txt"]

    done = served.ok("deploy", "--invalidate", "/static/js/*", "--wait", "--json").json
    assert done["invalidated"] == ["/static/js/*"]
    assert done["requests"]["CreateInvalidation"] == 1
    assert invalidations(served) == [["/static/js/*"]]


@pytest.mark.parametrize("option", ["--delete", "--verify-remote", "--verify"])
def test_options_for_a_bucket(program: Program, option: str) -> None:
    """Are wrong usage."""
    set_origin(program, "app")

    result = program("deploy", option)

    assert (result.exit_code, result.stdout) == (2, "")
    assert option in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", [("releases",), ("rollback",), ("rollback", "2026", "--yes"), ("prune", "--yes")])
def test_history_is_kept_in_buckets(offline_program: Program, command: tuple[str, ...]) -> None:
    """Which is said at once, without asking AWS for anything."""
    set_origin(offline_program, "app")

    assert_one_message(offline_program(*command), 4, "origin: app", "no bucket")


@pytest.mark.parametrize(("before", "after"), [("bucket", "app"), ("app", "bucket")])
def test_settings_that_were_not_provisioned(program: Program, before: str, after: str) -> None:
    """A deploy would lead nowhere."""
    file = program.folder / "flask-cdn-stack.yml"
    settings = {"bucket": file.read_text()}
    set_origin(program, "app", "  paths: [/static/*]\n")
    settings["app"] = file.read_text()
    file.write_text(settings[before])
    program.ok("provision", "--yes")
    file.write_text(settings[after])

    assert_one_message(program("deploy"), 1, f"origin: {after}", "flask-cdn-stack provision")


def test_failover_deploys_to_the_bucket(program: Program) -> None:
    """As without the app behind it."""
    set_origin(program, "failover")
    program.ok("provision", "--yes")

    report = program.ok("deploy", "--json").json

    assert {item["key"] for item in report["uploaded"]} == _FILES
    assert len(program.ok("releases", "--json").json["releases"]) == 1
