"""Each fault at each kind of request that a deploy makes: once, and for good."""

from __future__ import annotations

import itertools
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.kinds import ASSET, INVALIDATION, LISTING, PART, RELEASE, STATE
from tests.faults.site import Site, check_message, through
from tests.servers.fault_proxy import FaultProxy, Rule

BEFORE = {f"{name}.css": f"{name} 0" for name in "abcdef"}
AFTER = {**BEFORE, "a.css": "a 1", "b.css": "b 1", "c.css": "c 1" * 100_000, "new.css": "new"}

#: Sent in parts.
LARGE = {"film.bin": "frame" * 7_000_000}

#: Which requests, and what a denial of them is said to be of.
KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "outputs": ({"body": "Action=DescribeStacks"}, "cloudformation:DescribeStacks"),
    "state read": ({"method": "GET", "path": STATE}, "s3:GetObject"),
    "listing": ({"method": "GET", "path": LISTING}, "s3:ListBucket"),
    "claim": ({"method": "PUT", "path": STATE, "nth": (1,)}, "s3:PutObject"),
    "asset": ({"method": "PUT", "path": ASSET}, "s3:PutObject"),
    "part": ({"path": PART}, "s3:PutObject"),
    "release record": ({"method": "PUT", "path": RELEASE}, "s3:PutObject"),
    "invalidation": ({"path": INVALIDATION}, "cloudfront:CreateInvalidation"),
    "switch": ({"method": "PUT", "path": STATE, "nth": (2,)}, "s3:PutObject"),
}
#: What is asked for as other kinds are, as far as faults go: of these, two faults stand for all but in the full matrix.
ALIKE = ("outputs", "state read", "listing", "asset", "part")

PASSING = {
    "503": Rule("status"),
    "lost": Rule("reset"),
    "answer lost": Rule("drop_response"),
    "answer cut off": Rule("truncate"),
}
DENIED = Rule("status", status=403, error="AccessDenied")


def make_tree(kind: str) -> dict[str, str]:
    return {**AFTER, **LARGE} if kind == "part" else AFTER


def options(kind: str) -> list[str]:
    return ["--verify-remote"] if kind == "listing" else []


def make_rule(fault: Rule, kind: str, **limits: Any) -> Rule:
    asks_query_api = kind in ("outputs", "invalidation")
    return replace(fault, query_api=asks_query_api, **{**KINDS[kind][0], **limits})


@pytest.fixture
def published(site: Site) -> Site:
    """A site with a release."""
    site.publish(BEFORE)
    return site


def check_unpublished(site: Site) -> None:
    assert len(site.state.releases) == 1
    assert site.manifest_file == site.published


def repair(site: Site, kind: str) -> None:
    site.publish(make_tree(kind))
    site.check(make_tree(kind))


def _once() -> Iterator[Any]:
    for fault, kind in itertools.product(PASSING, KINDS):
        is_alike = kind in ALIKE and fault in ("lost", "answer cut off")
        yield pytest.param(fault, kind, marks=pytest.mark.full_matrix if is_alike else (), id=f"{fault}-{kind}")


@pytest.mark.parametrize(("fault", "kind"), list(_once()))
def test_once(published: Site, proxy: FaultProxy, fault: str, kind: str) -> None:
    """The deploy gets through, and publishes once."""
    proxy.rules.add(make_rule(PASSING[fault], kind, times=1))
    published.write(make_tree(kind))

    result = published.deploy(proxy, *options(kind))

    assert result.exit_code == 0, result.stderr
    assert [request.action for request in proxy.log].count(PASSING[fault].action) == 1
    published.check(make_tree(kind))
    assert published.state.serial == 2
    assert published.state.writing == {}
    assert len(published.state.releases) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_denied(published: Site, proxy: FaultProxy, kind: str) -> None:
    """One message with the permission that is missing; what was published stays so; the next deploy mends it."""
    proxy.rules.add(make_rule(DENIED, kind))
    published.write(make_tree(kind))

    message = check_message(published.deploy(proxy, *options(kind)))

    assert f"AWS denied {KINDS[kind][1]}" in message
    check_unpublished(published)
    repair(published, kind)


