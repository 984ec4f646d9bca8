"""A rollback and a prune, killed at each of their requests, and what comes after them."""

from __future__ import annotations

import itertools

import pytest

from tests.faults.kinds import every
from tests.faults.site import Deployment, both_modes, small_tree
from tests.faults.test_crash import kill, sent
from tests.servers.fault_proxy import FaultProxy

#: Releases that the site keeps.
KEPT_RELEASES = 2


@pytest.mark.full_matrix
@both_modes
@sent
@pytest.mark.parametrize("command", ["rollback", "prune"])
def test_kill_at_each_request(frugal: Deployment, proxy: FaultProxy, command: str, forwarded: bool) -> None:
    """The releases that are kept stay served; the command can be run again, and a deploy after it."""
    for nth in itertools.count(1):
        for number in range(KEPT_RELEASES + 2):
            frugal.publish(small_tree(f"{nth}-{number}"))

        killed = kill(frugal, proxy, every(nth), forwarded, "--yes", command=command)
        frugal.check_releases(KEPT_RELEASES)
        again = frugal.start(None, "--yes", command=command).end()
        assert again.exit_code == 0, again.stderr
        frugal.check_releases(KEPT_RELEASES)
        after = small_tree(f"{nth}-after")
        frugal.publish(after)
        frugal.check(after)
        assert frugal.manifest_file == frugal.published
        if not killed:
            break

    assert nth > 4
