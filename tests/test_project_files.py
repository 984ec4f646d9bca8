"""What lies beside the package for those who carry it on: extras, workflows, hooks, and the check of licences."""

from __future__ import annotations

import re
import runpy
import tomllib
from http.server import BaseHTTPRequestHandler
from itertools import pairwise, zip_longest
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


#: What a site at ``{0}`` says at each path; what begins with a slash is where it leads.
PAGES = {
    "/docs/": "by <a href='{0}/code'>us</a>",
    "/code": "see {0}/docs.",
    "/copy": "see {0}/docs",
    "/fork": "by {0}/code-fork and {0}/code.example",
    "/moved": "/code",
    "/twin": "/twin-fork",
    "/twin-fork": "the same",
    "/parked": "buy this name",
}


class SiteHandler(BaseHTTPRequestHandler):
    """Answers with the page."""

    def do_GET(self) -> None:
        page = PAGES.get(self.path, "")
        self.send_response(302 if page.startswith("/") else 200 if page else 404)
        self.send_header("Location", page)
        self.end_headers()
        self.wfile.write(page.format(f"http://{self.headers['Host']}").encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, ""),
        ({"Source": "{0}/copy"}, "Source: {0}/copy is not {0}/code, which is to be released."),
        ({"Documentation": "{0}/parked"}, "Documentation: {0}/parked does not name {0}/code: is it this project's?"),
        ({"Documentation": "{0}/fork"}, "Documentation: {0}/fork does not name {0}/code: is it this project's?"),
        ({"Issues": "{0}/moved"}, "Issues: {0}/moved leads to {0}/code: is it this project's?"),
        ({"Issues": "{0}/twin"}, "Issues: {0}/twin leads to {0}/twin-fork: is it this project's?"),
        ({"Changelog": "{0}/nowhere"}, "Changelog: {0}/nowhere does not answer: <HTTPError 404"),
        ({"Homepage": "{0}/a page"}, "Homepage: {0}/a page does not answer: InvalidURL("),
    ],
)
def test_a_release_waits_for_its_addresses(changed: dict[str, str], problem: str) -> None:
    """Each has to answer; documentation and repository have to name each other, and the latter is the one at work."""
    with HTTPLoopback(SiteHandler) as server:
        home = server.url
        addresses = {"Documentation": "{0}/docs/", "Source": "{0}/code", "Issues": "{0}/code", **changed}
        given = {label: address.format(home) for label, address in addresses.items()}

        found = ADDRESSES["find_problems"](given, f"{home}/code")

    begins = problem.format(home)
    assert [line[: len(begins)] for line in found[:1]] == [begins] * bool(problem)


def test_a_release_without_addresses() -> None:
    """Outside of GitHub's workflows any repository will do, but there has to be one."""
    assert "The metadata has no address for Source." in ADDRESSES["find_problems"]({})
    assert ADDRESSES["find_repository"]({}) == ""
    github = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "flask-cdn-stack/flask-cdn-stack"}
    assert ADDRESSES["find_repository"](github) == PROJECT["urls"]["Source"]


def test_every_page_names_the_same_addresses() -> None:
    """Of the repository and of the documentation; they stand in many files."""
    named = re.compile(r"https://(?:github\.com/[\w-]+/flask-cdn-stack|flask-cdn-stack\.[\w.]+/)")
    files = [*ROOT.glob("*.rst"), *ROOT.glob("*.md"), *ROOT.glob(".github/**/*.*"), *ROOT.glob("docs/**/*.rst")]
    found = {path: set(named.findall(path.read_text("utf-8"))) for path in files}

    own = {PROJECT["urls"]["Source"], PROJECT["urls"]["Documentation"]}
    assert {path: others for path, names in found.items() if (others := names - own)} == {}
    assert found[ROOT / "README.rst"] == own


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
