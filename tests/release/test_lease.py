"""A run's hold on its keys: renewed, recorded, lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.errors import AWSError, LeaseError, UnreachableError
from flask_cdn_stack.release.lease import RENEWAL_SECONDS, STALE_SECONDS, Lease
from flask_cdn_stack.release.state import CLAIM_SECONDS, SKEW_SECONDS, STATE_KEY, Claim, ObjectRecord, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.release.store import PAUSES, read_state
from tests.release.deployments import read
from tests.release.fakes import FakeClock, FaultyOnce, MemoryBucket, make_run

SENT = ObjectRecord("0" * 64, 1, "e", None, "h")


class Site:
    """A run that has claimed two keys."""

    def __init__(self) -> None:
        self.bucket, self.clock = MemoryBucket(), FakeClock()
        self.run = make_run(clock=self.clock)
        self.lease = Lease(self.bucket, self.run, read_state(self.bucket))
        assert self.lease.claim(["a", "b"])

    @property
    def state(self) -> State:
        return read(self.bucket.objects)

    def change(self, **values: object) -> None:
        """Change the record as another run."""
        self.bucket.objects[STATE_KEY] = encode_state(replace(self.state, **values))  # type: ignore[arg-type]

    def fail(self, error: BaseException) -> None:
        """End in an error after one file has arrived."""
        with self.lease.recording():
            self.lease.arrived("a", SENT, "a")
            raise error

    @property
    def claim(self) -> Claim:
        return self.state.writing["run"]


def test_others_drop_a_claim_only_after_its_run_has_stopped() -> None:
    """Whatever two clocks say that S3 takes."""
    assert STALE_SECONDS + SKEW_SECONDS < CLAIM_SECONDS
    assert RENEWAL_SECONDS < STALE_SECONDS


def test_renewal() -> None:
    """Is done when it is time, and records what has arrived; the rest stays claimed."""
    site = Site()
    site.lease.arrived("a", SENT, "a")
    site.lease.tick()
    assert site.claim.renewed == FakeClock.seconds

    site.clock.seconds += RENEWAL_SECONDS + 1
    site.lease.tick()

    assert (site.claim.keys, site.claim.renewed) == (("b",), site.clock.seconds)
    assert site.state.objects == {"a": SENT}
    assert site.state.owed == {"a"}
    assert site.lease.snapshot.state == site.state


def test_a_claim_left_behind_is_mended_bit_by_bit() -> None:
    """Also where what had arrived was recorded meanwhile."""
    site = Site()
    site.change(writing={"dead": Claim(("a", "b"), 0, "here", 99)})
    lease = Lease(site.bucket, site.run, read_state(site.bucket))
    assert lease.claim(["a", "b"])
    lease.arrived("a", SENT, None)
    site.clock.seconds += RENEWAL_SECONDS + 1
    lease.tick()
    assert site.state.writing["dead"].keys == ("b",)

    lease.arrived("b", SENT, None)

    assert not lease.settle(site.state).writing


def test_a_renewal_that_is_not_answered() -> None:
    """Is left to the next one; the run goes on."""
    site = Site()
    site.clock.seconds += RENEWAL_SECONDS + 1
    site.bucket.step = FaultyOnce("write", ["unsent"] * (len(PAUSES) + 1))

    site.lease.tick()
    assert site.claim.renewed == FakeClock.seconds
    site.lease.check()
    site.lease.tick()

    assert site.claim.renewed == site.clock.seconds


def test_another_publishes_meanwhile() -> None:
    """The claim is renewed all the same; what has arrived is for the next plan to judge."""
    site = Site()
    site.lease.arrived("a", SENT, None)
    site.change(serial=1, objects={"a": SENT._replace(etag="theirs")})
    site.clock.seconds += RENEWAL_SECONDS + 1

    site.lease.tick()

    assert (site.claim.keys, site.claim.renewed) == (("a", "b"), site.clock.seconds)
    assert site.state.objects["a"].etag == "theirs"
    site.lease.read_again()
    assert site.lease.records == {}


def test_a_run_that_was_stopped_for_too_long() -> None:
    """Sends nothing more, and asks for nothing, until it has claimed anew."""
    site = Site()
    site.clock.seconds += STALE_SECONDS + 1

    site.lease.tick()
    with pytest.raises(LeaseError):
        site.lease.check()

    site.lease.read_again()
    assert site.lease.claim(["a"])
    site.lease.check()


def test_a_claim_that_was_dropped() -> None:
    """Is noticed at the next renewal."""
    site = Site()
    site.change(writing={})
    site.clock.seconds += RENEWAL_SECONDS + 1

    site.lease.tick()

    assert site.lease.is_lost
    assert site.state.writing == {}


@pytest.mark.parametrize("error", [AWSError("denied"), KeyboardInterrupt()], ids=["an error", "Ctrl-C"])
def test_what_arrived_is_recorded_before_an_error(error: BaseException) -> None:
    """Also where another run has published other keys meanwhile."""
    for serial in (0, 1):
        site = Site()
        site.change(serial=serial)

        with pytest.raises(type(error)):
            site.fail(error)

        assert site.state.objects == {"a": SENT}
        assert (site.claim.keys, site.state.owed) == (("b",), frozenset({"a"}))


def test_what_cannot_be_recorded() -> None:
    """Does not stand before what was wrong; the claim says that it is unknown."""
    site = Site()
    site.bucket.step = FaultyOnce("read", [UnreachableError("AWS could not be reached.")])
    site.change(serial=1)

    with pytest.raises(AWSError, match="denied"):
        site.fail(AWSError("denied"))

    assert site.claim.keys == ("a", "b")
