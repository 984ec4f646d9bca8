"""Counts the requests of a deploy after one file has changed, with a distribution behind the bucket."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from flask_cdn_stack.local.launcher import LocalAWS

from .processes import run_process
from .project import write_project
from .rounds import ROOT, Run
from .servers import account
from .workloads import Workload


def deploy_one_change(workload: Workload, folder: Path) -> Run:
    """Provision a stack, deploy, change a file and deploy again; return the run of the last."""
    project, files = folder / "project", folder / "static"
    workload.write(files)
    write_project(project, files)
    with LocalAWS(environment=os.environ) as aws:
        environment = account(aws.port, folder) | {"PYTHONPATH": str(ROOT)}

        def run(*arguments: str) -> Run:
            done = run_process([sys.executable, "-m", "flask_cdn_stack", *arguments, "--json"], environment, project)
            return Run(done.seconds, done.megabytes, json.loads(done.output).get("requests", {}))

        run("provision", "--yes")
        run("deploy", "--app", "shop")
        next(path for path in sorted(files.rglob("*")) if path.is_file()).write_text("changed", "utf-8")
        return run("deploy", "--app", "shop")
