"""Whose a record is, and what in the bucket is nobody's of ours."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.errors import RefusedError
from flask_cdn_stack.release.ownership import check_foreign, check_owner, doubtful_keys, read_own, sign
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY, Claim, ObjectRecord, Owner, Removal, State
from flask_cdn_stack.release.state_text import encode_state
from tests.release.fakes import OWNER, FaultyOnce, MemoryBucket, make_build, make_run

THEIRS = Owner("blog", "blog-cdn")
TAKING = replace(make_run(), takes_over=True)


@pytest.mark.parametrize(
    ("owner", "run"), [(None, make_run()), (OWNER, make_run()), (THEIRS, TAKING)], ids=["nobody", "ours", "taken over"]
)
def test_a_record_that_may_be_changed(owner: Owner | None, run: Run) -> None:
    """Is this project's from then on."""
    state = State(owner=owner)

    check_owner(state, run)
    assert sign(state, run) == State(owner=OWNER)


def test_another_project() -> None:
    """Is refused by both names, with the ways out."""
    bucket = MemoryBucket({STATE_KEY: encode_state(State(owner=THEIRS))})

    with pytest.raises(RefusedError) as caught:
        read_own(bucket, make_run())

    assert "the project blog (stack blog-cdn), and this is the project shop (stack shop-cdn)" in caught.value.message
    assert all(way in caught.value.hint for way in ("assets.prefix", "project.name", "--take-over"))


def test_what_our_record_names_is_ours() -> None:
    """Wherever it names it; nothing is asked where it names all."""
    state = State(
        objects={"table": ObjectRecord("", 0, "", None, "")},
        writing={"other": Claim(("claimed",), 0, "there", 1)},
        removing={"other": Removal(("doomed",), 0)},
    )
    bucket = MemoryBucket({"table": b"", "claimed": b"", "doomed": b""}, FaultyOnce("look", [AssertionError("asked")]))

    assert check_foreign(bucket, make_run(), state, ["table", "claimed", "doomed"]) == frozenset()


def test_foreign_objects() -> None:
    """Are refused by their keys, or taken over by name."""
    bucket = MemoryBucket({"theirs": b"t", "beside": b"b"})

    with pytest.raises(RefusedError, match=r"^Under 1 of the names(?s:.*)\n  theirs\n"):
        check_foreign(bucket, make_run(), State(), ["new", "theirs"])
    assert check_foreign(bucket, TAKING, State(), ["new", "theirs"]) == {"theirs"}


def test_another_run_of_ours_sends_meanwhile() -> None:
    """What it has claimed since the record was read is not foreign."""
    bucket = MemoryBucket({"new": b"n"})

    def claim() -> None:
        state = State(writing={"other": Claim(("new",), 0, "there", 1)})
        bucket.objects[STATE_KEY] = encode_state(state)

    bucket.step = FaultyOnce("look", [claim])

    assert check_foreign(bucket, make_run(), State(), ["new"]) == frozenset()


def test_names_that_hold_their_checksum() -> None:
    """Need no look: nobody else puts these bytes there."""
    build = make_build({"a.js": "a", "known.js": ""})
    hashed = replace(build.objects[0], key=f"a.{build.objects[0].checksum[:16]}.js")

    state = State(objects={"known.js": ObjectRecord("", 0, "", None, "")})
    assert doubtful_keys(build._replace(objects=(*build.objects, hashed)), state) == ["a.js"]
