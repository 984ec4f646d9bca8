"""Flask-S3's upload: what it says of wrong arguments and of AWS's refusals, in its own words and without secrets."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.compat.create_all import create_all
from flask_cdn_stack.errors import CDNStackError, CredentialsError, SettingsError, UnreachableError
from tests.compat.s3_account import Account
from tests.servers.fault_proxy import FaultProxy, Rule

CSS = {"static/css/app.css": "body { color: black }\n"}
COMMAND_LINE = ("--profile", "--endpoint-url", "--region", "flask-cdn-stack local")


@pytest.fixture(autouse=True)
def _one_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def refusal_of(proxy: FaultProxy, account: Account, folder: Path) -> CDNStackError:
    with pytest.raises(CDNStackError) as caught:
        create_all(account.make_app(folder, CSS, FLASKS3_ENDPOINT_URL=proxy.url))
    assert not [option for option in COMMAND_LINE if option in str(caught.value)]
    return caught.value


def test_an_endpoint_with_a_password(account: Account, tmp_path: Path) -> None:
    """Is named without it, in a traceback too, when it does not answer."""
    app = account.make_app(tmp_path, CSS, FLASKS3_ENDPOINT_URL="http://user:SECRETPW@127.0.0.1:1")
    with pytest.raises(UnreachableError, match=r"http://127\.0\.0\.1:1/") as caught:
        create_all(app)

    assert "SECRETPW" not in "".join(traceback.format_exception(caught.value))
    assert caught.value.hint == "Check the network, FLASKS3_REGION and FLASKS3_ENDPOINT_URL."


@pytest.mark.parametrize("half", ["hush key", "hushkéy", 123])
@pytest.mark.parametrize(("argument", "key"), [("user", "AWS_ACCESS_KEY_ID"), ("password", "AWS_SECRET_ACCESS_KEY")])
def test_an_access_key_that_is_none(account: Account, tmp_path: Path, argument: str, key: str, half: Any) -> None:
    """Is refused by the name of its half, and not shown."""
    good: dict[str, Any] = {"user": "AKIAGOOD", "password": "good"}
    for config, arguments, name in (({}, {argument: half}, argument), ({key: half}, {argument: None}, key)):
        with pytest.raises(SettingsError, match=f"^{name} ") as caught:
            create_all(account.make_app(tmp_path, CSS, **config), **good | arguments)
        assert "hush" not in str(caught.value)
        assert "123" not in str(caught.value)
        assert caught.value.hint


@pytest.mark.parametrize("region", ["eu west", "EU-WEST-1é", 7])
def test_a_region_that_is_none(account: Account, tmp_path: Path, region: Any) -> None:
    """Is refused by the name of the argument or the setting."""
    with pytest.raises(SettingsError, match=r"^location is .*, which is not a region such as 'eu-west-1'\."):
        create_all(account.make_app(tmp_path, CSS), location=region)
    with pytest.raises(SettingsError, match=r"^FLASKS3_REGION is "):
        create_all(account.make_app(tmp_path, CSS, FLASKS3_REGION=region))
    with pytest.raises(SettingsError, match=r"^S3_REGION is "):
        create_all(account.make_app(tmp_path, CSS, S3_REGION=region))


@pytest.mark.parametrize("name", ["a/b", "b" * 256, "a\nb", 7])
def test_a_bucket_name_that_is_none(account: Account, tmp_path: Path, name: Any) -> None:
    """Is refused as the setting is."""
    messages = []
    for config, arguments in (({}, {"bucket_name": name}), ({"FLASKS3_BUCKET_NAME": name}, {})):
        with pytest.raises(SettingsError) as caught:
            create_all(account.make_app(tmp_path, CSS, **config), **arguments)
        messages.append(str(caught.value).replace("FLASKS3_BUCKET_NAME", "bucket_name"))

    assert messages[0] == messages[1]


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "ExpiredToken"])
def test_an_access_key_that_s3_does_not_take(account: Account, tmp_path: Path, code: str) -> None:
    """Is the caller's to pass, whatever was asked for with it."""
    with FaultProxy(account.endpoint_url, [Rule("status", method="PUT", status=403, error=code)]) as proxy:
        error = refusal_of(proxy, account, tmp_path)

    assert isinstance(error, CredentialsError)
    assert error.hint.startswith("Pass user and password, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in ")


def test_no_credentials(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the same ways out."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with FaultProxy(account.endpoint_url) as proxy:
        error = refusal_of(proxy, account, tmp_path)

    assert isinstance(error, CredentialsError)
    assert "boto3's own" in error.hint


def test_a_bucket_that_may_not_be_seen(account: Account, tmp_path: Path) -> None:
    """Looks as it does with a wrong access key, which is thought of first."""
    with FaultProxy(account.endpoint_url, [Rule("status", status=403)]) as proxy:
        error = refusal_of(proxy, account, tmp_path)
        assert [request.method for request in proxy.log] == ["HEAD"], "nothing is sent"

    assert error.message == f"AWS denied s3:ListBucket on arn:aws:s3:::{account.bucket}."
    assert error.hint.startswith("Check the access key first")


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(403, "AccessDenied", "another access key (user and password)"), (404, "NoSuchBucket", "the next run creates it")],
)
def test_objects_that_s3_does_not_take(account: Account, tmp_path: Path, status: int, code: str, words: str) -> None:
    """Have hints of the same kind at the end of the list."""
    account.s3.create_bucket(Bucket=account.bucket)
    with FaultProxy(account.endpoint_url, [Rule("status", method="PUT", status=status, error=code)]) as proxy:
        assert words in refusal_of(proxy, account, tmp_path).hint
