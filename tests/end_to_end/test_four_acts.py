"""First deploy; nothing changed; a change, a deletion and an addition; nothing changed. Read back after each.

Once from the distribution as the local AWS has it, and once through the local edge, which keeps what it was asked for
before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from flask_cdn_stack.verify import fetch
from tests.cli.observing import invalidations
from tests.conftest import Program, write_files
from tests.end_to_end.fronted import Viewed, front
from tests.end_to_end.published import cdn_host, connect, crawl, expect_published, manifest_urls, read_manifest
from tests.end_to_end.shop import APP, PAGE, TYPES
from tests.local.edge.site import Clock
from tests.soak.browser import Browser

#: By key in the bucket: where the file lies, and its bytes.
_STATIC = {
    "static/css/app.css": ("shop/static/css/app.css", b"body { color: black }\n"),
    "static/fonts/tea.woff2": ("shop/static/fonts/tea.woff2", b"wOF2\0\1"),
    "static/a+b.js": ("shop/static/a+b.js", b"plus"),
    "static/with space.js": ("shop/static/with space.js", b"space"),
    "static/über.svg": ("shop/static/über.svg", b"<svg/>"),
    "static/100%.txt": ("shop/static/100%.txt", b"percent"),
    "static/a?b#c&d=e.txt": ("shop/static/a?b#c&d=e.txt", b"query"),
    "static/'quoted' [x] (y) ~!$,;@.txt": ("shop/static/'quoted' [x] (y) ~!$,;@.txt", b"signs"),
    "static/empty.txt": ("shop/static/empty.txt", b""),
    "static/日本/茶.png": ("shop/static/日本/茶.png", b"\x89PNG"),
    "catalog/catalog/cup.svg": ("shop/catalog/cup.svg", b"<svg>cup</svg>"),
    "catalog/catalog/pot.svg": ("shop/catalog/pot.svg", b"<svg>pot</svg>"),
    "catalog/reviews/files/star.svg": ("shop/reviews/star.svg", b"<svg>star</svg>"),
}


@pytest.fixture(params=["distribution", "edge"])
def shop(
    tmp_path: Path, make_program: Callable[[Path], Program], clock: Clock, request: pytest.FixtureRequest
) -> Iterator[Program]:
    """A project with a factory, nested blueprints and file names that are hard to carry, provisioned."""
    write_files(
        tmp_path,
        {
            "flask-cdn-stack.yml": f"app: shop:create_app\nstack: four-acts-{abs(hash(str(tmp_path))) % 10**9}\n",
            "shop/__init__.py": APP,
            "shop/templates/page.html": PAGE,
            **dict(_STATIC.values()),
        },
    )
    program = make_program(tmp_path)
    with front(program, clock) if request.param == "edge" else nullcontext(program) as viewed:
        viewed.ok("provision", "--yes")
        yield viewed


def _deploy(program: Program) -> Any:
    return program.ok("deploy", "--json").json


def _expect_site(program: Program, files: dict[str, bytes]) -> None:
    """Every URL of the manifest, and every one that a page names, has the file's bytes and the right headers."""
    from_manifest, from_pages = manifest_urls(program), crawl(program)
    assert len(from_manifest) == len(files)
    assert sorted(from_pages) == sorted(from_manifest)
    expect_published(program, from_manifest, files, TYPES)


def test_four_acts(shop: Program, clock: Clock) -> None:
    """Only what changed is sent, the edge is told of what it may hold, and the site is right after each act.

    A browser with the first page open has forgotten it after an hour.
    """
    browser, files = Browser(Viewed(shop)), {key: data for key, (_, data) in _STATIC.items()}

    first = _deploy(shop)
    assert {item["key"]: item["reason"] for item in first["uploaded"]} == dict.fromkeys(files, "new")
    assert first["invalidated"] == []
    _expect_site(shop, files)
    page = manifest_urls(shop)
    before = browser.load(page, clock())

    same = _deploy(shop)
    assert (same["release"], same["uploaded"], same["requests"]) == (first["release"], [], {"GetObject": 1})
    _expect_site(shop, files)

    (shop.folder / "shop/catalog/pot.svg").unlink()
    del files["catalog/catalog/pot.svg"]
    files |= {"static/a+b.js": b"changed", "static/css/app.css": b"body { color: teal }\n", "static/new.js": b"new"}
    write_files(shop.folder, {f"shop/{key}": files[key] for key in ("static/a+b.js", "static/css/app.css")})
    write_files(shop.folder, {"shop/static/new.js": files["static/new.js"]})

    changed = _deploy(shop)
    assert {item["key"]: item["reason"] for item in changed["uploaded"]} == {
        "static/a+b.js": "changed",
        "static/css/app.css": "changed",
        "static/new.js": "new",
    }
    assert sorted(changed["invalidated"]) == ["/static/a*", "/static/css/app.css*"]
    assert [sorted(paths) for paths in invalidations(shop)] == [sorted(changed["invalidated"])]
    assert "catalog/catalog/pot.svg" not in read_manifest(shop)
    _expect_site(shop, files)
    clock.now += 3599
    assert browser.load(page, clock()) == before
    clock.now += 1
    shown = browser.load(page, clock())
    held = {unquote(urlsplit(url).path)[1:]: answer.body for url, answer in shown.items() if answer}
    assert held == {key: files.get(key, data) for key, (_, data) in _STATIC.items()}
    # The old release's pages may still be open somewhere.
    old = fetch(f"http://{cdn_host(shop)}/catalog/catalog/pot.svg", connect(shop).connect_address)
    assert (old.status, old.body) == (200, b"<svg>pot</svg>")

    again = _deploy(shop)
    assert (again["release"], again["uploaded"], again["requests"]) == (changed["release"], [], {"GetObject": 1})
    assert len(invalidations(shop)) == 1
    _expect_site(shop, files)
