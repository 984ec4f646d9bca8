"""What a run left behind: on disk, in the local AWS, and among the processes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import yaml
from botocore.exceptions import ClientError

from flask_cdn_stack.troubleshooting import PAGES
from tests.conftest import Program, Result
from tests.servers.clients import client_at

STATE_KEY = ".flask-cdn-stack/state.json.gz"


def client(program: Program, service: str) -> Any:
    """Return a boto3 client of the program's account."""
    return client_at(program.environment["AWS_ENDPOINT_URL"], service)


def stack_name(program: Program) -> str:
    """Return the name that the project's settings give its stack."""
    return str(yaml.safe_load((program.folder / "flask-cdn-stack.yml").read_text("utf-8"))["stack"])


def find_stack(program: Program, name: str = "") -> dict[str, Any] | None:
    """Return the description of a stack, the project's by default."""
    try:
        found = client(program, "cloudformation").describe_stacks(StackName=name or stack_name(program))
    except ClientError:
        return None
    stack: dict[str, Any] = found["Stacks"][0]
    return stack


def outputs(program: Program) -> dict[str, str]:
    """Return the outputs of the project's stack."""
    stack = find_stack(program)
    assert stack is not None
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def read_objects(program: Program) -> dict[str, str]:
    """Return the ETag of every object in the project's bucket, the tool's own records included."""
    listed = client(program, "s3").list_objects_v2(Bucket=outputs(program)["BucketName"])
    return {item["Key"]: item["ETag"] for item in listed.get("Contents", [])}


def invalidations(program: Program) -> list[list[str]]:
    """Return the paths of each invalidation of the project's distribution, the newest first."""
    cloudfront, distribution = client(program, "cloudfront"), outputs(program)["DistributionId"]
    items = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    return [
        cloudfront.get_invalidation(DistributionId=distribution, Id=item["Id"])["Invalidation"]["InvalidationBatch"][
            "Paths"
        ]["Items"]
        for item in items
    ]


def read_files(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file below a folder, compiled modules excepted."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return what a process says on standard error, up to the line that has ``text`` in it."""
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if text in line:
            return "".join(lines)
    raise AssertionError(f"{text!r} was never said:\n{''.join(lines)}")


def children(process_id: int) -> list[int]:
    """Return the process ids of a process's children."""
    tasks = Path(f"/proc/{process_id}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def is_alive(process_id: int) -> bool:
    """Say whether a process is running."""
    try:
        os.kill(process_id, 0)
        state = Path(f"/proc/{process_id}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return False
    return state != "Z"


def assert_one_message(result: Result, exit_code: int, *words: str) -> None:
    """Expect a failure: one message with these words and a next step, and nothing on standard output."""
    assert result.exit_code == exit_code, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert sum(line.startswith("Error: ") for line in result.stderr.splitlines()) == 1, result.stderr
    message = result.stderr[result.stderr.index("Error: ") :].partition(f"\nSee {PAGES}")[0]
    assert all(word in message for word in words), message
    assert message.strip().count("\n") >= 1, "What to do next is missing."
