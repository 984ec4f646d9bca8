"""What deploys: this package, and what is used for it otherwise."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OURS = "flask-cdn-stack"
S5CMD = "s5cmd"
RCLONE = "rclone copy"
BOTO3 = "boto3, 16 threads"
AWS = "aws s3 sync"
CREATE_ALL = "Flask-S3's create_all"


@dataclass(frozen=True)
class Tool:
    """A way to deploy. Words in braces stand for the job's own.

    :param program: what is run; empty: the Python that runs this.
    :param first: arguments with which it fills an empty bucket.
    :param again: arguments with which it looks for changes; empty: the same.
    :param is_slow: it takes part in every third round only.
    """

    name: str
    program: str
    first: str
    again: str = ""
    is_slow: bool = False

    def arguments(self, values: Mapping[str, object], *, again: bool) -> list[str]:
        """Return the arguments for one job."""
        line = self.again if again and self.again else self.first
        return [word.format_map(values) for word in line.split()]


_AT = "--endpoint-url http://127.0.0.1:{port}"
_S3 = "s3://{bucket}/static"

TOOLS = {
    tool.name: tool
    for tool in (
        Tool(OURS, "", "-m flask_cdn_stack deploy --app shop --json"),
        Tool(
            S5CMD,
            "s5cmd",
            f"{_AT} cp {{files}}/ {_S3}/",
            f"{_AT} sync {{files}}/ {_S3}/",
        ),
        Tool(RCLONE, "rclone", "copy {files} benchmark:{bucket}/static", is_slow=True),
        Tool(BOTO3, "", "-m benchmarks.deploy.boto3_upload {files} {bucket}", is_slow=True),
        Tool(AWS, "aws", f"s3 sync {{files}} {_S3} --no-progress", is_slow=True),
        Tool(CREATE_ALL, "", "-m benchmarks.deploy.create_all {files} {bucket}", is_slow=True),
    )
}

_VERSION_ARGUMENTS = {"s5cmd": "version", "rclone": "version", "aws": "--version"}


@dataclass(frozen=True)
class Program:
    """A program that is installed."""

    path: Path
    version: str


def find_programs(folder: Path | None) -> dict[str, Program]:
    """Return the programs that are in a folder, or on the path, and that run.

    The package ``s5cmd`` starts the real program from Python; that one itself is taken.
    """
    found = {}
    for name, argument in _VERSION_ARGUMENTS.items():
        if place := shutil.which(name, path=str(folder) if folder else None):
            path = next(Path(place).parents[1].glob(f"lib/python*/site-packages/{name}/bin/{name}"), Path(place))
            answer = subprocess.run([path, argument], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            version = re.search(r"\d+(\.\d+)+", answer.stdout)
            if answer.returncode == 0 and version:
                found[name] = Program(path, version[0])
    return found
