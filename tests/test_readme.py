"""The README: short, true, and what CI runs."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import docutils.core

from flask_cdn_stack.costs.estimate import Publishing, Setup, Traffic, estimate_month
from tests.conftest import ROOT, Program, write_files

README = (ROOT / "README.rst").read_text("utf-8")
CI = (ROOT / ".ci" / "run").read_text("utf-8")


def set_up_lines() -> list[str]:
    """Return the lines with which a fresh machine is set up."""
    return [line.strip() for line in README.splitlines() if "python3 -m venv" in line]


def test_readme_is_short() -> None:
    """It can be read in a few minutes."""
    assert len(README.splitlines()) < 150


def test_readme_has_two_set_up_lines() -> None:
    """One line leads to the demo and one to the tests; each begins with nothing but Python."""
    demo, test = set_up_lines()
    assert re.fullmatch(r"python3 -m venv .*pip install .*\[local\].*flask-cdn-stack demo", demo)
    assert re.fullmatch(r"python3 -m venv .*pip install .*\[test\].*pytest.*", test)


def test_ci_runs_what_the_readme_says() -> None:
    """CI has the same two lines, word for word."""
    quoted = re.findall(r"^\w+='(python3 -m venv .*)'$", CI, re.MULTILINE)
    assert quoted == set_up_lines()


def blocks() -> list[str]:
    """Return the code blocks, without options and indentation."""
    found = re.findall(r"(?:::| shell| python)\n(?:   :.*\n)?\n((?:(?:    ?.*)?\n)+)", README)
    return [re.sub(r"(?m)^ {3,4}", "", block).strip() + "\n" for block in found]


def test_every_block_is_run(make_program: Callable[[Path], Program], tmp_path: Path) -> None:
    """The quickstart leads to a page on a CDN; CI runs two of the others, and the index is not asked for ours."""
    install, demo, code, commands, test = blocks()
    assert [demo.strip(), test.strip()] == set_up_lines()
    extra = re.fullmatch(r'pip install "flask-cdn-stack\[(\w+)\]"\n', install)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["name"] == "flask-cdn-stack"
    assert extra is not None
    assert extra[1] in project["optional-dependencies"]

    write_files(tmp_path, {"app.py": code, "static/style.css": "h1 { color: green }\n"})
    program = make_program(tmp_path)
    for line in commands.splitlines():
        name, *arguments = line.partition("#")[0].split()
        assert name == "flask-cdn-stack"
        program.ok(*arguments, *(["--yes"] if "asks" in line else []))
    page = "from app import app\nwith app.test_request_context(): print(app.jinja_env.globals['url_for']"
    shown = program.run_python("-c", f"{page}('static', filename='style.css'))").stdout
    assert re.fullmatch(r"http://d\w{13}\.cloudfront\.localhost:\d+/static/style\.css\?c=[0-9a-f]{64}\n", shown)


def test_readme_names_the_costs() -> None:
    """The example costs what the estimate says."""
    files = Publishing(objects=120, size=3_000_000, deploys=20, changed=6)
    traffic = Traffic(visits=20_000, requests_per_visit=30, bytes_per_visit=750_000, hit_rate=0.9, viewers="europe")
    month = estimate_month(traffic, files, Setup())

    assert f"{sum(item.usd for item in month):.2f} USD a month" in " ".join(README.split())
    assert sum(item.usd for item in month if item.name.startswith("CloudFront")) == 0
    assert {"120 files", "20,000 new", "14 GB", "600,000 requests"} <= set(re.findall(r"\d[\d,]* \w+", README))


def test_an_index_can_show_the_readme() -> None:
    """It is the reStructuredText of docutils alone: no error, and nothing of Sphinx in what is shown."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        page = docutils.core.publish_string(README, settings_overrides={"report_level": 2})
    assert said.getvalue() == ""
    assert b"system_message" not in page


def test_readme_names_paths_that_exist() -> None:
    """Every file and folder of the checkout that it names is there, and every page of the documentation."""
    named = re.findall(r"``([\w.-]+\.(?:rst|txt)|docs/[\w/-]*)``", README)
    pages = re.findall(r"readthedocs\.io/en/stable/([\w/-]+)(\.html|/)", README)
    named += [f"docs/{page}/index.rst" if end == "/" else f"docs/{page}.rst" for page, end in pages]
    assert len(named) >= 6
    generated = {"cdn_manifest.txt", "cdn_config.py"}
    assert [name for name in named if name not in generated and not (ROOT / name).exists()] == []
