"""What browsers take from the page's own origin only, or only when it is asked for with CORS: each row of the page
about it, from the CDN and, as ``CDN_LOCAL_NAMES`` has it, from the app."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.conftest import ROOT

from .cdn_site import FONT, PATH, QUERY

if TYPE_CHECKING:
    from .conftest import MakeSite, Open

FILES: dict[str, str | bytes] = {
    "sprite.svg": (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><defs><symbol id="i" viewBox="0 0 9 9">'
        '<rect width="9" height="9"/></symbol><filter id="f"><feFlood/></filter></defs></svg>'
    ),
    "dot.svg": '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>',
    "sw.js": "",
    "worker.js": "postMessage('worker')",
    "shared.js": "onconnect = event => event.ports[0].postMessage('worker')",
    "worklet.js": "registerPaint('dots', class { paint() {} })",
    "module.js": "globalThis.said = 'works'",
    "app.css": "p { color: red }",
    "app.webmanifest": '{"name": "Shop", "start_url": "/", "display": "standalone"}',
    "words.vtt": "WEBVTT\n\n00:00.000 --> 00:01.000\nTea\n",
    "page.html": "<!doctype html><title>In it</title>",
    "dots.woff2": FONT,
}


class Row(NamedTuple):
    """A way to use a file, as the page about it calls it, with what a page does for it.

    The script has the file's URL as ``url`` and ends with ``said(...)``: ``works``, or what went wrong.
    """

    name: str
    file: str
    script: str
    on_cdn: str


def add(markup: str) -> str:
    """Return the script that adds markup to the page, with ``URL`` in it."""
    return f"document.body.insertAdjacentHTML('beforeend', `{markup.replace('URL', '${url}')}`);"


_FIRST = "document.body.lastElementChild"
_ON_LOAD = f"{_FIRST}.onload = () => LOADED; {_FIRST}.onerror = () => said('error');"
_READ = "c = document.createElement('canvas').getContext('2d'); c.drawImage(IMAGE, 0, 0); c.getImageData(0, 0, 1, 1)"
_CANVAS = _ON_LOAD.replace("LOADED", f"attempt(() => {{ {_READ.replace('IMAGE', _FIRST)} }})")
_RULES = _ON_LOAD.replace("LOADED", f"attempt(() => {_FIRST}.sheet.cssRules.length)")
_TRACK = "const t = document.querySelector('track'); t.onload = () => said('works'); t.onerror = () => said('error');"
_TRACK += "t.track.mode = 'showing'"
_ICON = "setTimeout(() => said(document.querySelector('use').getBBox().width ? 'works' : 'blank'), 400)"

ROWS = (
    Row("SVG sprite, <use href>", "sprite.svg", add('<svg><use href="URL#i"/></svg>') + _ICON, "blank"),
    Row("Service worker", "sw.js", "navigator.serviceWorker.register(url).then(works, fails)", "SecurityError"),
    Row("Worker", "worker.js", "attempt(() => new Worker(url))", "SecurityError"),
    Row("Shared worker", "shared.js", "attempt(() => new SharedWorker(url))", "SecurityError"),
    Row("Frame whose document a script reads", "page.html", add('<iframe src="URL"></iframe>')
        + _ON_LOAD.replace("LOADED", f"attempt(() => {_FIRST}.contentDocument.title)"), "TypeError"),
    Row("Protocol handler", "page.html", "attempt(() => navigator.registerProtocolHandler('web+tea', `${url}&u=%s`))",
        "SecurityError"),
    Row("Image on a canvas", "dot.svg", add('<img src="URL">') + _CANVAS, "SecurityError"),
    Row("Image with crossorigin on a canvas", "dot.svg", add('<img crossorigin src="URL">') + _CANVAS, "works"),
    Row("Style sheet whose rules a script reads", "app.css", add('<link rel="stylesheet" href="URL">') + _RULES,
        "SecurityError"),
    Row("Style sheet with crossorigin", "app.css", add('<link rel="stylesheet" crossorigin href="URL">') + _RULES,
        "works"),
    Row("Subtitles, <track>", "words.vtt", add('<video><track default src="URL"></video>') + _TRACK, "error"),
    Row("Subtitles with crossorigin", "words.vtt",
        add('<video crossorigin><track default src="URL"></video>') + _TRACK, "works"),
    Row("Worklet", "worklet.js", "CSS.paintWorklet.addModule(url).then(works, fails)", "works"),
    Row("Module", "module.js", "import(url).then(works, fails)", "works"),
    Row("Font", "dots.woff2", "new FontFace('Dots', `url(${url})`).load().then(works, fails)", "works"),
    Row("fetch()", "app.css", "fetch(url).then(works, fails)", "works"),
)  # fmt: skip

_PAGE = """
<!doctype html><link rel="icon" href="data:,"><body><script>
const url = "{{ url_for('static', filename='FILE') }}"
globalThis.said = undefined
const said = text => { globalThis.said ??= text }
const works = () => said('works'), fails = error => said(error.name)
const attempt = does => { try { does(); works() } catch (error) { fails(error) } }
SCRIPT
</script>
"""


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_rows(make_site: MakeSite, visit: Open, row: Row) -> None:
    """From the CDN it works or fails as the page says; from the app, it works."""
    page = _PAGE.replace("FILE", row.file).replace("SCRIPT", row.script)
    site = make_site(page, FILES)
    seen = []
    for local in ([], [row.file]):
        site.app.config["CDN_LOCAL_NAMES"] = local
        site.app.extensions["cdn"].reload()
        opened = visit(site.address)
        opened.wait("globalThis.said !== undefined")
        seen.append(opened.evaluate("globalThis.said"))

    assert seen == [row.on_cdn, "works"]


@pytest.mark.parametrize("config", [PATH, QUERY], ids=["path", "query"])
def test_manifest(make_site: MakeSite, visit: Open, config: dict[str, Any]) -> None:
    """Where a web app manifest is the CDN's, ``start_url`` is ignored; where it is the app's, it is not."""
    page = "<!doctype html><link rel=\"manifest\" href=\"{{ url_for('static', filename='app.webmanifest') }}\">"
    site = make_site(page, FILES, **config)
    complaints = []
    for local in ([], ["*.webmanifest"]):
        site.app.config["CDN_LOCAL_NAMES"] = local
        site.app.extensions["cdn"].reload()
        session = visit(site.address).page.context.new_cdp_session(visit(site.address).page)
        answer = session.send("Page.getAppManifest")
        complaints.append([error["message"] for error in answer["errors"]])

    assert any("start_url" in text for text in complaints[0])
    assert complaints[1] == []


def test_the_page_about_it() -> None:
    """Has each row, and no other."""
    text = (ROOT / "docs/explanation/other-host.rst").read_text("utf-8")
    named = re.findall(r"^   \* - (.+)$", text, re.MULTILINE)

    assert [name.replace("``", "") for name in named[1:]] == ["Web app manifest", *(row.name for row in ROWS)]
