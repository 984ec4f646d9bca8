"""Where a release comes from: its commit, its branch and who made it, by a CI server's variables and a git checkout.

The checkout's files are read, and git is not run: it need not be installed, and a checkout's settings can make it run
other programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..regular_files import read_regular
from .process import deployer_name

#: Characters of a name that is kept.
MAX_NAME = 256

#: A git commit's id, by SHA-1 or SHA-256.
COMMIT = "[0-9a-f]{40}(?:[0-9a-f]{24})?"

# Bytes over which a file of git's is not read: packed-refs has a line for each branch and tag.
_MAX_BYTES = 16 * 1024 * 1024

_BRANCHES = "refs/heads/"

# Variables of a CI server, which of several counts first: commit, branch, who (GitHub Actions, "Variables reference";
# GitLab, "Predefined CI/CD variables reference"; Bitbucket, "Variables and secrets"; CircleCI, "Project values and
# variables").
_SERVERS = (
    (("GITHUB_SHA",), ("GITHUB_HEAD_REF", "GITHUB_REF_NAME"), ("GITHUB_ACTOR",)),
    (("CI_COMMIT_SHA",), ("CI_COMMIT_REF_NAME",), ("GITLAB_USER_LOGIN",)),
    (("BITBUCKET_COMMIT",), ("BITBUCKET_BRANCH",), ()),
    (("CIRCLE_SHA1",), ("CIRCLE_BRANCH",), ("CIRCLE_USERNAME",)),
)


class Provenance(NamedTuple):
    """Where a release comes from: who made it, from which commit, on which branch; empty where that is not known."""

    by: str = ""
    commit: str = ""
    branch: str = ""


#: Of what nothing is known.
UNKNOWN = Provenance()


def find_provenance(folder: Path, environment: Mapping[str, str]) -> Provenance:
    """Return where a release that is made now comes from.

    What is checked out counts before a CI server's variables, which name what set the pipeline off. Without either,
    the user and the machine are who made it, as in ``ann@build-7``.

    :param folder: the project's; it is looked for a checkout from here upwards.
    """
    told, found = _read_variables(environment), _read_checkout(folder)
    if found is None:
        return told._replace(by=told.by or deployer_name())
    # A server checks out a commit without its branch.
    branch = found.branch or (told.branch if told.commit == found.commit else "")
    return Provenance(told.by or deployer_name(), found.commit, branch)


def find_checkout(folder: Path) -> Path | None:
    """Return the root of the git checkout that a folder is in; None where it is in none."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _read_variables(environment: Mapping[str, str]) -> Provenance:
    for commits, branches, people in _SERVERS:
        commit, branch, by = (
            next((value for name in names if (value := environment.get(name))), "")
            for names in (commits, branches, people)
        )
        if re.fullmatch(COMMIT, commit):
            return Provenance(_keep(by), commit, _keep(branch))
    return Provenance()


def _read_checkout(folder: Path) -> Provenance | None:
    """Return the commit that is checked out, and its branch; None where there is no telling."""
    try:
        root = find_checkout(folder)
        if root is None:
            return None
        git = root / ".git"
        if not git.is_dir():  # of a worktree or a submodule it says where its folder is (gitrepository-layout(5))
            git = git.parent / _read(git).removeprefix("gitdir: ")
        head = _read(git / "HEAD")
        name = head.removeprefix("ref: ")
        commit = head if name == head else _find_commit(git, name)
    except (OSError, ValueError):
        return None
    if not re.fullmatch(COMMIT, commit):
        return None
    return Provenance("", commit, _keep(name.removeprefix(_BRANCHES)) if name.startswith(_BRANCHES) else "")


def _find_commit(git: Path, name: str) -> str:
    shared = git / "commondir"
    home = git / _read(shared) if shared.is_file() else git
    if ".." in name.split("/"):
        return ""
    loose = home / name
    if loose.is_file():
        return _read(loose)
    return next((commit for commit, packed in _packed(home) if packed == name), "")


def _packed(home: Path) -> Iterator[tuple[str, str]]:
    for line in _read(home / "packed-refs").splitlines():
        commit, _, name = line.partition(" ")
        yield commit, name


def _read(file: Path) -> str:
    return read_regular(file, _MAX_BYTES).decode("utf-8").strip()


def _keep(name: str) -> str:
    """Return a name, or nothing where it would not be shown as it is."""
    return name if name.isprintable() and len(name) <= MAX_NAME else ""
