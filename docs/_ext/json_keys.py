"""Gives each key in the tables of sections called "JSON of ..." a place to link to, and the key is that link."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

_TITLE = "JSON of "


def link_keys(app: Sphinx, document: nodes.document) -> None:
    """Make links of the keys of a page, such as ``#json-status-owed``."""
    for section in document.findall(nodes.section):
        title = section[0].astext()
        if title.startswith(_TITLE):
            for row in section.findall(nodes.row):
                for key in list(row[0].findall(nodes.literal)):
                    place = nodes.make_id(f"json-{title.removeprefix(_TITLE)}-{key.astext()}")
                    key.replace_self(nodes.reference("", "", key.deepcopy(), refid=place, ids=[place]))


def setup(app: Sphinx) -> dict[str, bool]:
    """Look at each page when it has been read."""
    app.connect("doctree-read", link_keys)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
