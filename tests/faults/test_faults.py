"""A network and a service that fail now and then, and refusals that stay."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from tests.faults.site import Site, check_message, through
from tests.servers.fault_proxy import FaultProxy, Rule

BEFORE = {f"{name}.css": f"{name} 0" for name in "abcdef"}
AFTER = {**BEFORE, "a.css": "a 1", "b.css": "b 1", "c.css": "c 1" * 100_000, "new.css": "new"}

STATE = r"/state\.json\.gz$"
RELEASE = r"/releases/"
ASSETS = "/static/"


@pytest.fixture
def published(site: Site) -> Site:
    """A site with a release."""
    site.publish(BEFORE)
    site.write(AFTER)
    return site


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param([Rule("status", method="PUT", every=3)], id="503 on every third PUT"),
        pytest.param([Rule("status", method="GET", path=STATE, times=2)], id="503 on reading the state"),
        pytest.param(
            [Rule("status", status=500, error="InternalError", path=STATE, nth=(2, 4))], id="500 on the state"
        ),
        pytest.param([Rule("reset", method="PUT", path=ASSETS, every=2, times=3)], id="uploads reset"),
        pytest.param([Rule("reset_mid_upload", method="PUT", path=ASSETS, times=2)], id="uploads reset half-way"),
        pytest.param([Rule("drop_response", method="PUT", path=ASSETS, times=3)], id="answers of uploads lost"),
        pytest.param([Rule("reset", method="PUT", path=STATE, nth=(1, 3))], id="claim and switch reset"),
        pytest.param([Rule("drop_response", method="PUT", path=STATE, nth=(1,))], id="answer of the claim lost"),
        pytest.param([Rule("drop_response", method="PUT", path=STATE, nth=(2,))], id="answer of the switch lost"),
        pytest.param([Rule("drop_response", method="PUT", path=STATE)], id="answers of the state always lost"),
        pytest.param([Rule("drop_response", method="PUT", path=RELEASE, times=1)], id="answer of the record lost"),
        pytest.param([Rule("reset", method="GET", path=STATE, times=1)], id="reading the state reset"),
        pytest.param([Rule("truncate", method="GET", path=STATE, times=1)], id="state cut off"),
        pytest.param([Rule("drop_response", path="/invalidation", times=1)], id="answer of the invalidation lost"),
        pytest.param([Rule("status", path="/invalidation", times=1)], id="503 on the invalidation"),
        pytest.param([Rule("delay", method="PUT", seconds=0.05)], id="slow"),
    ],
)
def test_passing_faults(published: Site, proxy: FaultProxy, rules: list[Rule]) -> None:
    """The deploy gets through, and publishes once."""
    for rule in rules:
        proxy.rules.add(rule)

    result = published.deploy(proxy)

    assert result.exit_code == 0, result.stderr
    assert {request.action for request in proxy.log} == {"pass", rules[0].action}
    published.check(AFTER)
    assert published.state.serial == 2
    assert published.state.writing == {}
    assert published.publish(AFTER)["requests"] == {"GetObject": 1}


def _check_unpublished(site: Site) -> None:
    assert site.state.serial == 1
    assert site.manifest_file == site.published


def test_corrupted_state(published: Site, proxy: FaultProxy) -> None:
    """A wrong bit is noticed, and nothing is sent."""
    proxy.rules.add(Rule("corrupt", method="GET", path=STATE))

    message = check_message(published.deploy(proxy))

    assert "state.json.gz in the bucket is damaged; nothing was changed." in message
    assert not [request for request in proxy.log if request.method == "PUT"]
    _check_unpublished(published)


def test_refused_uploads(published: Site, proxy: FaultProxy) -> None:
    """All of them are named, with the permission that is missing; the next deploy mends what this one left."""
    proxy.rules.add(Rule("status", method="PUT", path=r"/static/(a|new)\.css$", status=403, error="AccessDenied"))

    message = check_message(published.deploy(proxy))

    assert "2 of 4 uploads failed; nothing was published:" in message
    for key in ("static/a.css", "static/new.css"):
        assert f"AWS denied s3:PutObject on arn:aws:s3:::{published.bucket}/{key}." in message
    _check_unpublished(published)
    reasons = {item["key"]: item["reason"] for item in published.publish(AFTER)["uploaded"]}
    assert reasons == dict.fromkeys(["static/a.css", "static/b.css", "static/c.css", "static/new.css"], "interrupted")
    published.check(AFTER)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (Rule("status", method="GET", path=STATE, status=403, error="AccessDenied"), "AWS denied s3:GetObject"),
        (Rule("status", method="PUT", path=STATE, status=403, error="AccessDenied"), "AWS denied s3:PutObject"),
        (Rule("status", method="PUT", path=RELEASE, status=403, error="AccessDenied"), "AWS denied s3:PutObject"),
        (Rule("reset", method="PUT", path=STATE), "AWS could not be reached"),
        (Rule("reset", method="PUT", path=RELEASE), "AWS could not be reached"),
        (
            Rule("status", path="/invalidation", status=403, error="AccessDenied", query_api=True),
            "AWS denied cloudfront:CreateInvalidation",
        ),
    ],
    ids=["reading the state", "claim", "release record", "state unreachable", "record unreachable", "invalidation"],
)
def test_lasting_faults(published: Site, proxy: FaultProxy, rule: Rule, message: str) -> None:
    """One message; what was published stays so, and the next deploy puts everything right."""
    proxy.rules.add(rule)

    assert message in check_message(published.deploy(proxy))

    _check_unpublished(published)
    published.publish(AFTER)
    published.check(AFTER)


def test_interrupt(published: Site, proxy: FaultProxy) -> None:
    """Ctrl-C during the upload ends it at once, and the next deploy mends it."""
    uploading = threading.Event()

    def notice(index: int, method: str, path: str) -> None:
        if "/static/" in path:
            uploading.set()

    proxy.on_request = notice
    proxy.rules.add(Rule("hang", method="PUT", path=ASSETS))
    with published.program.start("deploy", environment=through(proxy)) as process:
        assert uploading.wait(30)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)

    assert time.monotonic() - began < 3
    assert "Traceback" not in stderr
    assert (process.returncode, stderr.splitlines()[-1]) == (4, "Aborted.")
    _check_unpublished(published)
    published.publish(AFTER)
    published.check(AFTER)
