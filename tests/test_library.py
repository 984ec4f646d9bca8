"""The library, driven as the page on it shows."""

from __future__ import annotations

import pytest

from tests.cli.observing import stack_name
from tests.conftest import Program, write_files
from tests.test_docs import DOCS, read_blocks

PROGRAMS = {block.caption: block.text for block in read_blocks(DOCS / "how-to" / "from-python.rst")}


@pytest.fixture
def shop(program: Program) -> Program:
    """The project of a shop, with the page's programs beside its app."""
    write_files(program.folder, PROGRAMS)
    return program


def run(shop: Program, name: str) -> list[str]:
    """Run one of the programs, which must succeed, and return the lines that it prints."""
    result = shop.run_python(name)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def test_the_page_on_the_library(shop: Program) -> None:
    """Its programs provision, publish twice and go back; the commands find what they left."""
    assert run(shop, "make_cdn.py") == ["CREATE_COMPLETE"]
    *planned, _ = run(shop, "publish.py")
    assert "new static/css/app.css" in planned

    write_files(shop.folder, {"shop/static/css/app.css": "body { color: green }"})
    assert run(shop, "publish.py")[0] == "changed static/css/app.css"
    assert run(shop, "look.py") == ["CREATE_COMPLETE current"]
    assert run(shop, "check.py") == ["3 checked"]
    published = shop.ok("deploy", "--dry-run", "--json").json
    assert (published["uploaded"], published["deleted"]) == ([], [])

    assert run(shop, "go_back.py") == ["changed static/css/app.css", "3 releases kept"]
    assert len(shop.ok("releases", "--json").json["releases"]) == 3

    write_files(shop.folder, {"take_down.py": PROGRAMS["take_down.py"].replace("shop-cdn", stack_name(shop))})
    assert run(shop, "take_down.py") == ["DELETE_COMPLETE []"]


def test_a_dry_run_of_the_stack(shop: Program) -> None:
    """It says what would change, and leaves neither a stack nor a config file behind."""
    text = PROGRAMS["make_cdn.py"].replace("import provision", "import only_look, provision")
    text = text.replace(
        "project)\nprint(report.stack.status)",
        "project, reader=only_look)\nprint(report.stack, len(report.plan.changes))",
    )
    write_files(shop.folder, {"make_cdn.py": text})

    stack, changes = run(shop, "make_cdn.py")[0].split()

    assert (stack, int(changes) > 5) == ("None", True)
    assert not (shop.folder / "cdn_config.py").exists()
    assert run(shop, "make_cdn.py") == [f"None {changes}"]
