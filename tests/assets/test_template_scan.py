"""Templates that take from the CDN what browsers take from the page's own origin only."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Blueprint, Flask

from flask_cdn_stack.assets.collect import collect_assets
from flask_cdn_stack.assets.template_scan import MAX_BYTES, scan_templates

SPRITE = "<svg><use href=\"{{ url_for('static', filename='img/sprite.svg') }}#cart\"></use></svg>"


def scan(folder: Path, template: str | bytes, *local: str) -> list[str]:
    """Return the warnings for an app with one template."""
    for name in ("img/sprite.svg", "js/sw.js", "js/app.js", "app.webmanifest"):
        file = folder / "static" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    page = folder / "templates/shop/base.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(template if isinstance(template, bytes) else template.encode())
    app = Flask("shop", root_path=str(folder))
    return list(scan_templates(app, collect_assets(app), local).warnings)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        (SPRITE, "img/sprite.svg"),
        ('<use\n  xlink:href=\'{{ url_for("static", filename="img/sprite.svg") }}#a\' />', "img/sprite.svg"),
        ('navigator.serviceWorker.register(\'{{ url_for("static", filename="js/sw.js", v=1) }}\')', "js/sw.js"),
        ("new Worker(\"{{ cdn.url_for('static', filename='js/app.js') }}\", { type: \"module\" })", "js/app.js"),
        ("new SharedWorker({{ url_for('static', filename='js/app.js')|tojson }})", "js/app.js"),
        ('<link rel="manifest" href="{{ url_for(\'static\', filename="app.webmanifest") }}">', "app.webmanifest"),
    ],
    ids=["use", "xlink", "service worker", "worker", "shared worker", "manifest"],
)
def test_uses(tmp_path: Path, template: str, name: str) -> None:
    """Each is named with its place, and with what may be done about it, unless the file stays with the app."""
    (warning,) = scan(tmp_path, f"<!doctype html>\n\n{template}")

    assert f"templates/shop/base.html:{template.count(chr(10), 0, template.index('filename')) + 3}  {name}" in warning
    assert "assets.local" in warning
    assert "_cdn=False" in warning
    assert scan(tmp_path, template, name.rpartition("/")[2]) == []


@pytest.mark.parametrize(
    "template",
    [
        SPRITE.replace("svg')", "svg', _cdn=False)"),
        SPRITE.replace("svg')", "svg', _force_no_cdn=True)"),
        "<use href=\"#cart\"/> <img src=\"{{ url_for('static', filename='img/sprite.svg') }}#cart\">",
        "<script src=\"{{ url_for('static', filename='js/app.js') }}\"></script> new Worker('/static/js/app.js')",
        SPRITE + " " * MAX_BYTES,
        b"\xff\xfe\x00",
    ],
    ids=["its own", "a fork's", "an image", "plain", "large", "no text"],
)
def test_no_uses(tmp_path: Path, template: str | bytes) -> None:
    """What works, or cannot be known, is not warned of."""
    assert scan(tmp_path, template) == []


def test_many(tmp_path: Path) -> None:
    """There is one warning for all uses of a kind, those in blueprints' templates included; ten are named."""
    app = Flask("shop", root_path=str(tmp_path))
    for number in range(6):
        (tmp_path / f"part{number}").mkdir()
        (tmp_path / f"part{number}/page.html").write_text(f"{SPRITE}\n{SPRITE}")
        app.register_blueprint(
            Blueprint(f"b{number}", "shop", root_path=str(tmp_path), template_folder=f"part{number}")
        )
    warnings = scan_templates(app, collect_assets(app), ()).warnings
    (warning,) = [text for text in warnings if "<use>" in text]

    assert warning.count("img/sprite.svg") == 10
    assert "and 2 more" in warning
