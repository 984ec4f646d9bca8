"""Users and passwords in URLs: they reach whom they are for, and are neither shown nor written down."""

from __future__ import annotations

import gzip

import pytest

from tests.cli.observing import assert_one_message, client, outputs, read_files, read_objects
from tests.conftest import Program

_ACCOUNT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_MAX_ATTEMPTS": "1"}
_TARGET = "app: shop\ntarget: {bucket: shop-files, domain: cdn.example}\n"


@pytest.mark.parametrize(
    ("environment", "arguments", "exit_code"),
    [
        ({}, ("deploy", "--endpoint-url", "http://ada:s3cret@127.0.0.1:9"), 1),
        ({}, ("deploy", "--endpoint-url", "ftp://ada:s3cret@127.0.0.1:9"), 2),
        ({}, ("deploy", "--endpoint-url", "http://ada:s3cret/@127.0.0.1:9"), 2),
        ({"AWS_ENDPOINT_URL": "http://ada:s3cret@127.0.0.1:9"}, ("provision", "--yes"), 1),
        ({"AWS_ENDPOINT_URL": "http://nowhere.invalid", "http_proxy": "http://ada:s3cret@127.0.0.1:9"}, ("deploy",), 1),
        ({"AWS_ENDPOINT_URL": "http://nowhere.invalid", "http_proxy": "ada:s3cret#@127.0.0.1:9"}, ("deploy",), 2),
    ],
)
def test_what_is_said(
    offline_program: Program, environment: dict[str, str], arguments: tuple[str, ...], exit_code: int
) -> None:
    """Has none in it, the causes included."""
    if exit_code == 1 and arguments[0] == "deploy":
        (offline_program.folder / "flask-cdn-stack.yml").write_text(_TARGET)

    result = offline_program(*arguments, "--verbose", environment={**_ACCOUNT, **environment})

    assert_one_message(result, exit_code)
    assert "s3cret" not in result.stderr
    assert not any(b"s3cret" in data for data in read_files(offline_program.folder).values())


def test_what_is_written(program: Program) -> None:
    """Neither files nor records say them, where a server takes them."""
    endpoint = program.environment["AWS_ENDPOINT_URL"].replace("//", "//ada:s3cret@")
    results = [
        program(*arguments, "-v", environment={"AWS_ENDPOINT_URL": endpoint})
        for arguments in (("provision", "--yes", "--json"), ("deploy", "--json"), ("releases", "--json"))
    ]

    assert [result.exit_code for result in results] == [0, 0, 0]
    assert not any("s3cret" in result.stdout + result.stderr for result in results)
    assert not any(b"s3cret" in data for data in read_files(program.folder).values())
    bucket = outputs(program)["BucketName"]
    for key in read_objects(program):
        data = client(program, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        assert b"s3cret" not in (gzip.decompress(data) if key.endswith(".gz") else data)
