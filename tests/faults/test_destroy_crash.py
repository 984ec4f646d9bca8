"""A deletion that is killed, and run again: nothing is left, whatever request it was killed at."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.faults.kinds import STATE, Point
from tests.faults.site import Site, provision
from tests.faults.test_crash import kill, make_tree
from tests.servers.fault_proxy import FaultProxy

DELETION = r"\?delete"

#: Where it is killed, and whether the request there is still carried out.
KILLS = [
    (Point("the hold on the record", "PUT", STATE), True),
    (Point("the first batch", "POST", DELETION), True),
    (Point("the records of releases", "POST", DELETION, 2), False),
    (Point("the bucket", "DELETE"), True),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the project is."""
    return tmp_path_factory.mktemp("destroyed") / "project"


@pytest.mark.parametrize(("point", "carried_out"), KILLS, ids=[f"{point.name} {sent}" for point, sent in KILLS])
def test_kill_and_run_again(local_aws: LocalAWS, folder: Path, point: Point, carried_out: bool) -> None:
    """It goes on from what is there."""
    site = provision(local_aws, folder, "query", "destroyed")
    for mark in ("a", "b"):
        site.publish(make_tree(mark))
    options = ("--yes", "--stack", "faults-destroyed", "--empty-bucket")
    with FaultProxy(site.endpoint_url) as proxy:
        assert kill(site, proxy, point, carried_out, *options, command="destroy")
    again = site.program("destroy", *options, "--json")

    assert again.exit_code == 0, again.stderr
    assert again.json["status"] == "DELETE_COMPLETE"
    assert again.json["kept"] == []
    check_gone(site)


def check_gone(site: Site) -> None:
    """Neither bucket nor stack is there."""
    assert site.bucket not in {bucket["Name"] for bucket in site.s3.list_buckets()["Buckets"]}
    assert "CDN_DOMAIN = None\n" in (site.program.folder / "cdn_config.py").read_text()
