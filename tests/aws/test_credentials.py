"""Where credentials come from, what of them is sent, and what happens when they end in the middle of an upload."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.failures import translate_errors
from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import Upload, Uploaded
from flask_cdn_stack.aws.workers import FIRST_WORKERS
from flask_cdn_stack.errors import CredentialsError
from tests.aws.conftest import set_variables
from tests.aws.test_storage import Results, plan, send
from tests.servers.fault_proxy import FaultProxy, Rule, WireRequest
from tests.servers.token_service import TokenService

MakeOwnBucket = Callable[[], Bucket]


@pytest.fixture
def make_own_bucket(proxy: FaultProxy, s3: Any, tmp_path: Path) -> MakeOwnBucket:
    """Open a bucket with the credentials that the environment leads to."""
    name = f"own-{abs(hash(str(tmp_path))) % 10**12}"
    s3.create_bucket(Bucket=name)
    return lambda: Bucket(open_connection("us-east-1", endpoint_url=proxy.url), name, "", Counter())


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    """What gives this user's credentials."""
    with TokenService() as running:
        set_variables(monkeypatch, running.environment)
        yield running


def signer(request: WireRequest) -> tuple[str, str]:
    """Return the access key's id that a request is signed with, and its session token."""
    scope = request.headers["authorization"].partition("Credential=")[2]
    return scope.partition("/")[0], request.headers.get("x-amz-security-token", "")


def make_files(folder: Path, count: int) -> list[Upload]:
    return [plan(folder / f"{number}.css", f"{number}.css", b"a{}") for number in range(count)]


def kinds(results: Results) -> Counter[type]:
    return Counter(type(result) for result in results.values())


def use_both(bucket: Bucket, proxy: FaultProxy) -> set[tuple[str, str]]:
    """Ask for something through both clients, and return how it was signed."""
    proxy.log.clear()
    assert bucket.read("absent") is None
    open_connection("us-east-1", endpoint_url=proxy.url).client("s3").list_objects_v2(Bucket=bucket.name)
    asked = [request for request in proxy.log if bucket.name in request.path]
    assert len(asked) == 2
    return {signer(request) for request in asked}


