"""What a bundler made: modules that import each other by names that carry a hash."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .cdn_site import PATH, QUERY

if TYPE_CHECKING:
    from .conftest import MakeSite, Open

FILES = {
    "dist/manifest.json": json.dumps({"main.js": {"file": "assets/main-BCQv2lQ7.js", "isEntry": True}}),
    "dist/assets/main-BCQv2lQ7.js": (
        "globalThis.runs = (globalThis.runs ?? 0) + 1; export const name = 'main';"
        "import('./chunk-DTBqQVzJ.js').then(chunk => { globalThis.said = chunk.said })"
    ),
    "dist/assets/chunk-DTBqQVzJ.js": "import { name } from './main-BCQv2lQ7.js'; export const said = name",
}
_PAGE = """
    <!doctype html><link rel="icon" href="data:,">{map}
    <script type="module" src="{{{{ url_for('static', filename='dist/assets/main-BCQv2lQ7.js') }}}}"></script>
"""


@pytest.mark.parametrize("mode", [PATH, QUERY], ids=["path", "query"])
@pytest.mark.parametrize("imports", ["", "{{ cdn_importmap() }}"], ids=["alone", "import map"])
def test_each_module_runs_once(make_site: MakeSite, visit: Open, mode: dict[str, Any], imports: str) -> None:
    """A chunk gets the entry that the page has loaded, and not the same file under another URL."""
    site = make_site(_PAGE.format(map=imports), FILES, **mode)
    # The chunk is in no manifest, so that a deploy publishes it under its plain name too.
    site.cdn.published["/static/dist/assets/chunk-DTBqQVzJ.js"] = FILES["dist/assets/chunk-DTBqQVzJ.js"].encode()
    opened = visit(site.address)
    opened.wait("globalThis.said == 'main'")

    assert (opened.evaluate("globalThis.runs"), opened.problems, site.cdn.missing) == (1, [], [])
