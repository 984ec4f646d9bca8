"""An upload that ends before its end: what has arrived is not sent again."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from tests.conftest import Result, wait_until
from tests.faults.kinds import ASSET
from tests.faults.site import TargetSite, check_message
from tests.servers.fault_proxy import FaultProxy, Rule

pytestmark = pytest.mark.long

FILES = 300
TREE = {f"part/{number}.js": f"// {number}" for number in range(FILES)}

on_target = pytest.mark.parametrize("site", ["ministack query"], indirect=True)


def send_rest(site: TargetSite) -> int:
    """Deploy to the end, and return how many files that took."""
    sent = len(site.publish(TREE)["uploaded"])
    site.check(TREE)
    assert site.state.writing == {}
    return sent


def signal_in_the_middle(site: TargetSite, proxy: FaultProxy, number: int) -> Result:
    """Deploy, and send the process a signal when a hundred files have arrived; the others hang."""
    proxy.rules.add(Rule("hang", method="PUT", path=ASSET, nth=tuple(range(101, FILES + 1))))
    running = site.start(proxy)
    assert wait_until(lambda: len([key for key in site.etags() if key.startswith("static/")]) == 100)
    time.sleep(0.5)  # the answers are on their way
    os.kill(running.pid, number)
    return running.end()


@on_target
def test_one_refused(site: TargetSite, proxy: FaultProxy) -> None:
    """Of many: the next deploy sends that one alone, and the message counts."""
    proxy.rules.add(Rule("status", method="PUT", path="/part/7", times=1, status=403, error="AccessDenied"))
    site.write(TREE)

    message = check_message(site.deploy(proxy))

    assert f"1 of {FILES} uploads failed; nothing was published. {FILES - 1} arrived and are not sent again" in message
    assert send_rest(site) == 1


@on_target
def test_credentials_that_expire(site: TargetSite, proxy: FaultProxy) -> None:
    """In the middle: nothing further is begun, and with new ones the next deploy sends the rest."""
    expired = Rule("status", method="PUT", path=ASSET, status=400, error="ExpiredToken", nth=tuple(range(101, FILES)))
    proxy.rules.add(expired)
    site.write(TREE)

    message = check_message(site.deploy(proxy))

    counts = re.search(r"(\d+) of 300 uploads failed; .* 100 arrived and are not sent again, (\d+) were not", message)
    assert counts, message
    assert int(counts[1]) + int(counts[2]) == FILES - 100
    assert send_rest(site) == FILES - 100


@on_target
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal(site: TargetSite, proxy: FaultProxy, number: int) -> None:
    """Ends it with a word, and the next deploy sends the rest."""
    site.write(TREE)

    result = signal_in_the_middle(site, proxy, number)

    assert result.exit_code == 4, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Aborted.")
    assert send_rest(site) == FILES - 100
