"""Which of an app's files are wanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.assets.collect import Selection, collect_assets
from tests.assets.test_collect import blueprint, keys, make_app
from tests.conftest import write_files


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), "static/.well-known/x static/a.css static/a.css.map static/lib/b.css static/lib/deep/c.js"),
        (Selection(hidden=True), "static/.git/HEAD static/.hid static/.well-known/.y static/.well-known/x static/a.css"
         " static/a.css.map static/lib/b.css static/lib/deep/c.js"),
        (Selection(include=("static/*.css",)), "static/a.css"),
        (Selection(include=("static/lib/**",)), "static/lib/b.css static/lib/deep/c.js"),
        (Selection(include=("**/*.css",), exclude=("static/lib/**",)), "static/a.css"),
        (Selection(exclude=("*.map", "*.js", "x")), "static/a.css static/lib/b.css"),
        (Selection(include=(".hid",)), ""),
    ],
)  # fmt: skip
def test_selection(tmp_path: Path, selection: Selection, expected: str) -> None:
    """Globs look at the URL path; hidden files stay out, those that the web defines excepted."""
    names = ".git/HEAD .hid .well-known/x .well-known/.y a.css a.css.map lib/b.css lib/deep/c.js"
    write_files(tmp_path, {f"static/{name}": "" for name in names.split()})

    assert keys(collect_assets(make_app(tmp_path), selection)) == expected.split()


def test_a_test_of_the_path(tmp_path: Path) -> None:
    """Sees it within each static folder, before names are refused."""
    write_files(tmp_path, {"static/a/b.css": "", "static/bad\n": "", "admin/static/a/c.css": "", "static/a.js": ""})
    app = make_app(tmp_path, blueprint("admin", tmp_path, url_prefix="/admin"))
    seen: list[str] = []

    def path_test(path: str) -> bool:
        seen.append(path)
        return path.endswith("css")

    found = collect_assets(app, Selection(exclude=("b.css",), path_test=path_test))

    assert keys(found) == ["admin/static/a/c.css"]
    assert sorted(seen) == ["a.js", "a/b.css", "a/c.css", "bad\n"]
