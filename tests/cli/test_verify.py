"""``verify`` and ``deploy --verify`` as a user runs them: a local AWS, and a CDN of others that does not serve well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.observing import assert_one_message, client, outputs
from tests.cli.screen import watch
from tests.conftest import Program, write_files
from tests.verify.fake_cdn import FakeCDN, Given

_PAGE = """
    <link rel="stylesheet" href="{{ url_for('static', filename='css/app.css') }}">
    <img src="{{ url_for('static', filename='logo.svg') }}"><img src="/gone.png">
"""

_CHECKS = {
    *("host", "certificate", "http", "status", "bytes", "type", "cache", "cors"),
    *("hit", "query", "private"),
}


def show_page(program: Program) -> None:
    """Let the app's page name its files, and one that is not there."""
    app = program.folder / "shop/__init__.py"
    text = app.read_text().replace("{{ url_for('static', filename=name) }}", '""' + _PAGE.replace("\n", " ") + '""')
    app.write_text(text)


def test_all_is_right(deployed: Program) -> None:
    """Each URL is looked at; the table is data, and nothing else is there with --json."""
    told = deployed.ok("verify")
    report = deployed.ok("verify", "--json").json

    assert "3 URLs checked: all is as published." in told.stderr
    assert told.stdout.splitlines()[0].split() == ["CHECK", "LOOKED", "AT", "WRONG"]
    assert {line.split()[0] for line in told.stdout.splitlines()[1:]} == _CHECKS
    assert set(report) == {"checked", "failed", "checks", "requests", "seconds"}
    assert (report["checked"], report["failed"]) == (3, [])
    assert report["requests"] == {"GetObject": 2}
    assert {check["name"]: check["looked"] for check in report["checks"]}["bytes"] == 3


def test_what_was_changed_by_hand(deployed: Program, tmp_path: Path) -> None:
    """Is found, with the remedy, in words, in JSON and for a CI server; the remedy helps."""
    s3, bucket = client(deployed, "s3"), outputs(deployed)["BucketName"]
    s3.delete_object(Bucket=bucket, Key="static/js/app.js")
    s3.put_object(Bucket=bucket, Key="static/logo.svg", Body=b"<svg/>", ContentType="image/svg+xml")

    told = deployed("verify", "--junit", str(tmp_path / "verify.xml"))
    result = deployed("verify", "--json")

    assert (told.exit_code, result.exit_code) == (1, 1)
    found = {(item["check"], item["problem"].partition(":")[0]) for item in result.json["failed"]}
    assert found == {
        ("status", "answers 403"),
        ("bytes", "other bytes than were published"),
        ("cache", "Cache-Control missing, not public, max-age=3600, s-maxage=31536000"),
    }
    assert set(result.json["failed"][0]) == {"url", "check", "problem", "remedy", "see"}
    assert "  > `flask-cdn-stack deploy --verify-remote` sends what was deleted by hand." in told.stdout
    assert "3 URLs checked, 3 findings." in told.stderr
    suite = ElementTree.parse(tmp_path / "verify.xml").getroot()
    assert [suite.get(name) for name in ("tests", "failures")] == ["14", "2"]
    deployed.ok("deploy", "--verify-remote")
    deployed.ok("verify")


def test_the_pages_of_the_app(deployed: Program) -> None:
    """Name what the app serves itself, and what the CDN has, style sheets included."""
    show_page(deployed)

    result = deployed("verify", "--page", "/", "--sample", "1", "--json")

    assert result.exit_code == 1
    (finding,) = result.json["failed"]
    assert (finding["url"], finding["problem"]) == (
        "http://localhost/gone.png",
        "answers 404; named by http://localhost/",
    )
    assert result.json["checked"] == 1
    assert {check["name"]: check["looked"] for check in result.json["checks"]}["pages"] == 3


