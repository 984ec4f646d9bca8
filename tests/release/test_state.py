"""The record in the bucket, and its compare-and-set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from flask_cdn_stack.errors import AWSError, StateError, UnreachableError
from flask_cdn_stack.release.state import (
    STATE_KEY,
    Claim,
    ObjectRecord,
    Removal,
    State,
    Usage,
    add_claim,
    settle_claims,
)
from flask_cdn_stack.release.state_text import decode_state, encode_state, pack
from flask_cdn_stack.release.store import PAUSES, change_state, read_state
from tests.release.fakes import FaultyOnce, MemoryBucket

CLAIM = Claim(("a", "b"), 1_700_000_000.25, "host", 7)
STATE = State(
    serial=3,
    objects={"ä b": ObjectRecord("c" * 64, 5, "etag", None, "h"), "a": ObjectRecord("d" * 64, 0, '"e"', "v1", "h")},
    release="r2",
    manifest="m",
    releases=("r1", "r2"),
    writing={"run": CLAIM},
    removing={"other": Removal(("x",), 5.0)},
    usage=Usage("2023-11", 37),
)


NOVEMBER, LAST_SECOND, DECEMBER = 1_700_000_000.0, 1_701_388_799.9, 1_701_388_800.0


@pytest.mark.parametrize(
    ("usage", "now", "before", "after"),
    [
        (Usage(), NOVEMBER, 0, Usage("2023-11", 5)),
        (Usage("2023-11", 37), NOVEMBER, 37, Usage("2023-11", 42)),
        (Usage("2023-11", 37), LAST_SECOND, 37, Usage("2023-11", 42)),
        (Usage("2023-11", 37), DECEMBER, 0, Usage("2023-12", 5)),
        (Usage("2022-11", 37), NOVEMBER, 0, Usage("2023-11", 5)),
    ],
)
def test_usage(usage: Usage, now: float, before: int, after: Usage) -> None:
    """It adds up within a month of UTC, and nothing is changed by a run that asks for nothing."""
    assert usage.paths_at(now) == before
    assert usage.add(5, now) == after
    assert usage.add(0, now) is usage


def test_equal_states_have_equal_bytes() -> None:
    """Whatever order their tables were filled in, and whenever they are written."""
    turned = replace(STATE, objects=dict(reversed(list(STATE.objects.items()))))

    assert encode_state(turned) == encode_state(STATE)
    assert encode_state(STATE)[4:8] == bytes(4)  # the time stamp in gzip's header


WHOLE = encode_state(STATE)


def test_a_bit_is_wrong() -> None:
    """Wherever it is behind gzip's header."""
    for index in range(10, len(WHOLE)):
        with pytest.raises(StateError, match="damaged"):
            decode_state(WHOLE[:index] + bytes([WHOLE[index] ^ 1]) + WHOLE[index + 1 :])


def test_newer_format() -> None:
    """It may mean what this version does not know, so it is refused by its number."""
    with pytest.raises(StateError, match="has format 2; this flask-cdn-stack knows format 1") as caught:
        decode_state(pack({"format": 2}))
    assert (caught.value.exit_code, caught.value.hint) == (1, "Upgrade flask-cdn-stack here too.")


def _bucket(state: State = STATE) -> MemoryBucket:
    return MemoryBucket({STATE_KEY: encode_state(state)})


def _publish(state: State) -> State:
    return replace(state, serial=state.serial + 1, releases=(*state.releases, "r3"))


def _is_published(state: State) -> bool:
    return "r3" in state.releases


def _put(bucket: MemoryBucket, state: State) -> None:
    bucket.objects[STATE_KEY] = encode_state(state)


def test_change() -> None:
    """The snapshot that comes back can be changed again without reading."""
    bucket = MemoryBucket()

    first = change_state(bucket, read_state(bucket), _publish)
    assert first is not None
    second = change_state(bucket, first, lambda state: replace(state, manifest="m"))

    assert second == read_state(bucket)
    assert second.state == State(serial=1, releases=("r3",), manifest="m")


def test_nothing_to_change() -> None:
    """Then nothing is written."""
    bucket = _bucket()
    step = bucket.step = FaultyOnce("write", [])
    snapshot = read_state(bucket)

    assert change_state(bucket, snapshot, lambda state: state) is snapshot
    assert step.met == [f"read {STATE_KEY}"]


def test_claim_of_another_is_merged() -> None:
    """It is no reason to plan again."""
    bucket = _bucket()
    snapshot = read_state(bucket)
    claimed = add_claim(STATE, "new", CLAIM)
    _put(bucket, claimed)

    assert change_state(bucket, snapshot, _publish) == read_state(bucket)
    assert read_state(bucket).state == _publish(claimed)


def test_paths_of_another_are_added() -> None:
    """Those of a run that deleted something meanwhile, and this one's own, each once, also where an answer is lost."""
    bucket = _bucket()
    snapshot = read_state(bucket)
    _put(bucket, add_claim(replace(STATE, usage=STATE.usage.add(3, NOVEMBER)), "new", CLAIM))
    bucket.step = FaultyOnce("write", [None, "lost"])

    changed = change_state(
        bucket, snapshot, lambda state: replace(_publish(state), usage=state.usage.add(5, NOVEMBER)), _is_published
    )

    assert changed == read_state(bucket)
    assert changed.state.usage == Usage("2023-11", 37 + 3 + 5)


