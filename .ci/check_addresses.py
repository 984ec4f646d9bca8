"""Check that the project's addresses are its own before anything is released: ``python check_addresses.py dist``.

Messages and the package's metadata lead there. A name that nobody has claimed, or that somebody else has, must not be
in a release: each address has to answer, the documentation has to name the repository, and the repository the
documentation. Redirects are followed, and a copy of these pages would pass: it does not replace a look at them.
"""

from __future__ import annotations

import sys
import urllib.request
import zipfile
from email import message_from_bytes
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


def find_problems(addresses: dict[str, str]) -> list[str]:
    """Return what is wrong with the addresses, a line each."""
    problems = [f"The metadata has no address for {label}." for label in NAMED_BY if label not in addresses]
    for label, address in addresses.items():
        try:
            with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
                page = answer.read(MOST_BYTES)
        except OSError as error:
            problems.append(f"{label}: {address} does not answer: {error}.")
            continue
        other = addresses.get(NAMED_BY.get(label, ""), "")
        if other and other.rstrip("/").encode() not in page:
            problems.append(f"{label}: {address} does not name {other}: is it this project's?")
    return problems


def main(folder: Path) -> int:
    """Return the number of problems, and print each."""
    problems = find_problems(read_addresses(folder))
    for problem in problems:
        print(problem)
    return len(problems)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
