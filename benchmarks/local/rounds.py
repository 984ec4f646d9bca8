"""Publishes two projects on a local AWS, and looks at them round by round."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask_cdn_stack.manifest import parse_manifest

from ..deploy.processes import Finished, run_process
from ..deploy.project import write_project
from ..deploy.rounds import ROOT
from ..deploy.servers import account
from ..deploy.workloads import Workload
from ..table import Row
from .demo import load_demo
from .edge import Cloud, count_hits, run_cloud
from .rows import DEMO, FUNCTION, PLAIN, STATUS, VERIFY, make_rows

# A small one; its URLs hold what a function at the edge reads: a part of the checksum.
_WITH_FUNCTION = "stack: moved-cdn\nassets:\n  immutable: true\n"
_CHECKSUM_LENGTH = {PLAIN: 64, FUNCTION: 16}

_FILE_SIZE = 1_000


@dataclass(frozen=True)
class Project:
    """A project that is published."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> Finished:
        """Run a command in it."""
        return run_process([sys.executable, "-m", "flask_cdn_stack", *arguments], self.environment, self.folder)

    def ask(self, *arguments: str) -> tuple[Any, float]:
        """Return what a command prints with ``--json``, and its seconds."""
        done = self.run(*arguments, "--json")
        return json.loads(done.output), done.seconds

    def find_file(self, checksum_length: int) -> tuple[str, str]:
        """Return the CDN's host and the target of a published file, as the app's URLs have it."""
        host = urlsplit(self.run("open", "--print").output.strip()).netloc
        manifest = parse_manifest((self.folder / "cdn_manifest.txt").read_text("utf-8"))
        key = min(manifest)
        return host, f"/{key}?c={manifest[key][:checksum_length]}"


def publish(folder: Path, port: int, files: int, settings: str = "") -> Project:
    """Provision a stack and deploy so many files."""
    Workload(files, _FILE_SIZE).write(folder / "static")
    place = folder / "project"
    write_project(place, folder / "static")
    if settings:
        (place / "flask-cdn-stack.yml").write_text(settings, "utf-8")
    project = Project(place, account(port, folder) | {"PYTHONPATH": str(ROOT)})
    project.run("provision", "--yes")
    project.run("deploy", "--app", "shop")
    project.run("config", "--app", "shop", "--write")
    return project


def measure(folder: Path, *, rounds: int, hits: int, urls: int) -> list[Row]:
    """Return all rows of the table.

    :param hits: requests in all the rounds together.
    :param urls: files that ``verify`` looks at.
    """
    samples: dict[str, list[float]] = defaultdict(list)
    with run_cloud(account(0, folder)) as cloud:
        projects = {
            PLAIN: publish(folder / "plain", cloud.port, urls),
            FUNCTION: publish(folder / "moved", cloud.port, 1, _WITH_FUNCTION),
        }
        for _ in range(rounds):
            for name, amount in _measure_once(cloud, projects, max(1, hits // rounds), urls):
                samples[name].append(amount)
    environment = account(0, folder) | {"PYTHONPATH": str(ROOT)}
    samples[DEMO] = [load_demo(environment, folder) for _ in range(rounds)]
    return make_rows(samples)


def _measure_once(cloud: Cloud, projects: Mapping[str, Project], hits: int, urls: int) -> list[tuple[str, float]]:
    found = []
    for name, project in projects.items():
        found.append((name, count_hits(cloud, *project.find_file(_CHECKSUM_LENGTH[name]), hits)))
    projects[PLAIN].run("deploy", "--app", "shop", "--invalidate", "/*", "--wait")
    report, seconds = projects[PLAIN].ask("verify")
    if report["checked"] != urls:
        raise SystemExit(f"verify looked at {report['checked']} URLs, not at {urls}.")
    status, _ = projects[PLAIN].ask("status", "--app", "shop", "--exit-code")
    return [*found, (VERIFY, seconds), (STATUS, sum(status["requests"].values()))]
