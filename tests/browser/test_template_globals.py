"""What templates get beside ``url_for``, in a browser that takes it at its word: import maps and integrity values."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

import pytest

from .cdn_site import FONT, PATH, QUERY, Site
from .documented import read_sample

if TYPE_CHECKING:
    from .conftest import MakeSite, Open


def write_page(import_map: str = "{{ cdn_importmap() }}", main: str = "js/main.js") -> str:
    """Return the template of a page with an import map and a module."""
    return f"""
        <!doctype html>
        <link rel="icon" href="data:,">
        {import_map}
        <script type="module" src="{{{{ url_for('static', filename='{main}') }}}}"
                integrity="{{{{ cdn_integrity('static', filename='{main}') }}}}" crossorigin="anonymous"></script>
    """


def write_module(name: str, *imports: str, then: str = "") -> str:
    """Return a module that imports others and says that it ran."""
    lines = [f'import "{path}"' for path in imports]
    return "\n".join([*lines, f'(globalThis.ran ??= []).push("{name}")', then, ""])


#: Modules in circles, in other folders, with names that URLs escape, and imported late.
MODULES = {
    "js/main.js": write_module(
        "main",
        "./lib/a.js",
        "../shared/b.js",
        "./with space.js",
        "./a+b.js",
        "./žluťoučký.mjs",
        then="import('./late.js')",
    ),
    "js/lib/a.js": write_module("a", "../../shared/b.js"),
    "shared/b.js": write_module("b", "../js/lib/a.js", "../js/with%20space.js"),
    "js/with space.js": write_module("with space"),
    "js/a+b.js": write_module("a+b", "./žluťoučký.mjs"),
    "js/žluťoučký.mjs": write_module("žluťoučký"),
    "js/late.js": write_module("late", "./main.js", "./lib/last.js"),
    "js/lib/last.js": write_module("last", then="globalThis.done = true"),
}
RAN = ["a", "a+b", "b", "last", "late", "main", "with space", "žluťoučký"]


def open_modules(site: Site, visit: Open) -> list[str]:
    """Open the page of :data:`MODULES`, expect no problem, and return what was asked of the CDN."""
    opened = visit(site.address)
    opened.wait("globalThis.done")
    opened.wait(f"ran.length >= {len(RAN)}")
    assert sorted(opened.evaluate("ran")) == RAN
    assert (opened.problems, site.cdn.missing) == ([], [])
    return sorted(site.cdn.requests)


@pytest.mark.parametrize(
    "config",
    [PATH, QUERY, PATH | {"CDN_KEEP_NAMES": ["main.js", "static/shared/**"]}, PATH | {"CDN_HTTPS": None}],
    ids=["path", "query", "path, some names stay", "path, scheme of the request"],
)
def test_modules_import_each_other_by_checksum(make_site: MakeSite, visit: Open, config: dict[str, Any]) -> None:
    """Each module is asked for once, by the URL that ``url_for`` gives, and runs once."""
    site = make_site(write_page(), MODULES, **config)
    assert open_modules(site, visit) == sorted(site.target(name) for name in MODULES)


def test_a_cdn_in_a_folder(make_site: MakeSite, visit: Open) -> None:
    """A ``CDN_DOMAIN`` with a path is in front of every module."""
    site = make_site(write_page(), MODULES, lambda site: site.move("/Shop"), **PATH)
    assert open_modules(site, visit) == sorted(site.target(name) for name in MODULES)


def test_without_the_map_imports_have_no_checksum(make_site: MakeSite, visit: Open) -> None:
    """What the map is for: the module asks for its neighbour by the name that it knows."""
    files = {"js/main.js": write_module("main", "./a.js"), "js/a.js": write_module("a")}
    site = make_site(write_page(""), files, **PATH)
    visit(site.address).wait_for_problems("404")
    assert site.cdn.requests == [site.target("js/main.js"), "/static/js/a.js"]


def test_a_name_in_brackets(make_site: MakeSite, visit: Open) -> None:
    """Browsers leave brackets in what a module imports, ``url_for`` does not; the map leads from one to the other."""
    files = {"js/[slug].js": write_module("slug", "./a.js"), "js/a.js": write_module("a", "./[slug].js")}
    site = make_site(write_page(main="js/[slug].js"), files, **PATH)
    opened = visit(site.address)
    assert site.cdn.missing == []
    assert opened.evaluate("ran") == ["a", "slug"]


def test_globs_limit_the_map(make_site: MakeSite, visit: Open) -> None:
    """Files of the globs are led to their checksums, and others are not in the map."""
    files = {
        "js/main.js": write_module("main", "./shop/lib/a.js", "./format.js", "./other.js"),
        "js/shop/lib/a.js": write_module("a"),
        "js/format.js": write_module("format"),
        "js/other.js": write_module("other"),
    }
    site = make_site(write_page(read_sample('"static/js/shop/**"')), files, **PATH)
    site.cdn.published["/static/js/other.js"] = files["js/other.js"].encode()

    opened = visit(site.address)

    assert sorted(opened.evaluate("ran")) == ["a", "format", "main", "other"]
    plain = [site.target(name) for name in files if name != "js/other.js"]
    assert sorted(site.cdn.requests) == sorted([*plain, "/static/js/other.js"])
    assert "other" not in opened.evaluate("document.querySelector('[type=importmap]').textContent")


def test_globs_may_take_in_other_kinds(make_site: MakeSite, visit: Open) -> None:
    """Imported JSON and what ``import.meta.resolve`` names are led to their checksums too."""
    main = f"""
        {read_sample("import teas")}
        globalThis.teas = teas
        document.body.append(picture)
    """
    files = {
        "js/main.js": main,
        "js/teas.json": '["sencha"]',
        "js/pot.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
    }
    page = write_page(read_sample('"*.js", "*.json"')) + "<script>const picture = new Image()</script>"
    site = make_site(page, files, **PATH)

    opened = visit(site.address)
    opened.wait("document.images[0]?.complete")

    assert opened.evaluate("teas") == ["sencha"]
    assert sorted(site.cdn.requests) == sorted(site.target(name) for name in files)
    assert opened.problems == []


def test_the_size_of_a_map(make_site: MakeSite) -> None:
    """What the documentation says: how many bytes of a page a module takes, and how many when compressed."""
    files = {f"js/lib/module-{number:03}.js": str(number) for number in range(500)}
    sizes = []
    for config in (PATH, QUERY):
        domain = {"CDN_DOMAIN": "d111111abcdef8.cloudfront.net", "CDN_HTTPS": True}
        site = make_site("{{ cdn_importmap() }}", files, **domain, **config)
        page = site.app.test_client().get("/").data
        sizes += [len(page) / len(files), len(gzip.compress(page)) / len(files)]
    assert sizes == [pytest.approx(size, rel=0.2) for size in (150, 20, 200, 50)]


_GUARDED = """
    <!doctype html>
    <link rel="icon" href="data:,">
    {% set guard = 'crossorigin="anonymous"' if crossorigin else '' %}
    <link rel="stylesheet" href="{{ url_for('static', filename='css/app.css') }}"
          integrity="{{ cdn_integrity('static', filename='css/app.css') }}" {{ guard | safe }}>
    <script src="{{ url_for('static', filename='js/classic.js') }}"
            integrity="{{ cdn_integrity('static', filename='js/classic.js') }}" {{ guard | safe }}></script>
    <script type="module" src="{{ url_for('static', filename='js/module.js') }}"
            integrity="{{ cdn_integrity('static', filename='js/module.js') }}" {{ guard | safe }}></script>
