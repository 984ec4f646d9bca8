"""Tables for those who come from another package, made from what the program and its tests know.

``.. peer-settings:: NAME`` lists that package's settings and arguments, what they mean here and where they go,
``.. peer-differences:: NAME`` every replayed call that this package answers otherwise, with the reason.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from flask_cdn_stack.compat.new_places import NEW_PLACES, PEER_ARGUMENTS, NewPlace
from flask_cdn_stack.compat.peer_settings import PEER_SETTINGS, PeerSetting

DIFFERENCES = Path(__file__).parent.parent / "how-to" / "peer-differences.csv"


class PeerSettings(SphinxDirective):
    """The settings and arguments of one peer and of its forks, with their places in the settings file."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        name = self.arguments[0]
        known = [(it.name, it.peers, _meaning(it), NEW_PLACES.get(it.name)) for it in PEER_SETTINGS]
        known += [(it.name, it.peers, it.meaning, it.place) for it in PEER_ARGUMENTS]
        rows = [
            (f"``{written}``", meaning, _render_place(place))
            for written, peers, meaning, place in known
            if place and _names("; ".join(peers), name)
        ]
        headings = ("Setting or argument", "Here", "In flask-cdn-stack.yml")
        return self.parse_text_to_nodes("\n".join(_table(headings, (26, 40, 34), rows)))


class PeerDifferences(SphinxDirective):
    """The replayed calls of one peer and of its forks that are answered otherwise here."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        self.env.note_dependency(str(DIFFERENCES))
        with DIFFERENCES.open(encoding="utf-8", newline="") as file:
            found = [row for row in csv.DictReader(file) if _names(row["peer"], self.arguments[0])]
        rows = [(f"``{row['case']}``", _literal(row["theirs"]), _literal(row["ours"]), row["reason"]) for row in found]
        return self.parse_text_to_nodes("\n".join(_table(("Case", "There", "Here", "Why"), (16, 26, 26, 32), rows)))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.add_directive("peer-settings", PeerSettings)
    app.add_directive("peer-differences", PeerDifferences)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _names(peers: str, name: str) -> bool:
    """Say whether a list of peers holds ``name`` or a fork of it; Flask-CDN-NG is a package of its own."""
    return any(peer == name or (peer.startswith(name) and peer != "Flask-CDN-NG") for peer in peers.split("; "))


def _meaning(setting: PeerSetting) -> str:
    return setting.meaning if setting.readers else f"Without effect. {setting.meaning}"


def _render_place(place: NewPlace) -> str:
    return f"``{place.key}``. {place.note}".strip() if place.key else f"gone: {place.note}"


def _literal(text: str) -> str:
    return f"``{text}``" if text else "–"


def _table(headings: Sequence[str], widths: Sequence[int], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", "")
    for row in (headings, *rows):
        for number, cell in enumerate(row):
            yield f"   {' ' if number else '*'} - {cell}"
