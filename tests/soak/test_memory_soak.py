"""Thousands of random steps of several deployers at a bucket in memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flask_cdn_stack.release.records import encode_release, release_key
from tests.soak.acts import Act
from tests.soak.edge_model import Answer, EdgeModel
from tests.soak.memory_soak import MemorySoak, soak
from tests.soak.seeds import FOUND, Length

#: Seeds, of which half are tried in every run, of so many steps each.
SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 8))]
STEPS = 100


@pytest.mark.parametrize("seed", SEEDS)
def test_soak(seed: int, length: Length) -> None:
    """Nothing is lost, stale or touched that is not the tool's."""
    soak(length.seed(seed), length.steps(STEPS))


@pytest.mark.parametrize("seed", [100, 101])
def test_soak_of_immutable_urls(seed: int, length: Length) -> None:
    """The same where the edge leads checksums in the query to names that have them."""
    soak(length.seed(seed), length.steps(STEPS), {"immutable": True})


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once(seed: int) -> None:
    """The same from seeds that have found something."""
    soak(seed, FOUND[seed])


@pytest.fixture
def deployed() -> MemorySoak:
    """A soak after a deploy, with a page that was viewed whole."""
    running = MemorySoak(0)
    running.perform([Act("deploy", running.deployers[0].copy())], 0)
    running.perform([Act("deploy", running.deployers[0].copy())], 0)
    return running


def lose_object(running: MemorySoak) -> None:
    running.facts.s3.delete(sorted(running.facts.state.objects)[0])


def change_object(running: MemorySoak) -> None:
    running.facts.s3.put(sorted(running.facts.state.objects)[0], Answer(b"other", "text/plain", "max-age=9"))


def change_foreign(running: MemorySoak) -> None:
    running.facts.foreign["theirs"] = Answer(b"theirs", "text/plain", "")
    running.facts.s3.put("theirs", Answer(b"ours", "text/plain", ""))


def lose_version(running: MemorySoak) -> None:
    running.facts.s3.etags.clear()


def change_manifest(running: MemorySoak) -> None:
    record = running.facts.read_record(str(running.facts.state.release))
    text = record.manifest.replace(record.manifest.splitlines()[1][:64], "0" * 64)
    running.facts.s3.objects[release_key(record.id)] = encode_release(record._replace(manifest=text))


def keep_old_copy(running: MemorySoak) -> None:
    url, (answer, until) = next(iter(running.facts.edge.copies.items()))
    running.facts.edge.copies[url] = (answer._replace(body=b"old"), until)


@pytest.mark.parametrize(
    "harm", [lose_object, change_object, change_foreign, lose_version, change_manifest, keep_old_copy]
)
def test_each_harm_is_seen(deployed: MemorySoak, harm: Callable[[MemorySoak], None]) -> None:
    """A soak that found nothing says something: one harm, and it fails."""
    harm(deployed)

    with pytest.raises(AssertionError):
        deployed.perform([Act("deploy", deployed.deployers[0].copy())], 0)


def test_edge_forgets_what_is_covered() -> None:
    """A copy is held until an invalidation covers it, or its time is over."""
    answers = {"/a?c=1": Answer(b"old", "", "max-age=1000"), "/ab": Answer(b"old", "", "max-age=1000")}
    edge = EdgeModel()
    for url in answers:
        edge.fetch(url, answers.get, now=0)
    answers = {url: answer._replace(body=b"new") for url, answer in answers.items()}

    assert set(edge.find_stale(answers.get, now=1)) == {"/a?c=1", "/ab"}
    assert set(edge.find_stale(answers.get, now=1001)) == set()
    edge.forget(["/a"])
    assert set(edge.find_stale(answers.get, now=1)) == {"/a?c=1", "/ab"}
    edge.forget(["/a?*"])
    assert set(edge.find_stale(answers.get, now=1)) == {"/ab"}
    edge.forget(["/a*"])
    assert set(edge.find_stale(answers.get, now=1)) == set()