"""
GUARDED = "{% set crossorigin = true %}" + _GUARDED
GUARDED_FILES = {
    "css/app.css": "html { --used: css }\n",
    "js/classic.js": "globalThis.classic = 'classic'\n",
    "js/module.js": "globalThis.module = 'module'\n",
}
_USED = "[getComputedStyle(document.documentElement).getPropertyValue('--used'), globalThis.classic, globalThis.module]"
EVERYTHING = ["css", "classic", "module"]


def find_integrity(page: str) -> list[str]:
    """Return the values of the integrity attributes of a page."""
    return re.findall(r'integrity="([^"]*)"', page)


def test_the_sample_page(make_site: MakeSite, visit: Open) -> None:
    """The page that the documentation shows loads everything from the CDN, each once and with integrity."""
    files = {
        "css/site.css": "html { --used: css }\n",
        "js/menu.js": "globalThis.classic = 'classic'\n",
        "js/main.js": "import './lib.js'\n",
        "js/lib.js": "globalThis.module = 'module'\n",
        "fonts/tea.woff2": FONT,
    }
    page = f'<!doctype html><link rel="icon" href="data:,">{read_sample("templates/base.html")}'
    site = make_site(page, files, **PATH)
    opened = visit(site.address)
    assert opened.evaluate(_USED) == EVERYTHING
    assert opened.problems == []
    assert sorted(site.cdn.requests) == sorted(site.target(name) for name in files)
    assert all(find_integrity(site.app.test_client().get("/").text))


@pytest.mark.parametrize("name", GUARDED_FILES)
def test_tampered_bytes_are_refused(make_site: MakeSite, visit: Open, name: str) -> None:
    """The browser does not use a file whose bytes at the CDN are not the published ones, and uses the others."""
    site = make_site(GUARDED, GUARDED_FILES, **PATH)
    site.cdn.published[site.key(name)] += b" "
    opened = visit(site.address)
    opened.wait_for_problems("integrity")
    used = [value for value in opened.evaluate(_USED) if value]
    assert used == [value for value, file in zip(EVERYTHING, GUARDED_FILES, strict=True) if file != name]


def test_integrity_needs_crossorigin(make_site: MakeSite, visit: Open) -> None:
    """Without the attribute the browser may not read another host's bytes, and refuses the right ones."""
    opened = visit(make_site(_GUARDED, GUARDED_FILES, **PATH).address)
    opened.wait_for_problems("integrity")
    assert opened.evaluate(_USED) == ["", None, "module"]


@pytest.mark.parametrize(
    ("config", "from_cdn"),
    [
        pytest.param(PATH | {"CDN_DEBUG": True}, False, id="debugging"),
        pytest.param(QUERY, True, id="query"),
    ],
)
def test_an_empty_value_does_no_harm(make_site: MakeSite, visit: Open, config: dict[str, Any], from_cdn: bool) -> None:
    """Where there is no value, browsers take the empty attribute as none."""
    site = make_site(GUARDED, GUARDED_FILES, **config)
    assert find_integrity(site.app.test_client().get("/").text) == ["", "", ""]
    opened = visit(site.address)
    assert opened.evaluate(_USED) == EVERYTHING
    assert opened.problems == []
    assert bool(site.cdn.requests) is from_cdn
