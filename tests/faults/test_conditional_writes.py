"""Every write on a condition, refused or unanswered at its first try, whoever makes it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.site import Deployment, small_tree
from tests.servers.fault_proxy import FaultProxy, Rule

_ODD = tuple(range(1, 100, 2))

#: The heads of such requests, and of those that must find an object.
_CONDITION, _CHANGE = r"(?i)\r\nif-(none-)?match:", r"(?i)\r\nif-match:"

#: Nobody else has changed anything: what the answer says is not so, or S3 was asked by two at the same moment.
FAULTS = {
    "409": Rule("status", status=409, error="ConditionalRequestConflict", nth=_ODD),
    "412": Rule("status", status=412, error="PreconditionFailed", nth=_ODD),
    "404": Rule("status", status=404, error="NoSuchKey", nth=_ODD, head=_CHANGE),
    "503": Rule("status", nth=_ODD),
    # What was not carried out is tried again, what was is not.
    "lost": Rule("reset", nth=_ODD),
    "answer lost": Rule("drop_response"),
}


@pytest.mark.parametrize("site", ["seaweedfs query"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_at_each_first_try(frugal: Deployment, proxy: FaultProxy, fault: Rule) -> None:
    """First deploy, later one, rollback and prune get through, and each does its work once."""
    rule = replace(fault, method="PUT", head=fault.head or _CONDITION)
    done = {"first": ("deploy", "0"), "later": ("deploy", "1"), "back": ("rollback", "0"), "removal": ("prune", "0")}
    for serial, (name, (command, mark)) in enumerate(done.items(), 1):
        proxy.rules.clear()
        proxy.rules.add(rule)
        proxy.log.clear()
        if command == "deploy":
            frugal.write(small_tree(mark))

        result = frugal.start(proxy, *(["--yes"] if command != "deploy" else []), command=command).end()

        assert result.exit_code == 0, (name, result.stderr)
        met = rule.action in {request.action for request in proxy.log}
        assert met or (fault is FAULTS["404"] and name == "first"), name
        frugal.check(small_tree(mark))
        state = frugal.state
        assert not state.writing, name
        assert not state.removing, name
        assert len(state.releases) == min(serial, 3) - (command == "prune"), name
