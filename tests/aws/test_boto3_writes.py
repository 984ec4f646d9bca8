"""Every write on a condition by way of boto3, and what can go wrong with it on the wire: afterwards it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.release.state import STATE_KEY, State
from flask_cdn_stack.release.store import Snapshot, change_state, read_state, write_once
from tests.aws.conftest import MakeBucket
from tests.servers.fault_proxy import FaultProxy, Rule

CONFLICT = Rule("status", status=409, error="ConditionalRequestConflict", method="PUT", times=1)

FAULTS = {
    "409": CONFLICT,
    "412 for nothing": replace(CONFLICT, status=412, error="PreconditionFailed"),
    "503": Rule("status", method="PUT", times=2),
    "lost": Rule("reset", method="PUT", times=1),
    "answer lost": Rule("drop_response", method="PUT", times=1),
}

#: What S3 says of an object that was deleted since it was read.
GONE = {"404": replace(CONFLICT, status=404, error="NoSuchKey")}


def is_written(state: State) -> bool:
    return state.release == "two"


def write_later(bucket: Bucket) -> None:
    """Change the record that is there."""
    changed = change_state(bucket, read_state(bucket), lambda state: replace(state, release="two"), is_written)
    assert changed is not None
    # The ETag is the one that the next change must find.
    assert change_state(bucket, changed, lambda state: replace(state, serial=state.serial + 1)) is not None


def write_first(bucket: Bucket) -> None:
    """Write the first record."""
    changed = change_state(bucket, Snapshot(State(), None), lambda state: replace(state, release="two"), is_written)
    assert changed is not None


def write_release(bucket: Bucket) -> None:
    """Write what nobody else writes."""
    write_once(bucket, "releases/two", b"two")


@pytest.mark.parametrize("fault", [*FAULTS.values(), *GONE.values()], ids=[*FAULTS, *GONE])
def test_a_change_of_the_state(make_bucket: MakeBucket, proxy: FaultProxy, fault: Rule) -> None:
    """Is made once."""
    change_state(make_bucket(), Snapshot(State(), None), lambda state: replace(state, serial=1))
    proxy.rules.add(fault)

    write_later(make_bucket(proxy.url, by_boto3=True))

    state = read_state(make_bucket()).state
    assert (state.serial, state.release) == (2, "two")
    assert fault.action in [request.action for request in proxy.log]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize(("write", "key"), [(write_first, STATE_KEY), (write_release, "releases/two")])
def test_what_is_not_there_yet(
    make_bucket: MakeBucket, proxy: FaultProxy, fault: Rule, write: Callable[[Bucket], None], key: str
) -> None:
    """Is written, and is readable afterwards."""
    proxy.rules.add(fault)

    write(make_bucket(proxy.url, by_boto3=True))

    assert make_bucket().read(key) is not None
    assert fault.action in [request.action for request in proxy.log]
