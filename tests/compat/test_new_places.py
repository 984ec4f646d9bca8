"""Every name of every peer has its place in the settings file, or is said to be gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flask_cdn_stack.compat.new_places import NEW_PLACES, PEER_ARGUMENTS, NewPlace
from flask_cdn_stack.compat.peer_settings import PEER_SETTINGS
from flask_cdn_stack.settings.schema import known_keys

from .replay import DATA

PEERS = json.loads((DATA / "peer_names.json").read_text("utf-8"))

PLACES = list(dict.fromkeys([*NEW_PLACES.values(), *(it.place for it in PEER_ARGUMENTS)]))

PAGES = {"Flask-CDN-NG", "Flask-CDN", "Flask-S3"}


@pytest.mark.parametrize("peer", PEERS)
def test_every_name_of_a_peer_has_a_row(peer: str) -> None:
    """On the page of that peer."""
    page = max((name for name in PAGES if peer.startswith(name)), key=len)
    rows = [(it.name, it.peers, NEW_PLACES.get(it.name)) for it in PEER_SETTINGS]
    rows += [(it.name, it.peers, it.place) for it in PEER_ARGUMENTS]
    shown = {name for name, peers, place in rows if place and any(it.startswith(page) for it in peers)}
    assert set(PEERS[peer]["settings"] + PEERS[peer]["arguments"]) - shown == set()


def test_rows_are_of_peers() -> None:
    """None is left of a setting that no peer has."""
    assert NEW_PLACES.keys() == {it.name for it in PEER_SETTINGS if it.peers}
    every = {name for peer in PEERS.values() for name in peer["settings"] + peer["arguments"]}
    assert NEW_PLACES.keys() | {it.name for it in PEER_ARGUMENTS} == every


@pytest.mark.parametrize("place", PLACES, ids=lambda it: it.note)
def test_a_place(place: NewPlace) -> None:
    """Is a key that the settings file may have, or there is a reason why it is none."""
    group, _, key = place.key.rpartition(".")
    assert place.note or place.key
    assert not place.key or key in known_keys(group.split(".") if group else []), place.key


def test_the_pages() -> None:
    """Each has the table."""
    folder = Path(DATA).parents[2] / "docs" / "how-to"
    for page in PAGES:
        assert f".. peer-settings:: {page}\n" in (folder / f"from-{page.lower()}.rst").read_text("utf-8")
