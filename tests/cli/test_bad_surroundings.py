"""What goes wrong around the program - AWS, the disk, another tool: one message each, and nothing half done."""

from __future__ import annotations

import gzip
import time

import pytest

from tests.cli.limited import run_unprivileged
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
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files


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

    result = run_unprivileged(program, *arguments)

    program.folder.chmod(0o755)
    assert_one_message(result, 1, words)
    assert read_files(program.folder) == before
    assert find_stack(program) is None


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("deploy",), "`flask-cdn-stack provision`"),
        (("config",), "`flask-cdn-stack provision`"),
        (("releases",), "`flask-cdn-stack provision`"),
        (("deploy", "--stage", "live"), "`flask-cdn-stack provision --stage live`"),
    ],
)
def test_a_stack_that_is_missing(program: Program, arguments: tuple[str, ...], command: str) -> None:
    """The command that makes it is named, with the stage; no file is written."""
    add_settings(program.folder, "stages: {live: }")
    before = read_files(program.folder)

    assert_one_message(program(*arguments), 1, f"There is no stack {stack_name(program)}", command)
    assert read_files(program.folder) == before


_PAGES = ("accounts/latest/reference/getting-started.html", "getting-started-quickstart")


@pytest.mark.parametrize(("arguments", "pages"), [(("provision", "--yes"), _PAGES), (("deploy",), ())])
def test_no_credentials(offline_program: Program, arguments: tuple[str, ...], pages: tuple[str, ...]) -> None:
    """How to get some is said, and how to do without; who begins is shown the pages on accounts and credentials."""
    before, result = read_files(offline_program.folder), offline_program(*arguments)

    assert_one_message(result, 1, "There are no AWS credentials", "aws configure", "--profile")
    assert_one_message(result, 1, "`flask-cdn-stack local`", "`export AWS_...` lines", *pages)
    assert read_files(offline_program.folder) == before


def test_an_endpoint_that_does_not_answer(offline_program: Program) -> None:
    """Said within seconds, with the address."""
    account = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": "http://127.0.0.1:9"}
    began = time.monotonic()

    result = offline_program("deploy", environment=account)

    assert_one_message(result, 1, "could not be reached", "--endpoint-url")
    assert time.monotonic() - began < 20


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
