"""Many faults at once, a service that is away for a while, and refusals that stay."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.kinds import ASSET, FORGET, RECORD, STATE, Point, asset, change
from tests.faults.site import Site, both_modes, check_message
from tests.faults.test_crash import make_tree
from tests.faults.test_faults import BEFORE, check_unpublished, repair
from tests.servers.fault_proxy import FaultProxy, Rule

pytestmark = pytest.mark.long

TREE = make_tree("after")


@both_modes
def test_slow_throttled_and_torn(site: Site, proxy: FaultProxy) -> None:
    """A fifth of the requests is refused with SlowDown, a tenth is reset, and all others take 300 ms more."""
    proxy.rules.add(Rule("status", path=r"^/(?!$)", probability=0.2))
    proxy.rules.add(Rule("reset", path=r"^/(?!$)", probability=0.1))
    proxy.rules.add(Rule("delay", seconds=0.3))
    site.write(TREE)

    result = site.deploy(proxy)

    assert result.exit_code == 0, result.stderr
    assert {request.action for request in proxy.log} == {"status", "reset", "delay"}
    site.check(TREE)
    assert site.state.writing == {}


def _outages() -> Iterator[Any]:
    usual, long = {(asset(20), 5)}, {(RECORD, 5), (FORGET, 5)}  # uploads; what obstore writes besides, and boto3
    for point in (change(1), asset(20), RECORD, FORGET, change(3)):
        for seconds, name in ((5, "five seconds"), (60, "a minute")):
            case = (point, seconds)
            marks = () if case in usual else pytest.mark.long if case in long else pytest.mark.full_matrix
            yield pytest.param(*case, id=f"{point.name}-{name}", marks=marks)


@pytest.mark.parametrize(("point", "seconds"), list(_outages()))
def test_away_for_a_while(site: Site, proxy: FaultProxy, point: Point, seconds: float) -> None:
    """From some request on nothing is answered; then everything is again."""
    site.publish(make_tree("begin"))
    site.write(TREE)
    met, ends = itertools.count(1), list[float]()

    def cut(index: int, method: str, path: str) -> bool:
        if not ends and point.matches(method, path) and next(met) == point.nth:
            ends.append(time.monotonic() + seconds)
        return not ends or time.monotonic() > ends[0]

    proxy.on_request = cut
    result = site.deploy(proxy)

    assert result.exit_code == 0, result.stderr
    assert time.monotonic() > ends[0]
    site.check(TREE)
    assert len(site.state.releases) == 2


def test_some_keys_denied(site: Site, proxy: FaultProxy) -> None:
    """All of them are named, with the permission that is missing; the next deploy mends what this one left."""
    proxy.rules.add(Rule("status", method="PUT", path=r"/static/new/.*[37]\.", status=403, error="AccessDenied"))
    site.publish(BEFORE)
    site.write(TREE)

    message = check_message(site.deploy(proxy))

    denied = [f"static/new/after-{number}.js" for number in (3, 7, 13, 17)]
    assert "4 of 20 uploads failed; nothing was published. 16 arrived and are not sent again:" in message
    for key in denied:
        assert f"AWS denied s3:PutObject on arn:aws:s3:::{site.bucket}/{key}." in message
    check_unpublished(site)
    assert {item["reason"] for item in site.publish(TREE)["uploaded"]} >= {"interrupted"}
    site.check(TREE)


@pytest.mark.parametrize("path", [STATE, ASSET], ids=["state", "uploads"])
def test_wrong_clock(site: Site, proxy: FaultProxy, path: str) -> None:
    """S3 refuses what is signed at another time than its own; the message says what to correct."""
    skewed = Rule(
        "status",
        status=403,
        error="RequestTimeTooSkewed",
        message="The difference between the request time and the current time is too large.",
        path=path,
    )
    site.publish(BEFORE)
    proxy.rules.add(skewed)
    site.write({**BEFORE, "a.css": "a 1", "new.css": "new"})

    message = check_message(site.deploy(proxy))

    assert "because its clock is wrong" in message
    assert "Correct this machine's clock" in message
    check_unpublished(site)
    repair(site, "asset")


@both_modes
def test_corrupted_uploads(site: Site, proxy: FaultProxy) -> None:
    """S3 refuses bytes that are not those that were signed; they are sent again."""
    proxy.rules.add(Rule("corrupt_upload", method="PUT", path=ASSET, times=3))
    site.write(TREE)

    result = site.deploy(proxy)

    assert result.exit_code == 0, result.stderr
    assert [request.action for request in proxy.log].count("corrupt_upload") == 3
    site.check(TREE)


def test_uploads_that_are_always_corrupted(site: Site, proxy: FaultProxy) -> None:
    """Nothing of them is stored, and nothing published."""
    proxy.rules.add(Rule("corrupt_upload", method="PUT", path=r"/static/a\.css"))
    site.publish(BEFORE)
    site.write({**BEFORE, "a.css": "a 1"})

    message = check_message(site.deploy(proxy))

    assert "1 of 1 upload failed; nothing was published:\n  static/a.css: " in message
    assert hashlib.sha256(site.read("static/a.css")).digest() == hashlib.sha256(BEFORE["a.css"].encode()).digest()
    check_unpublished(site)
    repair(site, "asset")
