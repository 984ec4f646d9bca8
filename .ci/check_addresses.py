"""Check that the project's addresses are its own before anything is released: ``python check_addresses.py dist``.

Messages and the package's metadata lead there. A name that nobody has claimed, or that somebody else has, must not be
in a release: each address has to answer and to lead nowhere else, the documentation has to name the repository and the
repository the documentation, and the repository has to be the one that runs this. A stranger's copy of the
documentation would pass: this check does not replace a look at it.
"""

from __future__ import annotations

import os
import re
import sys
import urllib.request
import zipfile
from collections.abc import Mapping
from email import message_from_bytes
from http.client import HTTPException
from pathlib import Path

#: Each of the two must name the other one.
NAMED_BY = {"Documentation": "Source", "Source": "Documentation"}

# Bytes of a page that are read, and seconds until it is there.
MOST_BYTES, PATIENCE = 4 * 1024 * 1024, 30


def read_addresses(folder: Path) -> dict[str, str]:
    """Return the addresses in the metadata of the wheel in a folder, by label."""
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = message_from_bytes(archive.read(name)).get_all("Project-URL", [])
    return {label: address for label, _, address in (line.partition(", ") for line in lines)}


def find_repository(environment: Mapping[str, str]) -> str:
    """Return the address of the repository whose workflow runs; empty outside of a workflow.

    GitHub sets both variables (GitHub Docs, "Variables reference").
    """
    server, name = environment.get("GITHUB_SERVER_URL"), environment.get("GITHUB_REPOSITORY")
    return f"{server}/{name}" if server and name else ""


def find_problems(addresses: Mapping[str, str], repository: str = "") -> list[str]:
    """Return what is wrong with the addresses, a line each.

    :param repository: the address that Source must be; empty if any may be it.
    """
    problems = [f"The metadata has no address for {label}." for label in NAMED_BY if label not in addresses]
    source = addresses.get("Source", repository)
    if repository and source.rstrip("/") != repository:
        problems.append(f"Source: {source} is not {repository}, which is to be released.")
    for label, address in addresses.items():
        if problem := _look(address, addresses.get(NAMED_BY.get(label, ""), "")):
            problems.append(f"{label}: {address} {problem}")
    return problems


def _look(address: str, named: str) -> str:
    """Return what is wrong with a page that has to name another one; empty if nothing is."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            page, led = answer.read(MOST_BYTES), answer.geturl()
    except (OSError, HTTPException, ValueError) as error:
        return f"does not answer: {error!r}."
    if not _pattern(address).match(led.encode()):
        return f"leads to {led}: is it this project's?"
    return "" if not named or _pattern(named).search(page) else f"does not name {named}: is it this project's?"


def _pattern(address: str) -> re.Pattern[bytes]:
    """Return what finds an address, or one below it: behind it is neither ``-fork`` nor ``.example``."""
    return re.compile(re.escape(address.rstrip("/").encode()) + rb"(?!\.?[\w-])")


def main(folder: Path) -> int:
    """Return the number of problems, and print each."""
    problems = find_problems(read_addresses(folder), find_repository(os.environ))
    for problem in problems:
        print(problem)
    return len(problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
