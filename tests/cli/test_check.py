"""``check``: settings files by themselves."""

from __future__ import annotations

from tests.cli.observing import assert_one_message
from tests.conftest import Program, write_files

_STAGES = """
    app: shop
    query_strings: none
    stages:
      live: {delivery: {aliases: [cdn.shop.example]}}
      test: {query_strings: [c]}
"""


def test_each_stage_of_each_file(offline_program: Program) -> None:
    """All that is wrong is said in one run, and what only works at a cost is a warning; nobody needs an account."""
    write_files(offline_program.folder, {"one/flask-cdn-stack.yml": _STAGES, "two/flask-cdn-stack.yml": "apps: shop"})

    result = offline_program("check", "one/flask-cdn-stack.yml", "two/flask-cdn-stack.yml", "--json")

    live, test, two = result.json["checked"]
    assert result.exit_code == 2
    assert (live["stage"], test["stage"], two["stage"]) == ("live", "test", None)
    assert "delivery.certificate_arn" in live["problem"] + live["hint"]
    assert (test["problem"], test["warnings"]) == (None, [])
    assert two["problem"].endswith("apps is not a known key.")
    assert result.stderr.count("Error: ") == 2


def test_the_nearest(offline_program: Program) -> None:
    """Without a name; a warning refuses nothing but with --strict."""
    settings = offline_program.folder / "flask-cdn-stack.yml"
    assert f"{settings}: all is well." in offline_program.ok("check").stderr
    settings.write_text("query_strings: none\n")
    assert "Warning: " in offline_program.ok("check").stderr
    assert offline_program("check", "--strict").exit_code == 2
    settings.unlink()
    assert_one_message(offline_program("check"), 2, "There is no flask-cdn-stack.yml", "init")
