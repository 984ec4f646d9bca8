"""Workers, which no import map reaches and which start from the page's own host: what goes wrong, and what works."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .cdn_site import PATH
from .documented import read_sample, run_sample

if TYPE_CHECKING:
    from .conftest import MakeSite, Open

FILES = {
    "js/worker/main.js": "import { say } from './lib/say.js'\nsay('module')\n",
    "js/worker/lib/say.js": "export const say = text => postMessage(text)\n",
    "js/worker/classic.js": "postMessage('classic')\n",
}
KEPT = PATH | run_sample("CDN_KEEP_NAMES")
_LIBRARY = "/static/js/worker/lib/say.js"


def write_page(start: str, name: str = "main.js") -> str:
    """Return the template of a page that starts a worker, as a sample does, and keeps in ``said`` what came of it."""
    return f"""
        <!doctype html>
        <link rel="icon" href="data:,">
        {{{{ cdn_importmap() }}}}
        <script type="module">
          const url = "{{{{ url_for('static', filename='js/worker/{name}') }}}}"
          const start = () => {{ {start.replace("new Worker", "return new Worker")} }}
          try {{
            const worker = start()
            worker.onmessage = event => {{ globalThis.said = event.data }}
            worker.onerror = () => {{ globalThis.said = "failed" }}
          }} catch (error) {{
            globalThis.said = error.name
          }}
        </script>
    """


FROM_APP = read_sample('new Worker("/static')
MODULE = read_sample("`import ${")
CLASSIC = read_sample("`importScripts(")


def test_a_worker_of_the_app_starts(make_site: MakeSite, visit: Open) -> None:
    """The app goes on serving its static files, and what the worker imports comes from there too."""
    site = make_site(write_page(FROM_APP), FILES, **PATH)
    opened = visit(site.address)
    opened.wait("globalThis.said == 'module'")
    assert (opened.problems, site.cdn.requests) == ([], [])


def test_no_map_reaches_a_worker(make_site: MakeSite, visit: Open) -> None:
    """The worker's module is asked for by its checksum, and what that imports by its plain name, which is not there."""
    site = make_site(write_page(MODULE), FILES, **PATH)
    visit(site.address).wait("globalThis.said == 'failed'")
    assert site.cdn.requests == [site.target("js/worker/main.js"), _LIBRARY]
    assert site.cdn.missing == [_LIBRARY]


@pytest.mark.parametrize("config", [PATH, KEPT], ids=["copies", "names that stay"])
def test_plain_names_are_for_workers(make_site: MakeSite, visit: Open, config: dict[str, Any]) -> None:
    """With the module under its plain name too, or under that name only, the worker finds it."""
    site = make_site(write_page(MODULE), FILES, **config)
    site.cdn.published[_LIBRARY] = FILES["js/worker/lib/say.js"].encode()
    opened = visit(site.address)
    opened.wait("globalThis.said == 'module'")
    assert site.cdn.requests == [site.target("js/worker/main.js"), _LIBRARY]
    assert opened.problems == []


def test_a_classic_worker_imports_from_the_cdn(make_site: MakeSite, visit: Open) -> None:
    """``importScripts`` takes a URL of another host."""
    site = make_site(write_page(CLASSIC, "classic.js"), FILES, **PATH)
    opened = visit(site.address)
    opened.wait("globalThis.said == 'classic'")
    assert site.cdn.requests == [site.target("js/worker/classic.js")]
    assert opened.problems == []


@pytest.mark.parametrize(("sample", "name"), [(MODULE, "main.js"), (CLASSIC, "classic.js")], ids=["module", "classic"])
def test_a_policy_for_workers(make_site: MakeSite, visit: Open, sample: str, name: str) -> None:
    """A worker made on the spot needs ``blob:``, a module worker the CDN beside it, ``importScripts`` the scripts'."""
    policy = "script-src 'unsafe-inline' {{ cdn_csp_source }}; worker-src blob: {{ cdn_csp_source }}"
    page = f'<meta http-equiv="Content-Security-Policy" content="{policy}">{write_page(sample, name)}'
    site = make_site(page, FILES, **KEPT)
    site.cdn.published[_LIBRARY] = FILES["js/worker/lib/say.js"].encode()
    opened = visit(site.address)
    opened.wait(f"globalThis.said == '{'module' if sample is MODULE else 'classic'}'")
    assert opened.problems == []