def test_what_a_deploy_sends(provisioned: Program) -> None:
    """Is looked at, and nothing else; with --json that is part of the one object."""
    everything = provisioned.ok("deploy", "--verify", "--json").json
    write_files(provisioned.folder, {"shop/static/css/app.css": "body { color: red }\n"})
    changed = provisioned.ok("deploy", "--verify")
    nothing = provisioned.ok("deploy", "--verify", "--json")

    assert (everything["verify"]["checked"], everything["verify"]["failed"]) == (3, [])
    lines = changed.stderr.splitlines()
    assert lines.index("1 URL checked: all is as published.") > lines.index(
        next(line for line in lines if line.startswith("The invalidation is done"))
    )
    assert nothing.json["verify"]["checked"] == 0
    assert "Nothing was uploaded, so there is nothing to verify" in nothing.stderr


@pytest.fixture
def own(program: Program) -> Iterator[tuple[Program, FakeCDN]]:
    """The program with a bucket and a CDN of the user's own, which knows none of the files yet."""
    bucket = f"own-{abs(hash(str(program.folder))) % 10**12}"
    client(program, "s3").create_bucket(Bucket=bucket)
    with FakeCDN({}) as cdn:
        domain = cdn.url.removeprefix("http://")
        write_files(
            program.folder,
            {"flask-cdn-stack.yml": f"app: shop\ntarget: {{bucket: {bucket}, domain: '{domain}'}}\n"},
        )
        yield program, cdn


def test_a_target_that_serves_something_else(own: tuple[Program, FakeCDN]) -> None:
    """A deploy to it publishes all the same, and ends with 1; pages are fetched over http."""
    program, cdn = own
    page = f"<img src=//{cdn.url.removeprefix('http://')}/static/logo.svg>".encode()
    cdn.fault = lambda asked, given: Given(200, {"Content-Type": "text/html"}, page) if asked.path == "/page" else given

    deployed = program("deploy", "--verify", "--json")
    again = program("verify", "--page", f"{cdn.url}/page", "--json")

    assert (deployed.exit_code, again.exit_code) == (1, 1)
    assert {item["problem"].partition(":")[0] for item in deployed.json["verify"]["failed"]} == {"answers 403"}
    assert deployed.json["release"]
    assert (again.json["checked"], "DescribeStacks" in again.json["requests"]) == (3, False)
    assert f"answers 403; named by {cdn.url}/page" in {item["problem"] for item in again.json["failed"]}
    files = {path.name: path.read_bytes() for path in (program.folder / "shop/static").rglob("*.*")}
    kinds = {"svg": "image/svg+xml", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
    cdn.files = {
        f"static/{folder}{name}": (kinds[name[-3:].removeprefix(".")], files[name])
        for folder, name in (("css/", "app.css"), ("js/", "app.js"), ("", "logo.svg"))
    }
    assert program("verify", "--page", f"{cdn.url}/page").exit_code == 0


def test_a_copy_that_the_cdn_keeps(own: tuple[Program, FakeCDN]) -> None:
    """Is not forgotten where nobody can be asked: that is said before anything is looked at."""
    program, _ = own
    program.ok("deploy")
    write_files(program.folder, {"shop/static/css/app.css": "body { color: red }\n"})

    assert "The CDN may serve replaced files" in program("deploy", "--verify").stderr


def test_nothing_is_published(provisioned: Program) -> None:
    """One message; so is a report that cannot be written."""
    assert_one_message(provisioned("verify"), 1, "Nothing has been published yet.")
    provisioned.ok("deploy")
    nowhere = str(provisioned.folder / "nowhere" / "verify.xml")
    assert_one_message(provisioned("verify", "--junit", nowhere), 1, "verify.xml cannot be written")


def test_at_a_terminal(deployed: Program) -> None:
    """A bar is drawn, and gone at the end."""
    seen = watch(deployed, "verify")

    assert seen.exit_code == 0
    assert "Checking 3 URLs ..." in seen.text
    assert "of 3 URLs" not in seen.text
