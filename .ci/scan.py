"""Runs checkov over templates and compares what it finds with the table of suppressions: ``scan.py CHECKOV FOLDER``."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).parents[1] / "docs" / "reference" / "suppressions.csv"


def main(checkov: str, folder: str) -> int:
    """Print every finding that has no reason in the table, and every reason that nothing was found for."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        known = {(row["rule"], row["resource"]) for row in csv.DictReader(file) if row["scanner"] == "checkov"}
    command = [checkov, "--directory", folder, "--framework", "cloudformation", "--compact", "--quiet", "-o", "json"]
    # It ends with 1 where it found something; without a report it did not run.
    done = subprocess.run([*command, "--skip-download"], stdout=subprocess.PIPE, text=True)
    report = json.loads(done.stdout)
    failed = report["results"]["failed_checks"]
    found = {(check["check_id"], check["resource"].rpartition(".")[2]) for check in failed}
    for rule, resource in sorted(found - known):
        names = sorted({check["file_path"] for check in failed if check["check_id"] == rule})
        print(f"{rule} of {resource}: {', '.join(names)}")
    for rule, resource in sorted(known - found):
        print(f"{rule} of {resource} is suppressed, and was not found.")
    print(f"checkov {report['summary']['checkov_version']}: {report['summary']['passed']} checks passed.")
    return 1 if found != known or not report["summary"]["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
