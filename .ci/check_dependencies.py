"""Writes down what the package brings and under which licences: ``check_dependencies.py [--fatal] ENVIRONMENT SBOM``.

The environment is one with the package installed and nothing else. Two kept tools are asked, cyclonedx-py and
pip-audit, which are installed beside this interpreter. A licence that is not known is a failure. A fault that is known
of a package is one with ``--fatal`` only: what others find out must not stop a change of ours. Where the advisory
service cannot be reached, that is said.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

#: Licences under which nothing is asked of those who use the package, but to keep the text.
ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "PSF-2.0", "Python-2.0", "Zlib"}

#: What classifiers call them, which know no versions of BSD's.
CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}

#: Packages that say it in the text of their licence only; it was read.
READ = {"cfn-flip": "Apache-2.0", "quickjs": "MIT"}

#: What every new environment has.
TOOLS = {"pip", "setuptools"}

AUDIT_SECONDS = 45


def main(arguments: list[str]) -> int:
    """Print what is found, and return the number of problems."""
    *options, environment, sbom = arguments
    python = next(
        path for path in (Path(environment, "bin/python"), Path(environment, "Scripts/python.exe")) if path.exists()
    )
    command = ["-m", "cyclonedx_py", "environment", "--output-reproducible", "--pyproject", "pyproject.toml"]
    subprocess.run([sys.executable, *command, "--output-file", sbom, str(python)], check=True)
    components = json.loads(Path(sbom).read_text("utf-8"))["components"]
    problems = list(judge_licences(components))
    print(
        *problems, f"{len(components)} packages, {len(problems)} of them without a licence that is allowed.", sep="\n"
    )
    faults = audit(python)
    return len(problems) + (len(faults) if "--fatal" in options else 0)


def judge_licences(components: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each package whose licence is not allowed, or not known."""
    for component in components:
        name, stated = component["name"], [read_licence(entry) for entry in component.get("licenses", ())]
        stated = stated or [READ.get(name.lower(), "")]
        # Classifiers stand for a choice: a package under two licences lists both.
        if name.lower() not in TOOLS and not any(map(is_allowed, stated)):
            yield f"{name} {component['version']}: {', '.join(filter(None, stated)) or 'no licence that can be read'}"


def read_licence(entry: Mapping[str, Any]) -> str:
    """Return an SPDX expression, or what stands in its place."""
    licence = entry.get("license", {})
    stated: str = entry.get("expression") or licence.get("id") or licence.get("name", "")
    return CLASSIFIERS.get(stated, stated)


def is_allowed(expression: str) -> bool:
    """Say whether an SPDX expression can be met with allowed licences; of one in parentheses, each has to be."""
    if "(" in expression:
        return set(re.findall(r"[\w.+-]+", expression)) - {"AND", "OR"} <= ALLOWED
    choices = expression.split(" OR ")
    return any(ALLOWED.issuperset(choice.split(" AND ")) for choice in choices)


def audit(python: Path) -> list[str]:
    """Print the faults that are known of what is installed, and return them."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    folder = subprocess.run([str(python), "-c", code], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    command = ["-m", "pip_audit", "--path", folder, "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=AUDIT_SECONDS)
        found = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        print("Nothing is known of faults: the advisory service cannot be reached.")
        return []
    faults = [f"{each['name']} {each['version']}: {fault['id']}" for each in found for fault in each.get("vulns", ())]
    unknown = sum("skip_reason" in each for each in found)
    print(
        *faults,
        f"{len(found) - unknown} packages audited, {unknown} that the service does not know, {len(faults)} faults.",
        sep="\n",
    )
    return faults


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 99))