@pytest.mark.parametrize("token", ["", "a/session+token=="])
def test_a_key_of_the_environment(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """Is sent with its session token, if there is one."""
    set_variables(monkeypatch, {"AWS_ACCESS_KEY_ID": "AKIASTATIC", "AWS_SECRET_ACCESS_KEY": "s"})
    if token:
        monkeypatch.setenv("AWS_SESSION_TOKEN", token)

    assert use_both(make_own_bucket(), proxy) == {("AKIASTATIC", token)}


def test_an_assumed_role(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Signs with what STS gives for it, never with the key of the source profile."""
    role = "role_arn = arn:aws:iam::000000000000:role/deploy\nsource_profile = base\nregion = us-east-1\n"
    base = "[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
    write_profiles(monkeypatch, tmp_path, f"[profile shop]\n{role}", base)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", proxy.url)

    for key, token in use_both(make_own_bucket(), proxy):
        assert key.startswith("ASIA")
        assert token


def test_a_process(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Of the profile prints them."""
    write_process(monkeypatch, tmp_path, {"AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "s", "SessionToken": "t"})

    assert use_both(make_own_bucket(), proxy) == {("AKIAPROCESS", "t")}


def write_profiles(monkeypatch: pytest.MonkeyPatch, folder: Path, config: str, credentials: str) -> None:
    (folder / "config").write_text(config)
    (folder / "credentials").write_text(credentials)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "shop")


def write_process(monkeypatch: pytest.MonkeyPatch, folder: Path, answer: dict[str, str]) -> Path:
    """Let a profile get its credentials from a program; return the file that it prints."""
    file = folder / "answer.json"
    file.write_text(json.dumps({"Version": 1, **answer}))
    (folder / "process.py").write_text(f"print(open({str(file)!r}).read())")
    command = f"credential_process = {sys.executable} {folder / 'process.py'}"
    write_profiles(monkeypatch, folder, f"[profile shop]\n{command}\n", "")
    return file


def test_credentials_that_end_in_the_middle(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, service: TokenService, tmp_path: Path
) -> None:
    """Are renewed, though their time had not come, and every file arrives; they are asked for once more, not often."""
    refused = Rule("status", status=400, error="ExpiredToken", head="Credential=KEY1/")
    proxy.on_request = lambda index, method, path: proxy.rules.add(refused) if index == 40 else None
    results = send(make_own_bucket(), *make_files(tmp_path, 200))

    assert kinds(results) == {Uploaded: 200}, results
    passed = [signer(request) for request in proxy.log if request.action == "pass"]
    assert set(passed) == {("KEY1", "token1"), ("KEY2", "token2")}
    assert service.given == 2


def test_a_record_is_written_with_renewed_credentials(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, service: TokenService
) -> None:
    """On its condition: the refused request was not carried out. boto3's clients get them as well."""
    bucket = make_own_bucket()
    etag = bucket.write("state", b"one", "text/plain", None)
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", head="Credential=KEY1/"))
    bucket.write("state", b"two", "text/plain", etag)
    found = bucket.read("state")
    bucket.delete(["state"])

    assert found is not None
    assert found.data == b"two"
    assert service.given == 2


def test_a_client_that_is_made_afterwards(proxy: FaultProxy, service: TokenService) -> None:
    """Signs with the renewed credentials: invalidations come last."""
    connection = open_connection("us-east-1", endpoint_url=proxy.url)
    connection.credentials()
    replace(connection, region="eu-west-1").renew_credentials()
    connection.client("s3").list_buckets()

    assert signer(proxy.log[-1]) == ("KEY2", "token2")


@pytest.mark.parametrize("once", [True, False])
def test_a_request_of_boto3_s(proxy: FaultProxy, service: TokenService, once: bool) -> None:
    """That is refused for it was not carried out: it is sent again, even one that is never repeated otherwise."""
    client = open_connection("us-east-1", endpoint_url=proxy.url).client("s3", once=once)
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", head="Credential=KEY1/"))
    client.list_buckets()

    assert [signer(request)[0] for request in proxy.log] == ["KEY1", "KEY2"]


def test_a_service_that_takes_no_credentials(proxy: FaultProxy, service: TokenService) -> None:
    """However new, is not asked for ever."""
    client = open_connection("us-east-1", endpoint_url=proxy.url).client("s3")
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken"))

    with pytest.raises(CredentialsError, match="have expired"), translate_errors("s3:ListAllMyBuckets"):
        client.list_buckets()

    assert service.given == len(proxy.log) == 5


def test_a_file_that_something_else_renews(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Is read again, as programs that log people in write a profile's key."""
    old, new = (f"[shop]\naws_access_key_id = {key}\naws_secret_access_key = s\n" for key in ("AKIAOLD", "AKIANEW"))
    write_profiles(monkeypatch, tmp_path, "", old)
    bucket = make_own_bucket()
    assert bucket.read("absent") is None
    (tmp_path / "credentials").write_text(new)
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", head="Credential=AKIAOLD/"))

    assert bucket.read("absent") is None
    assert signer(proxy.log[-1])[0] == "AKIANEW"


def test_credentials_that_cannot_be_renewed(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, service: TokenService, tmp_path: Path
) -> None:
    """End the upload with what their giver says: no further file is begun."""
    bucket = make_own_bucket()
    assert bucket.read("absent") is None
    service.ended = True
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", head="Credential=KEY1/"))
    results = send(bucket, *make_files(tmp_path, FIRST_WORKERS * 4))

    assert set(kinds(results)) == {CredentialsError}
    assert len(results) <= FIRST_WORKERS + 1
    for error in results.values():
        assert isinstance(error, CredentialsError)
        assert error.message.startswith("The container's endpoint gave no AWS credentials: ")
        assert "AWS_CONTAINER_CREDENTIALS_FULL_URI" in error.hint


@pytest.mark.parametrize("renewal", ["the same", "nobody asks"])
def test_credentials_that_stay_what_they_are(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, renewal: str
) -> None:
    """End the upload at once."""
    if renewal == "the same":
        write_process(monkeypatch, tmp_path, {"AccessKeyId": "AKIA", "SecretAccessKey": "s", "SessionToken": "t"})
    else:
        set_variables(monkeypatch, {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "s"})
    bucket = make_own_bucket()
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken"))
    proxy.log.clear()
    results = send(bucket, *make_files(tmp_path, FIRST_WORKERS * 4))

    assert {str(result).partition("\nSee ")[0] for result in results.values()} == {
        "The AWS credentials have expired.\nLog in again (`aws sso login`), then retry."
    }
    assert len(proxy.log) <= 2 * (FIRST_WORKERS + 1)


def test_what_the_app_sets_is_not_taken(
    make_own_bucket: MakeOwnBucket, proxy: FaultProxy, service: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a renewal: its own account is another one."""
    bucket = make_own_bucket()
    assert bucket.read("absent") is None
    set_variables(monkeypatch, {"AWS_ACCESS_KEY_ID": "AKIAOFTHEAPP", "AWS_SECRET_ACCESS_KEY": "s"})
    proxy.rules.add(Rule("status", status=400, error="ExpiredToken", head="Credential=KEY1/"))

    with pytest.raises(CredentialsError, match="have expired"):
        bucket.read("absent")


def test_renewed_credentials_that_have_ended(
    make_own_bucket: MakeOwnBucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Are said to be that: a clock is wrong, or their giver is."""
    answer = {"AccessKeyId": "A", "SecretAccessKey": "s", "SessionToken": "t", "Expiration": "2020-01-01T00:00:00Z"}
    write_process(monkeypatch, tmp_path, answer)

    with pytest.raises(CredentialsError, match="the new ones have ended already") as caught:
        make_own_bucket().read("absent")

    assert caught.value.hint.startswith("Check this machine's clock")
