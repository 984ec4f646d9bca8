"""Checksums in names, by themselves or by way of the query: what every release promises is served all the time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.faults.kinds import FORGET, RECORD, asset, change
from tests.faults.site import KEPT, Site
from tests.faults.test_crash import kill
from tests.servers.fault_proxy import FaultProxy


@contextmanager
def watching(site: Site) -> Iterator[list[int]]:
    """Look at every release again and again while the block runs; yields how many there were at each look."""
    looks: list[int] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def watch() -> None:
        try:
            while not done.is_set():
                site.forget_seen()
                looks.append(site.check_releases())
        except BaseException as failure:
            failures.append(failure)

    thread = threading.Thread(target=watch)
    thread.start()
    yield looks
    done.set()
    thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("site", [pytest.param("path", marks=pytest.mark.long), "immutable"], indirect=True)
def test_releases_are_served_all_the_time(site: Site, proxy: FaultProxy) -> None:
    """While others are deployed, killed and deployed again."""
    tree = {"changed/1.css": "begin", "same/1.css": "same", "same/2.js": "same", KEPT: "begin"}
    site.publish(tree)
    with watching(site) as looks:
        for number, point in enumerate([change(1), asset(1), asset(4), RECORD, FORGET]):
            after = {**tree, "changed/1.css": f"{number}", "new.js": f"{number}", KEPT: f"{number}"}
            site.write(after)
            assert kill(site, proxy, point, forwarded=True)
            site.publish(tree if number % 2 else after)

    assert len(looks) > 5
    assert site.check_releases() == 6
    site.check(after)
