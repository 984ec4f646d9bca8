"""Who asks AWS, where, and what comes out when AWS says no."""

from __future__ import annotations

import base64
import hashlib
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.network import is_loopback
from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.errors import CredentialsError
from tests.aws.conftest import set_variables

CONFIG = """
[profile shop]
region = eu-west-3
services = shop-services
[profile plain]
endpoint_url = http://127.0.0.1:5
[services shop-services]
s3 =
  endpoint_url = http://127.0.0.1:3
"""


@pytest.fixture
def config_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(CONFIG)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))


@pytest.mark.usefixtures("config_file")
@pytest.mark.parametrize(
    ("given", "profile", "environment", "region"),
    [
        ("eu-west-1", "shop", {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-west-1"),
        (None, "shop", {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-north-1"}, "eu-west-2"),
        (None, "shop", {"AWS_DEFAULT_REGION": "eu-north-1"}, "eu-north-1"),
        (None, "shop", {}, "eu-west-3"),
        (None, None, {"AWS_PROFILE": "shop"}, "eu-west-3"),
        (None, None, {}, "us-east-1"),
    ],
)
def test_region(
    monkeypatch: pytest.MonkeyPatch, given: str | None, profile: str | None, environment: dict[str, str], region: str
) -> None:
    """Settings or flag, then the environment, then the profile, then where CloudFront's certificates are."""
    set_variables(monkeypatch, environment)

    assert open_connection(given, profile).region == region


@pytest.mark.usefixtures("config_file")
@pytest.mark.parametrize(
    ("given", "profile", "environment", "s3", "cloudfront"),
    [
        (None, None, {}, None, None),
        ("http://127.0.0.1:1", None, {"AWS_ENDPOINT_URL": "http://x"}, "http://127.0.0.1:1", "http://127.0.0.1:1"),
        (None, None, {"AWS_ENDPOINT_URL": "http://x"}, "http://x", "http://x"),
        (None, None, {"AWS_ENDPOINT_URL_S3": "http://s3", "AWS_ENDPOINT_URL": "http://x"}, "http://s3", "http://x"),
        (None, "shop", {}, "http://127.0.0.1:3", None),
        (None, "plain", {}, "http://127.0.0.1:5", "http://127.0.0.1:5"),
        (None, "shop", {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, None, None),
        ("http://y", None, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "http://y", "http://y"),
    ],
)
def test_endpoint(
    monkeypatch: pytest.MonkeyPatch,
    given: str | None,
    profile: str | None,
    environment: dict[str, str],
    s3: str | None,
    cloudfront: str | None,
) -> None:
    """As boto3's own clients find it, which is compared too."""
    set_variables(monkeypatch, environment)
    connection = open_connection("us-east-1", profile, given)

    for service, expected in (("s3", s3), ("cloudfront", cloudfront)):
        assert connection.endpoint(service) == expected
        url = connection.client(service).meta.endpoint_url
        assert url == expected if expected else "amazonaws.com" in url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.8.8.8", True),
        ("http://localhost:1/x", True),
        ("https://s3.localhost:1", True),
        ("http://[::1]:4566", True),
        ("http://0.0.0.0", False),
        ("http://localhost.example", False),
        ("http://notlocalhost", False),
        ("127.0.0.1:4566", False),
        (None, False),
    ],
)
def test_is_loopback(url: str | None, expected: bool) -> None:
    """This machine's interface by number or reserved name."""
    assert is_loopback(url) is expected


@pytest.mark.parametrize(
    ("endpoint", "domain", "viewer", "connect"),
    [
        (None, "d1.cloudfront.net", ("d1.cloudfront.net", True), None),
        ("http://127.0.0.1:4566", "d1.cloudfront.net", ("d1.cloudfront.localhost:4566", False), ("127.0.0.1", 4566)),
        ("http://127.0.0.1:4566", "cdn.shop.example", ("cdn.shop.example", True), None),
        ("http://[::1]:4566", "d1.cloudfront.net", ("d1.cloudfront.localhost:4566", False), ("::1", 4566)),
        ("http://localhost", "d1.cloudfront.net", ("d1.cloudfront.localhost:80", False), ("localhost", 80)),
        ("https://127.0.0.1:4566", "d1.cloudfront.net", ("d1.cloudfront.localhost:4566", True), ("127.0.0.1", 4566)),
    ],
)
def test_how_a_distribution_is_reached(
    endpoint: str | None, domain: str, viewer: tuple[str, bool], connect: tuple[str, int] | None
) -> None:
    """By https and DNS; on a local AWS at its one port, by its scheme."""
    connection = open_connection("us-east-1", None, endpoint)

    assert connection.viewer_address(domain) == viewer
    assert connection.connect_address(viewer[0]) == connect
    assert connection.is_local is is_loopback(endpoint)


@pytest.mark.parametrize(
    ("endpoint", "environment", "proxy"),
    [
        (None, {}, None),
        (None, {"HTTPS_PROXY": "http://proxy:1"}, "http://proxy:1"),
        (None, {"https_proxy": "http://proxy:1", "HTTPS_PROXY": "http://other:1"}, "http://proxy:1"),
        (None, {"HTTP_PROXY": "http://proxy:1"}, None),
        ("http://minio.example", {"HTTP_PROXY": "proxy:1", "HTTPS_PROXY": "http://other:1"}, "http://proxy:1"),
        (None, {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": ".amazonaws.com"}, None),
        ("https://minio.example", {"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "minio.example"}, None),
        ("http://127.0.0.1:4566", {"HTTPS_PROXY": "http://proxy:1"}, None),
    ],
)
def test_proxy(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, environment: dict[str, str], proxy: str | None
) -> None:
    """The environment's, with its exceptions; never in front of a loopback address."""
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    set_variables(monkeypatch, environment)

    assert open_connection("us-east-1", None, endpoint).proxy("s3") == proxy


@pytest.mark.parametrize("environment", [{}, {"AWS_REGION": "us-east-1"}])
@pytest.mark.parametrize("by_variable", [True, False])
def test_an_unknown_profile(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], by_variable: bool) -> None:
    """Is said when the session is opened, whatever else is known."""
    set_variables(monkeypatch, environment | ({"AWS_PROFILE": "nope"} if by_variable else {}))

    with pytest.raises(CredentialsError, match="nope") as caught:
        open_connection(profile=None if by_variable else "nope")

    assert "list-profiles" in caught.value.hint


def test_an_access_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is given wins over the environment's, has no session token, and shows in no text."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "of-the-environment")
    connection = open_connection(access_key=("AKIAGIVEN", "given-secret"))
    found = connection.credentials()

    assert (found.access_key, found.secret_key, found.token) == ("AKIAGIVEN", "given-secret", None)
    assert "given-secret" not in repr(connection)


@pytest.mark.parametrize(
    ("endpoint", "profile", "signs"),
    [
        (None, "", False),
        ("http://127.0.0.1:1", "", False),
        ("https://s3.eu-west-1.amazonaws.com", "", False),
        ("http://s3.eu-west-1.amazonaws.com", "", True),
        ("https://account.r2.example", "", True),
        (None, "s3 =\n  payload_signing_enabled = true\n", True),
    ],
)
def test_signed_payloads(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: str | None, profile: str, signs: bool
) -> None:
    """Cost a hash, which is left out where a checksum and TLS do as much, unless the profile asks for it."""
    (tmp_path / "config").write_text(f"[default]\n{profile}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    connection = open_connection("eu-west-1", endpoint_url=endpoint, access_key=("key", "secret"))
    client = connection.client("s3")

    def keep(request: Any, **rest: Any) -> None:
        raise LookupError(request.headers["x-amz-content-sha256"].decode())

    client.meta.events.register("before-send", keep)
    checksum = base64.b64encode(hashlib.sha256(b"a").digest()).decode()

    with pytest.raises(LookupError, match=hashlib.sha256(b"a").hexdigest() if signs else "^UNSIGNED-PAYLOAD$"):
        client.put_object(Bucket="shop", Key="a", Body=BytesIO(b"a"), ChecksumSHA256=checksum)
