"""What lies beside the package for those who carry it on: extras, workflows, hooks, and the check of licences."""

from __future__ import annotations

import re
import runpy
import tomllib
from http.server import SimpleHTTPRequestHandler
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.servers.loopback import HTTPLoopback

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOWS = {path.stem: path.read_text("utf-8") for path in (ROOT / ".github/workflows").glob("*.yml")}
ADDRESSES: dict[str, Any] = runpy.run_path(str(ROOT / ".ci/check_addresses.py"))
DEPENDENCIES: dict[str, Any] = runpy.run_path(str(ROOT / ".ci/check_dependencies.py"))

#: By what stands before it, as in ``uses: owner/name@`` and 40 digits, the version behind it.
PIN = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def requirements(extra: str) -> set[str]:
    """Return an extra's requirements, with those of the extras that it names."""
    found: set[str] = set()
    for each in PROJECT["optional-dependencies"][extra]:
        inner = re.fullmatch(r"flask-cdn-stack\[(\w+)\]", each)
        found |= requirements(inner[1]) if inner else {each}
    return found


def test_extras_hold_each_other() -> None:
    """Who has the larger one has all of the smaller: edge, local, docs, test, dev."""
    names = ["edge", "local", "docs", "test", "dev"]
    assert set(names) == set(PROJECT["optional-dependencies"])
    sizes = [requirements(name) for name in names]
    assert all(small < large for small, large in pairwise(sizes))


def test_a_release_waits_for_its_addresses(tmp_path: Path) -> None:
    """Each has to answer; documentation and repository have to name each other, or one of them is a stranger's."""
    for folder, text in {"docs": "by {0}/code", "code": "see {0}/docs", "foreign": "buy this name"}.items():
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "index.html").write_text(text)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts, directory=str(tmp_path))

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with HTTPLoopback(Handler) as server:
        home = server.url
        for file in tmp_path.rglob("index.html"):
            file.write_text(file.read_text().format(home))
        own = {"Documentation": f"{home}/docs/", "Source": f"{home}/code/"}

        assert ADDRESSES["find_problems"](own | {"Issues": f"{home}/code/"}) == []
        (foreign,) = ADDRESSES["find_problems"](own | {"Documentation": f"{home}/foreign/"})[:1]
        assert foreign.endswith(f"/foreign/ does not name {home}/code/: is it this project's?")
        (missing,) = ADDRESSES["find_problems"](own | {"Changelog": f"{home}/nowhere"})
        assert "Changelog" in missing
        assert "404" in missing
    assert "The metadata has no address for Source." in ADDRESSES["find_problems"]({})


def test_every_action_is_pinned_to_a_commit() -> None:
    """A tag can be moved to other code; the version behind the commit is for people and for Dependabot."""
    named = [
        line.strip().removeprefix("- ") for text in WORKFLOWS.values() for line in text.splitlines() if "uses:" in line
    ]
    assert len(named) >= 8
    assert [line for line in named if not PIN.fullmatch(line)] == []
    commits: dict[str, set[str]] = {}
    for line in named:
        action, _, commit = line.partition("@")
        commits.setdefault(action, set()).add(commit)
    assert {action: found for action, found in commits.items() if len(found) > 1} == {}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_may_do_only_what_their_jobs_say(name: str) -> None:
    """None has a secret, nothing may write but the job that makes a release, and what is checked out keeps no token."""
    text = WORKFLOWS[name]
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert "secrets." not in text
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")
    writing = {job for job, what in workflow["jobs"].items() if "write" in what["permissions"].values()}
    assert writing == ({"attest"} if name == "release" else set())


def test_every_promised_python_is_tried_on_every_system() -> None:
    """The classifiers, the lower bound and the matrix say the same."""
    matrix = yaml.safe_load(WORKFLOWS["ci"])["jobs"]["platforms"]["strategy"]["matrix"]
    promised = [each.rpartition(" ")[2] for each in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert matrix["python"] == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"
    assert [system.partition("-")[0] for system in matrix["system"]] == ["ubuntu", "macos", "windows"]


def test_tests_of_the_workflow_are_there() -> None:
    """Those that run on every system are files of the checkout."""
    named = re.findall(r"\btests/[\w/]+\.py", WORKFLOWS["ci"])
    assert len(named) >= 4
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_hooks_have_the_linter_of_the_project() -> None:
    """The hooks before a commit and the extra ``dev`` install the same one."""
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]["hooks"]
    installed = {each for hook in hooks for each in hook.get("additional_dependencies", ())}
    assert installed == {each for each in requirements("dev") if each.startswith("ruff")}


def component(*licences: str, name: str = "some") -> dict[str, Any]:
    """Return a package as it stands in an SBOM."""
    return {"name": name, "version": "1", "licenses": [{"license": {"name": text}} for text in licences]}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (component("License :: OSI Approved :: BSD License", "GPL-3.0-only"), []),
        ({"name": "some", "version": "1", "licenses": [{"expression": "(MIT OR GPL-2.0-only) AND ISC"}]}, ["some 1: "]),
        ({"name": "some", "version": "1", "licenses": [{"expression": "GPL-2.0-only OR Apache-2.0 AND MIT"}]}, []),
        ({"name": "some", "version": "1", "licenses": [{"expression": "MIT AND LGPL-3.0-only"}]}, ["some 1: "]),
        ({"name": "some", "version": "1"}, ["some 1: no licence"]),
        ({"name": "quickjs", "version": "1"}, []),
        (component("GPL-3.0-only", name="quickjs"), ["quickjs 1: "]),
    ],
)
def test_licences(found: dict[str, Any], expected: list[str]) -> None:
    """Of two licences one that is allowed will do, of two parts both; where none can be read, somebody has read it."""
    problems = DEPENDENCIES["judge_licences"]([found])
    assert [problem[: len(start)] for problem, start in zip_longest(problems, expected, fillvalue="")] == expected
