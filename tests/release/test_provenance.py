"""Where a release comes from: git's own files, and what CI servers say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from flask_cdn_stack.release.process import deployer_name
from flask_cdn_stack.release.provenance import Provenance, find_provenance

ONE, TWO = "1a" * 20, "2b" * 20


def git(folder: Path, *arguments: str) -> str:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=Ann", "-c", "user.email=ann@shop.example", "-c", "init.defaultBranch=main")
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, encoding="utf-8").stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "Open")
    return folder


def test_a_checkout(checkout: Path) -> None:
    """Loose and packed branches, a worktree of its own and a commit without a branch are read as git does."""
    commit, by = git(checkout, "rev-parse", "HEAD"), deployer_name()
    inner = checkout / "src"
    inner.mkdir()
    assert find_provenance(inner, {}) == (by, commit, "main")
    git(checkout, "worktree", "add", "-q", "-b", "shop/red", "../red")
    assert find_provenance(checkout.parent / "red", {}) == (by, commit, "shop/red")
    git(checkout, "pack-refs", "--all")
    assert find_provenance(checkout.parent / "red", {}) == (by, commit, "shop/red")
    git(checkout, "checkout", "-q", "--detach")
    assert find_provenance(checkout, {}) == (by, commit, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"GITHUB_SHA": ONE, "GITHUB_REF_NAME": "7/merge", "GITHUB_HEAD_REF": "red", "GITHUB_ACTOR": "ann"},
        {"CI_COMMIT_SHA": ONE, "CI_COMMIT_REF_NAME": "red", "GITLAB_USER_LOGIN": "ann"},
        {"CIRCLE_SHA1": ONE, "CIRCLE_BRANCH": "red", "CIRCLE_USERNAME": "ann"},
    ],
    ids=lambda environment: next(iter(environment)),
)
def test_a_ci_server(tmp_path: Path, environment: dict[str, str]) -> None:
    """It says all three; of another commit than what is checked out, only who."""
    assert find_provenance(tmp_path, environment) == ("ann", ONE, "red")
    head = tmp_path / ".git" / "HEAD"
    head.parent.mkdir()
    for commit, branch in ((ONE, "red"), (TWO, "")):
        head.write_text(f"{commit}\n")
        assert find_provenance(tmp_path, environment) == ("ann", commit, branch)


@pytest.mark.parametrize("head", ["", "ref: refs/heads/../../../secret", "ref: refs/heads/none", "token=abc", "\xff"])
def test_what_is_no_checkout(tmp_path: Path, head: str) -> None:
    """Nothing is said of a commit, and nothing else of the file gets into a record."""
    git_folder = tmp_path / "shop" / ".git"
    git_folder.mkdir(parents=True)
    (tmp_path / "secret").write_text(ONE)
    (git_folder / "HEAD").write_bytes(head.encode("latin-1"))
    assert find_provenance(git_folder.parent, {}) == Provenance(deployer_name())


def test_words_that_would_not_be_shown_as_they_are(tmp_path: Path) -> None:
    """A name that turns a line around, colours it or is very long is left out."""
    for name in ("\u202egnp.ann", "\x1b[31mann", "a" * 300):
        found = find_provenance(tmp_path, {"GITHUB_SHA": ONE, "GITHUB_ACTOR": name, "GITHUB_REF_NAME": name})
        assert found == (deployer_name(), ONE, "")
