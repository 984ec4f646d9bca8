"""``deploy``: what is sent, said and written, how often the network is asked, and what a failure leaves."""

from __future__ import annotations

import pytest

from flask_cdn_stack.manifest import parse_manifest
from tests.cli.observing import assert_one_message, invalidations, read_files, read_objects
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files
from tests.servers.fault_proxy import FaultProxy, Rule

_KEYS = {
    *("release", "uploaded", "unchanged", "shadowed", "deleted", "invalidated", "sought"),
    *("manifest_file", "config_file", "requests", "seconds"),
}
_FILES = {"static/css/app.css", "static/js/app.js", "static/logo.svg"}


def test_the_first_deploy_sends_everything(provisioned: Program) -> None:
    """One JSON object with every key of the contract, the story on standard error, and both files written."""
    result = provisioned.ok("deploy", "--json")

    report = result.json
    assert set(report) == _KEYS
    assert {item["key"] for item in report["uploaded"]} == _FILES
    assert all(set(item) == {"key", "reason", "bytes"} and item["reason"] == "new" for item in report["uploaded"])
    assert (report["unchanged"], report["shadowed"], report["deleted"], report["invalidated"]) == (0, [], [], [])
    assert report["manifest_file"] == str(provisioned.folder / "cdn_manifest.txt")
    assert report["config_file"] == str(provisioned.folder / "cdn_config.py")
    assert report["requests"] == {"GetObject": 1, "ListObjectsV2": 1, "PutObject": 3 + 3}
    assert f"Published release {report['release']}" in result.stderr
    assert set(read_objects(provisioned)) >= _FILES
    assert "static/css/app.css\n" in (provisioned.folder / "cdn_manifest.txt").read_text()


def test_a_deploy_right_after_a_deploy_asks_once(deployed: Program) -> None:
    """One request, no upload, no invalidation, the same release, and no file touched."""
    before = read_files(deployed.folder), read_objects(deployed)

    result = deployed.ok("deploy", "--json")

    assert result.json["requests"] == {"GetObject": 1}
    assert result.json["uploaded"] == result.json["invalidated"] == []
    assert result.json["unchanged"] == 3
    assert result.json["release"] in result.stderr
    assert (read_files(deployed.folder), read_objects(deployed)) == before


def test_one_changed_file_costs_little(deployed: Program) -> None:
    """At most five requests to S3 and one invalidation, of that file alone."""
    write_files(deployed.folder, {"shop/static/css/app.css": "body { color: teal }\n"})

    report = deployed.ok("deploy", "--json").json

    assert [(item["key"], item["reason"]) for item in report["uploaded"]] == [("static/css/app.css", "changed")]
    assert report["invalidated"] == ["/static/css/app.css*"]
    assert invalidations(deployed) == [["/static/css/app.css*"]]
    assert report["requests"].pop("CreateInvalidation") == 1
    assert sum(report["requests"].values()) <= 5
    assert report["unchanged"] == 2


def test_a_dry_run_changes_nothing(deployed: Program) -> None:
    """Neither objects, nor state, nor files, nor the edge; what would be sent is listed with its reason."""
    write_files(deployed.folder, {"shop/static/css/app.css": "body {}\n", "shop/static/new.js": "1\n"})
    before = read_files(deployed.folder), read_objects(deployed)

    result = deployed("deploy", "--dry-run", "--json", "--exit-code")

    assert result.exit_code == 3
    reasons = {item["key"]: item["reason"] for item in result.json["uploaded"]}
    assert reasons == {"static/css/app.css": "changed", "static/new.js": "new"}
    assert "Would upload 2 of 4 objects and publish." in result.stderr
    assert (read_files(deployed.folder), read_objects(deployed)) == before
    assert invalidations(deployed) == []


def test_a_dry_run_with_nothing_to_do_exits_with_0(deployed: Program) -> None:
    """Also where the exit code is asked for; a deletion alone is a change."""
    nothing = deployed("deploy", "--dry-run", "--exit-code")
    (deployed.folder / "shop/static/logo.svg").unlink()
    deletion = deployed("deploy", "--dry-run", "--exit-code")

    assert (nothing.exit_code, deletion.exit_code) == (0, 3)
    assert "Nothing to do: 3 files unchanged." in nothing.stderr


def test_offline_writes_both_files_and_needs_nothing(offline_program: Program) -> None:
    """No account, no network: the config file has no domain yet, the manifest has every file."""
    result = offline_program.ok("deploy", "--offline", "--json")

    assert set(result.json) == _KEYS
    assert (result.json["release"], result.json["requests"]) == (None, {})
    assert "CDN_DOMAIN = None" in (offline_program.folder / "cdn_config.py").read_text()
    assert len((offline_program.folder / "cdn_manifest.txt").read_text().splitlines()) == 1 + 3