@pytest.mark.full_matrix
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fault", PASSING)
def test_for_good(published: Site, proxy: FaultProxy, fault: str, kind: str) -> None:
    """It ends within a minute with one message, or, where the work was done and only answers are lost, well.

    A minute where few attempts are asked for; by itself a request is repeated for two.
    """
    environment = {**published.program.environment, "AWS_MAX_ATTEMPTS": "4"}
    published = replace(published, program=replace(published.program, environment=environment))
    proxy.rules.add(make_rule(PASSING[fault], kind, **({} if kind not in ("claim", "switch") else {"nth": ()})))
    published.write(make_tree(kind))

    began = time.monotonic()
    result = published.deploy(proxy, *options(kind))

    assert time.monotonic() - began < 60
    if result.exit_code:
        check_message(result)
        check_unpublished(published)
    else:
        published.check(make_tree(kind))
    repair(published, kind)


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([Rule("status", method="PUT", every=3)], id="503 on every third PUT"),
        pytest.param([Rule("status", status=500, error="InternalError", path=STATE, nth=(2, 4))], id="500"),
        pytest.param([Rule("reset_mid_upload", method="PUT", path=ASSET, times=2)], id="uploads reset half-way"),
        pytest.param([Rule("drop_response", method="PUT", path=STATE)], id="answers of the state always lost"),
        pytest.param([Rule("delay", method="PUT", seconds=0.05)], id="slow"),
    ],
)
def test_several(published: Site, proxy: FaultProxy, rules: list[Rule]) -> None:
    """The deploy gets through, and publishes once."""
    for rule in rules:
        proxy.rules.add(rule)
    published.write(AFTER)

    result = published.deploy(proxy)

    assert result.exit_code == 0, result.stderr
    assert {request.action for request in proxy.log} == {"pass", rules[0].action}
    published.check(AFTER)
    assert published.state.serial == 2
    assert published.state.writing == {}


@pytest.mark.parametrize("path", [STATE, RELEASE], ids=["state", "release record"])
def test_unreachable(published: Site, proxy: FaultProxy, path: str) -> None:
    """It is tried for a while; then one message."""
    proxy.rules.add(Rule("reset", method="PUT", path=path))
    published.write(AFTER)

    assert "AWS could not be reached" in check_message(published.deploy(proxy))

    check_unpublished(published)
    repair(published, "asset")


@pytest.mark.parametrize("times", [1, None], ids=["once", "for good"])
def test_conflict_over_the_release_record(published: Site, proxy: FaultProxy, times: int | None) -> None:
    """Where there is none: the record is there in the end, or nothing is published; what reads it works afterwards."""
    refused = Rule("status", method="PUT", path=RELEASE, times=times, status=409, error="ConditionalRequestConflict")
    proxy.rules.add(refused)
    published.write(AFTER)

    result = published.deploy(proxy)

    if times:
        assert result.exit_code == 0, result.stderr
        published.check(AFTER)
    else:
        check_message(result)
        check_unpublished(published)
    for command, *options in (("releases",), ("prune", "--yes")):
        following = published.start(None, *options, command=command).end()
        assert following.exit_code == 0, following.stderr
        assert "not readable" not in following.stdout + following.stderr
    repair(published, "asset")


def test_corrupted_state(published: Site, proxy: FaultProxy) -> None:
    """A wrong bit is noticed, and nothing is sent."""
    proxy.rules.add(Rule("corrupt", method="GET", path=STATE))
    published.write(AFTER)

    message = check_message(published.deploy(proxy))

    assert "state.json.gz in the bucket is damaged; nothing was changed." in message
    assert not [request for request in proxy.log if request.method == "PUT"]
    check_unpublished(published)


def test_interrupt(published: Site, proxy: FaultProxy) -> None:
    """Ctrl-C during the upload ends it at once, and the next deploy mends it."""
    uploading = threading.Event()

    def notice(index: int, method: str, path: str) -> None:
        if "/static/" in path:
            uploading.set()

    proxy.on_request = notice
    proxy.rules.add(Rule("hang", method="PUT", path=ASSET))
    published.write(AFTER)
    with published.program.start("deploy", environment=through(proxy)) as process:
        assert uploading.wait(30)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)

    assert time.monotonic() - began < 3
    assert "Traceback" not in stderr
    assert process.returncode == 4
    assert stderr.splitlines()[-1].startswith("Aborted.")
    check_unpublished(published)
    repair(published, "asset")