@pytest.mark.parametrize(
    "moved",
    [
        replace(STATE, serial=4),
        replace(STATE, removing={}),
        replace(STATE, objects={}),
        replace(STATE, serial=4, writing={}),
        STATE,
    ],
    ids=["published", "deleted", "objects", "both", "first deploys"],
)
def test_anything_else_is_not(moved: State) -> None:
    """The plan was made for a bucket that is no longer there."""
    bucket = _bucket() if moved != STATE else MemoryBucket()
    snapshot = read_state(bucket)
    _put(bucket, moved)

    assert change_state(bucket, snapshot, _publish) is None
    assert read_state(bucket).state == moved


@pytest.mark.parametrize("answers", [["lost"], ["unsent"], ["unsent", "lost"], ["unsent"] * ((len(PAUSES) + 1) - 1)])
def test_lost_answers(answers: list[str]) -> None:
    """The change is in the record once, whether the request or its answer was lost."""
    bucket = _bucket()
    bucket.step = FaultyOnce("write", [*answers])

    changed = change_state(bucket, read_state(bucket), _publish, _is_published)

    assert changed == read_state(bucket)
    assert changed.state == _publish(STATE)


def _claim(state: State) -> State:
    return add_claim(state, "new", Claim(("a",), 1.0, "host", 8))


@pytest.mark.parametrize(
    ("change", "is_done", "later", "still_holds"),
    [
        (_publish, _is_published, replace(_publish(STATE), serial=5, releases=("r1", "r2", "r3", "r4")), True),
        (_claim, lambda state: False, replace(_claim(STATE), serial=4), False),
    ],
    ids=["publication", "claim"],
)
def test_answer_lost_and_another_published_on_top(
    change: Callable[[State], State], is_done: Callable[[State], bool], later: State, still_holds: bool
) -> None:
    """The change is in, and is not made a second time; what was planned with a claim no longer holds."""
    bucket = _bucket()
    snapshot = read_state(bucket)
    lose, publish = FaultyOnce("write", ["lost"]), FaultyOnce("read", [lambda: _put(bucket, later)])
    bucket.step = lambda *do: (lose if do[0] == "write" else publish)(*do)

    changed = change_state(bucket, snapshot, change, is_done)

    assert (changed and changed.state) == (later if still_holds else None)


def test_too_many_lost_answers() -> None:
    """It gives up and says why."""
    bucket = _bucket()
    step = bucket.step = FaultyOnce("write", ["unsent"] * ((len(PAUSES) + 1) + 1))

    with pytest.raises(UnreachableError):
        change_state(bucket, read_state(bucket), _publish, _is_published)

    assert step.met.count(f"write {STATE_KEY}") == (len(PAUSES) + 1)
    assert read_state(bucket).state == STATE


def test_claims_add_up() -> None:
    """A run that plans again keeps what it has claimed before; the claim is as young as its last addition."""
    state = add_claim(State(), "run", Claim(("b",), 1.0, "host", 7))

    state = add_claim(state, "run", Claim(("c", "a"), 2.0, "host", 7))

    assert state.writing == {"run": Claim(("a", "b", "c"), 2.0, "host", 7)}


OWN, LEFT, OTHER = Claim(("a", "b"), 1, "h", 1), Claim(("a", "b"), 1, "h", 2), Claim(("a", "b"), 1, "h", 3)


@pytest.mark.parametrize(
    ("writing", "uploaded", "expected"),
    [
        ({"me": OWN}, {"a", "b"}, {}),
        ({"me": OWN}, set(), {}),
        ({"me": OWN, "left": LEFT}, {"a", "b"}, {}),
        ({"me": OWN, "left": LEFT}, {"a"}, {"left": LEFT._replace(keys=("b",))}),
        ({"me": OWN, "left": LEFT}, set(), {"left": LEFT}),
        ({"me": OWN, "other": OTHER}, {"a", "b"}, {"other": OTHER}),
        ({"left": LEFT, "other": OTHER}, {"a", "b", "c"}, {"other": OTHER}),
        ({"left": LEFT._replace(at=2)}, {"a", "b"}, {"left": LEFT._replace(at=2)}),
    ],
)
def test_settle_claims(writing: dict[str, Claim], uploaded: set[str], expected: dict[str, Claim]) -> None:
    """Its own goes, one left behind goes key by key, one renewed since or of a run that may be alive stays whole."""
    state = replace(STATE, writing=writing)

    assert settle_claims(state, "me", uploaded, {LEFT.hold}) == replace(STATE, writing=expected)


def test_other_errors_pass() -> None:
    """A refusal is not tried again."""
    bucket = _bucket()
    step = bucket.step = FaultyOnce("write", [AWSError("AWS denied s3:PutObject.")])

    with pytest.raises(AWSError, match="denied"):
        change_state(bucket, read_state(bucket), _publish, _is_published)

    assert step.met.count(f"write {STATE_KEY}") == 1
