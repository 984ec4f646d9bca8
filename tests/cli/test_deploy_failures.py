"""What a deploy that fails leaves: before its publication the old release with its files, after it the new one."""

from __future__ import annotations

import pytest

from flask_cdn_stack.manifest import parse_manifest
from tests.cli.observing import assert_one_message, read_files, read_objects
from tests.conftest import Program, write_files
from tests.servers.fault_proxy import FaultProxy, Rule

PATH_MODE = "assets: {fingerprint: path}\n"


def switch_mode(program: Program) -> None:
    """Let the settings ask for other names."""
    with (program.folder / "flask-cdn-stack.yml").open("a") as settings:
        settings.write(PATH_MODE)


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
    switch_mode(deployed)
    write_files(deployed.folder, {"shop/static/css/app.css": css})

    result = deployed("deploy", *arguments)

    assert result.exit_code == exit_code, result.stderr
    for name in ("cdn_config.py", "cdn_manifest.txt"):
        assert read_files(deployed.folder)[name] == before[name]
    assert "cdn_config.py back as it was" in result.stderr


def test_a_dry_run_after_a_change_of_mode(deployed: Program) -> None:
    """Shows what would come, though the app still has the config of before."""
    switch_mode(deployed)

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
