"""A file that one page loads plainly and another with CORS, from the browser's cache.

A browser keeps one copy for both. CloudFront adds the CORS headers of a policy only to answers for requests with
``Origin`` (CloudFront API reference, "ResponseHeadersPolicyCorsConfig"), so the copy of a plain request must not be
taken for a later one with CORS (Fetch standard, "CORS protocol and HTTP caches").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from flask_cdn_stack.settings.delivery import Delivery

from .cdn_site import FONT, PATH, QUERY, read_policy, serve

if TYPE_CHECKING:
    from .conftest import MakeSite, Open


class Row(NamedTuple):
    """A use of a file, without CORS and with it: scripts of a page that end in ``said('works')`` or with an error."""

    suffix: str
    content: str | bytes
    plain: str
    cors: str


def load(tag: str, *attributes: str) -> str:
    """Return the script that adds an element to the page and waits for it."""
    pairs = dict(attribute.partition("=")[::2] for attribute in attributes)
    return f"load('{tag}', {pairs})"


_DOT = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
_SHEET = ("rel=stylesheet", "href=URL")
_CROSS = "crossorigin=anonymous"
_PRELOAD = ("rel=preload", "href=URL")

ROWS = {
    "script": Row("js", "", load("script", "src=URL"), load("script", _CROSS, "src=URL")),
    "style": Row("css", "p { color: red }", load("link", *_SHEET), load("link", _CROSS, *_SHEET)),
    "img": Row("svg", _DOT, load("img", "src=URL"), load("img", _CROSS, "src=URL")),
    "font": Row("woff2", FONT, load("link", "as=font", *_PRELOAD), "new FontFace('Dots', `url(${url})`).load()"),
    "fetch": Row("svg", _DOT, load("img", "src=URL"), "fetch(url)"),
    "module": Row("js", "", load("script", "src=URL"), "import(url)"),
    "preload": Row("js", "", load("link", "as=script", *_PRELOAD), load("link", _CROSS, "as=script", *_PRELOAD)),
}

_PAGE = """
<!doctype html><link rel="icon" href="data:,"><body><script>
const url = "{{ url_for('static', filename=request.args.file) }}"
const load = (tag, attributes) => new Promise((works, fails) => {
    const element = document.createElement(tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value.replace('URL', url))
    element.onload = works
    element.onerror = () => fails(Error('blocked'))
    document.body.append(element)
})
const uses = {plain: () => PLAIN, cors: () => CORS}
uses["{{ request.args.use }}"]().then(() => { globalThis.said = 'works' }, error => { globalThis.said = String(error) })
</script>
"""


@pytest.mark.parametrize("config", [PATH, QUERY], ids=["path", "query"])
@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_both_uses(make_site: MakeSite, visit: Open, row: Row, config: dict[str, Any]) -> None:
    """Work one after the other: with CORS what is in the cache without, and the reverse."""
    name = f"file.{row.suffix}"
    page = _PAGE.replace("PLAIN", row.plain).replace("CORS", row.cors)
    site = make_site(page, {name: row.content}, **config)

    assert [use_file(visit, site.address, name, use) for use in ("plain", "cors", "plain")] == ["works"] * 3


def test_two_origins(make_site: MakeSite, visit: Open) -> None:
    """Two sites that ``delivery.cors`` lists each get an answer that names themselves."""
    row = ROWS["script"]
    site = make_site(_PAGE.replace("PLAIN", row.plain).replace("CORS", row.cors), {"app.js": ""})
    with serve(site.app) as other:
        addresses = (site.address, f"http://{other}/")
        site.cdn.policy = read_policy(Delivery(cors=tuple(address.rstrip("/") for address in addresses)))

        assert [use_file(visit, address, "app.js", "cors") for address in addresses] == ["works", "works"]


def use_file(visit: Open, address: str, name: str, use: str) -> object:
    """Return what comes of a use of a file on a page of its own."""
    opened = visit(f"{address}?file={name}&use={use}")
    opened.wait("globalThis.said !== undefined")
    return opened.evaluate("globalThis.said")
