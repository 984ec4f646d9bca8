"""What goes wrong around the program - AWS, the disk, another tool: one message each, and nothing half done."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time

import pytest

from tests.cli.observing import (
    STATE_KEY,
    assert_one_message,
    client,
    find_stack,
    outputs,
    read_files,
    read_objects,
    stack_name,
)
from tests.conftest import Program, Result, require, wait_until, write_files
from tests.local.published_site import template
from tests.servers.fault_proxy import FaultProxy, Rule


def _run_unprivileged(program: Program, *arguments: str) -> Result:
    """Run the program with file permissions in force, which they are not for root."""
    prefix = []
    if os.geteuid() == 0:
        require(shutil.which("setpriv"), "setpriv")
        prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    result = subprocess.run(
        [*prefix, sys.executable, "-m", "flask_cdn_stack", *arguments],
        cwd=program.folder,
        env=dict(program.environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return Result(result.returncode, result.stdout, result.stderr)


def _through(program: Program, proxy: FaultProxy) -> Program:
    return Program(program.folder, {**program.environment, "AWS_ENDPOINT_URL": proxy.url})


@pytest.mark.parametrize("name", ["shop/static/logo.svg", "shop/static/css"])
def test_a_file_that_cannot_be_read(offline_program: Program, name: str) -> None:
    """The file or folder is named, and no manifest is written."""
    (offline_program.folder / name).chmod(0)

    result = _run_unprivileged(offline_program, "deploy", "--offline")

    (offline_program.folder / name).chmod(0o755)
    assert_one_message(result, 1, name, "Permission denied", "permissions")
    assert not (offline_program.folder / "cdn_manifest.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("init",), "cdn_config.py cannot be written"),
        (("deploy", "--offline"), "cdn_config.py cannot be written"),
        (("provision", "--yes"), "cdn_config.py cannot be written"),
        (("local", "--port", "0"), ".flask-cdn-stack"),
    ],
)
def test_a_folder_that_cannot_be_written_to(program: Program, arguments: tuple[str, ...], words: str) -> None:
    """Found out before anything else is done."""
    before = read_files(program.folder)
    program.folder.chmod(0o555)

    result = _run_unprivileged(program, *arguments)

    program.folder.chmod(0o755)
    assert_one_message(result, 1, words)
    assert read_files(program.folder) == before
    assert find_stack(program) is None


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("deploy",), "`flask-cdn-stack provision`"),
        (("config",), "`flask-cdn-stack provision`"),
        (("deploy", "--dry-run"), "`flask-cdn-stack provision`"),
        (("releases",), "`flask-cdn-stack provision`"),
        (("deploy", "--stage", "live"), "`flask-cdn-stack provision --stage live`"),
    ],
)
def test_a_stack_that_is_missing(program: Program, arguments: tuple[str, ...], command: str) -> None:
    """The command that makes it is named, with the stage; no file is written."""
    with (program.folder / "flask-cdn-stack.yml").open("a") as settings:
        settings.write("stages: {live: }\n")
    before = read_files(program.folder)

    assert_one_message(program(*arguments), 1, f"There is no stack {stack_name(program)}", command)
    assert read_files(program.folder) == before


def _leave_failed_stack(program: Program) -> None:
    behavior = {"TargetOriginId": "another", "ViewerProtocolPolicy": "redirect-to-https"}
    client(program, "cloudformation").create_stack(
        StackName=stack_name(program),
        TemplateBody=json.dumps(template(DefaultCacheBehavior=behavior)),
        Tags=[{"Key": "flask-cdn-stack:project", "Value": "project"}],
    )
    assert wait_until(lambda: (find_stack(program) or {}).get("StackStatus") == "ROLLBACK_COMPLETE")


def test_a_stack_whose_creation_failed(program: Program) -> None:
    """Deploy and a dry run name state and way out; provision makes the stack anew."""
    _leave_failed_stack(program)

    deploy = program("deploy")
    preview = program("provision", "--dry-run")
    provision = program("provision", "--yes", "--json")

    assert_one_message(deploy, 1, "ROLLBACK_COMPLETE", "`flask-cdn-stack provision`")
    assert_one_message(preview, 1, "ROLLBACK_COMPLETE", "`flask-cdn-stack provision`")
    assert (provision.exit_code, provision.json["status"]) == (0, "CREATE_COMPLETE")


@pytest.mark.parametrize("arguments", [("provision", "--yes"), ("deploy",)])
def test_no_credentials(offline_program: Program, arguments: tuple[str, ...]) -> None:
    """How to get some is said, and how to do without."""
    before, result = read_files(offline_program.folder), offline_program(*arguments)

    assert_one_message(result, 1, "There are no AWS credentials", "aws configure", "--profile")
    assert_one_message(result, 1, "`flask-cdn-stack local`", "`export AWS_...` lines")
    assert read_files(offline_program.folder) == before


@pytest.mark.parametrize("arguments", [("provision", "--yes"), ("deploy",)])
def test_an_endpoint_that_does_not_answer(offline_program: Program, arguments: tuple[str, ...]) -> None:
    """Said within seconds, with the address."""
    account = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    began = time.monotonic()

    result = offline_program(*arguments, environment=account)

    assert_one_message(result, 1, "could not be reached", "--endpoint-url")
    assert time.monotonic() - began < 20


_EXPIRED = ("The AWS credentials have expired", "Log in again")


@pytest.mark.parametrize(
    ("rule", "arguments", "words"),
    [
        (Rule("status", method="POST", error="ExpiredToken", status=403, query_api=True), "provision", _EXPIRED),
        (
            Rule("status", method="POST", error="AccessDenied", status=403, query_api=True),
            "provision",
            ("AWS denied cloudformation:DescribeStacks on stack",),
        ),
    ],
)
def test_what_aws_refuses(provisioned: Program, rule: Rule, arguments: str, words: tuple[str, ...]) -> None:
    """Action and resource are named; no file changes, and no release is published."""
    before = read_files(provisioned.folder)
    with FaultProxy(provisioned.environment["AWS_ENDPOINT_URL"], [rule]) as proxy:
        behind = _through(provisioned, proxy)
        result = behind(arguments)

    assert_one_message(result, 1, *words)
    after = read_files(provisioned.folder)
    # The config file is written first, and names the endpoint that was asked.
    assert after.keys() == before.keys()
    assert not any("/releases/" in key for key in read_objects(provisioned))


def test_a_bucket_that_is_gone(provisioned: Program) -> None:
    """Its name, and where to look."""
    bucket = outputs(provisioned)["BucketName"]
    client(provisioned, "s3").delete_bucket(Bucket=bucket)

    assert_one_message(provisioned("deploy"), 1, "The bucket is gone", bucket, "provision")
    assert not (provisioned.folder / "cdn_manifest.txt").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"not gzip", ("is damaged; nothing was changed", "Restore an earlier version"), id="damaged"),
        pytest.param(gzip.compress(b'{"format": 2}'), ("has format 2", "Upgrade flask-cdn-stack"), id="newer"),
    ],
)
def test_a_record_that_cannot_be_used(deployed: Program, content: bytes, words: tuple[str, ...]) -> None:
    """It is left as it is, with every object and file."""
    client(deployed, "s3").put_object(Bucket=outputs(deployed)["BucketName"], Key=STATE_KEY, Body=content)
    write_files(deployed.folder, {"shop/static/css/app.css": "new"})
    before = read_files(deployed.folder), read_objects(deployed)

    for flags in ((), ("--dry-run",)):
        assert_one_message(deployed("deploy", *flags), 1, STATE_KEY, *words)
    assert (read_files(deployed.folder), read_objects(deployed)) == before
