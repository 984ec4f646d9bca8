"""Finds a release's commit, branch and author, from a git checkout and a CI server's variables.

The checkout's files are read without running git: git may not be installed, and a checkout's settings can make it run
other programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..regular_files import read_regular
from .process import deployer_name

#: Most characters of a name that is stored.
MAX_NAME = 256

#: The id of a git commit, by SHA-1 or SHA-256.
COMMIT = "[0-9a-f]{40}(?:[0-9a-f]{24})?"

# Largest of git's files, in bytes, that is read; packed-refs has a line for each branch and tag.
_MAX_BYTES = 16 * 1024 * 1024

_BRANCHES = "refs/heads/"

# Variables of CI servers for commit, branch and author; the first that is set counts (GitHub Actions, "Variables
# reference"; GitLab, "Predefined CI/CD variables reference"; Bitbucket, "Variables and secrets"; CircleCI, "Project
# values and variables").
_SERVERS = (
    (("GITHUB_SHA",), ("GITHUB_HEAD_REF", "GITHUB_REF_NAME"), ("GITHUB_ACTOR",)),
    (("CI_COMMIT_SHA",), ("CI_COMMIT_REF_NAME",), ("GITLAB_USER_LOGIN",)),
    (("BITBUCKET_COMMIT",), ("BITBUCKET_BRANCH",), ()),
    (("CIRCLE_SHA1",), ("CIRCLE_BRANCH",), ("CIRCLE_USERNAME",)),
)


class Provenance(NamedTuple):
    """Where a release comes from: who made it, the commit, and the branch; empty if unknown."""

    by: str = ""
    commit: str = ""
    branch: str = ""


#: Nothing is known.
UNKNOWN = Provenance()


def find_provenance(folder: Path, environment: Mapping[str, str]) -> Provenance:
    """Return the provenance of a release that is made now.

    The checkout comes before a CI server's variables, which name the commit that triggered the pipeline. If no
    variable names an author, it is the user and host, as in ``ann@build-7``.

    :param folder: the project's folder; the checkout is sought from here upwards.
    """
    told, found = _read_variables(environment), _read_checkout(folder)
    if found is None:
        return told._replace(by=told.by or deployer_name())
    # CI servers check out a commit without its branch.
    branch = found.branch or (told.branch if told.commit == found.commit else "")
    return Provenance(told.by or deployer_name(), found.commit, branch)


def find_checkout(folder: Path) -> Path | None:
    """Return the root of the git checkout that contains a folder; None if there is none."""
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
    """Return the checked-out commit and its branch; None if they cannot be read."""
    try:
        root = find_checkout(folder)
        if root is None:
            return None
        git = root / ".git"
        if not git.is_dir():  # a file with the folder's path, in a worktree or a submodule (gitrepository-layout(5))
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
    """Return a name, or an empty text if it is too long or has characters that are not printable."""
    return name if name.isprintable() and len(name) <= MAX_NAME else ""