def test_offline_keeps_the_domain_that_the_config_file_has(deployed: Program, offline_program: Program) -> None:
    """The committed config file stays as it is, byte for byte."""
    before = read_files(deployed.folder)

    offline_program.ok("deploy", "--offline")

    assert read_files(deployed.folder) == before


def test_an_offline_dry_run_says_whether_the_manifest_would_change(offline_program: Program) -> None:
    """3 before the first, 0 after it, 3 after a change; and no file is written."""
    offline_program.ok("init")
    before = read_files(offline_program.folder)
    first = offline_program("deploy", "--offline", "--dry-run", "--exit-code")
    untouched = read_files(offline_program.folder) == before
    offline_program.ok("deploy", "--offline")
    same = offline_program("deploy", "--offline", "--dry-run", "--exit-code")
    write_files(offline_program.folder, {"shop/static/logo.svg": "<svg/>"})
    changed = offline_program("deploy", "--offline", "--dry-run", "--exit-code")

    assert untouched
    assert (first.exit_code, same.exit_code, changed.exit_code) == (3, 0, 3)


def test_verbose_names_every_file(provisioned: Program) -> None:
    """Each upload with its reason and size."""
    result = provisioned.ok("deploy", "--verbose")

    assert all(key in result.stderr for key in _FILES)
    assert "new" in result.stderr


def test_generated_files_can_be_left_out(provisioned: Program) -> None:
    """``false`` in the settings: nothing is written, and the report says so."""
    (provisioned.folder / "cdn_config.py").unlink()
    add_settings(provisioned.folder, "config_file: false\nmanifest_file: false")
    app = "from flask import Flask\n\napp = Flask(__name__)\n"
    (provisioned.folder / "shop/__init__.py").write_text(app)

    report = provisioned.ok("deploy", "--json").json

    assert (report["config_file"], report["manifest_file"]) == (None, None)
    assert not (provisioned.folder / "cdn_config.py").exists()
    assert not (provisioned.folder / "cdn_manifest.txt").exists()
    assert set(read_objects(provisioned)) >= _FILES


PATH_MODE = "assets: {fingerprint: path}"


@pytest.mark.parametrize(
    ("css", "arguments", "exit_code"),
    [
        ("a { src: url(gone.png) }", ("--strict",), 2),
        ("a {}", ("--offline", "--expect-manifest", "cdn_manifest.txt"), 4),
        ("a { src: url(gone.png) }", ("--offline", "--strict"), 2),
    ],
)
def test_config_and_manifest_stay_a_pair(
    deployed: Program, css: str, arguments: tuple[str, ...], exit_code: int
) -> None:
    """The app would look for names that were never published."""
    before = read_files(deployed.folder)
    add_settings(deployed.folder, PATH_MODE)
    write_files(deployed.folder, {"shop/static/css/app.css": css})

    result = deployed("deploy", *arguments)

    assert result.exit_code == exit_code, result.stderr
    for name in ("cdn_config.py", "cdn_manifest.txt"):
        assert read_files(deployed.folder)[name] == before[name]
    assert "cdn_config.py back as it was" in result.stderr


def test_a_dry_run_after_a_change_of_mode(deployed: Program) -> None:
    """Shows what would come, though the app still has the config of before."""
    add_settings(deployed.folder, PATH_MODE)

    result = deployed("deploy", "--dry-run", "--exit-code", "--json")

    assert result.exit_code == 3, result.stderr
    assert any(item["key"].startswith("static/js/app.") for item in result.json["uploaded"])


def test_deleting_fails_after_the_publication(deployed: Program) -> None:
    """The release is published and the app gets its manifest; the message says so, and a later run deletes."""
    (deployed.folder / "shop/static/logo.svg").unlink()
    with FaultProxy(deployed.environment["AWS_ENDPOINT_URL"]) as proxy:
        proxy.rules.add(Rule("status", method="POST", path=r"\?delete", status=403, error="AccessDenied"))
        result = deployed("deploy", "--delete", "--yes", environment={"AWS_ENDPOINT_URL": proxy.url})

    assert_one_message(result, 1, "is published; what was to follow failed", "s3:DeleteObject")
    manifest = parse_manifest((deployed.folder / "cdn_manifest.txt").read_text("utf-8"))
    assert set(manifest) == {"static/css/app.css", "static/js/app.js"}
    assert "static/logo.svg" in read_objects(deployed)


def test_an_invalidation_alone_is_a_change(deployed: Program) -> None:
    """For a dry run's exit code; nothing is published."""
    asked = ("deploy", "--invalidate", "/x/*")

    assert deployed(*asked, "--dry-run", "--exit-code").exit_code == 3
    report = deployed.ok(*asked, "--json").json
    assert (report["uploaded"], report["invalidated"]) == ([], ["/x/*"])
    assert deployed("deploy", "--dry-run", "--exit-code").exit_code == 0
