"""Variables and profiles that say how a service is reached, and cannot be used."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from flask_cdn_stack.aws.network import is_foreign
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.errors import SettingsError
from tests.aws.test_transport import HOST, assert_hidden, set_bundle


@pytest.mark.parametrize(
    ("source", "named", "content", "problem"),
    [
        ("AWS_CA_BUNDLE", "AWS_CA_BUNDLE", None, "cannot be read: No such file or directory."),
        ("profile", "The profile's ca_bundle", "not a certificate", "holds no certificate in PEM form."),
        ("REQUESTS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "", "holds no certificate in PEM form."),
    ],
)
def test_a_bundle_that_cannot_be_used(
    connection: Connection,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    source: str,
    named: str,
    content: str | None,
    problem: str,
) -> None:
    """Is named by where it was set, before anything is sent."""
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_text(content)
    set_bundle(monkeypatch, source, tmp_path, bundle)
    opened = open_connection(endpoint_url="https://s3.test.invalid")

    for use in (lambda: Bucket(opened, "any", "", Counter()), lambda: opened.client("cloudformation")):
        with pytest.raises(SettingsError) as caught:
            use()
        assert caught.value.message == f"{named} names {bundle}, which {problem}"


@pytest.mark.parametrize(
    "value", ["socks5://me:hush@proxy:1080", "http://me:hush@proxy:port", "http://me:hush@", "http://[me:hush"]
)
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy"])
def test_a_proxy_that_cannot_be_used(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """Is named by its variable, not by its value."""
    monkeypatch.setenv(name, value)
    opened = open_connection(endpoint_url=f"https://{HOST}")

    for use in (lambda: Bucket(opened, "any", "", Counter()), lambda: opened.client("s3")):
        with pytest.raises(SettingsError) as caught:
            use()
        assert caught.value.message == f"{name} is not the URL of an HTTP proxy."
        assert_hidden(caught.value, "hush")


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        (None, False),
        ("http://127.0.0.1:4566", False),
        ("https://s3.eu-west-1.amazonaws.com", False),
        ("https://bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com", False),
        ("https://s3.cn-north-1.amazonaws.com.cn", False),
        ("https://amazonaws.com.example", True),
        ("http://10.0.0.9:9000", True),
    ],
)
def test_whose_an_endpoint_is(endpoint: str | None, expected: bool) -> None:
    """Neither AWS's nor on this machine: of those that only speak like S3."""
    assert is_foreign(endpoint) is expected
