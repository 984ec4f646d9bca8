"""The way to a bucket: TLS with a private authority, and proxies, for obstore and boto3 alike."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from flask_cdn_stack.aws.failures import translate_errors
from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, Uploaded
from flask_cdn_stack.errors import AWSError, CDNStackError, ConflictError, UnreachableError
from flask_cdn_stack.local.launcher import LocalAWS
from tests.aws.conftest import REPEATS, MakeBucket
from tests.aws.test_storage import plan, send
from tests.servers.forward_proxy import ForwardProxy
from tests.servers.tls_front import Authority, TLSFront, make_authority

# No DNS knows it (RFC 6761): whoever reaches it came through the proxy.
HOST = "s3.test.invalid"

_REQUIRED = "Proxy Authentication Required"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"), HOST)


@pytest.fixture(scope="session")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("other-authority"), HOST)


@pytest.fixture
def front(local_aws: LocalAWS, authority: Authority) -> Iterator[TLSFront]:
    """The local AWS by https."""
    with TLSFront(local_aws.endpoint_url, authority) as running:
        yield running


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)


def exercise(bucket: Bucket, endpoint_url: str, folder: Path) -> None:
    """Read, write on a condition, upload and delete, through both clients."""
    etag = bucket.write("state", b"one", "text/plain", None)
    with pytest.raises(ConflictError):
        bucket.write("state", b"two", "text/plain", None)
    bucket.write("state", b"three", "text/plain", etag)
    found = bucket.read("state")
    assert found is not None
    assert found.data == b"three"

    large = b"a" * (HELD_BYTES + 1)
    results = send(bucket, plan(folder / "a", "a.css", b"body{}"), plan(folder / "l", "large.bin", large))
    assert [type(result) for result in results.values()] == [Uploaded, Uploaded], results

    client = open_connection(endpoint_url=endpoint_url).client("s3")
    client.put_object(Bucket=bucket.name, Key="b", Body=b"by boto3")
    assert client.get_object(Bucket=bucket.name, Key="b")["Body"].read() == b"by boto3"
    bucket.delete(["a.css", "b", "large.bin"])
    assert [item["Key"] for item in client.list_objects_v2(Bucket=bucket.name)["Contents"]] == ["state"]


def set_bundle(monkeypatch: pytest.MonkeyPatch, source: str, folder: Path, bundle: Path) -> None:
    """Name a CA bundle in a variable, or in a profile."""
    if source == "profile":
        (folder / "config").write_text(f"[profile shop]\nca_bundle = {bundle}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        monkeypatch.setenv("AWS_PROFILE", "shop")
    else:
        monkeypatch.setenv(source, str(bundle))


@pytest.mark.parametrize("source", ["AWS_CA_BUNDLE", "profile", "REQUESTS_CA_BUNDLE"])
def test_a_private_authority(
    make_bucket: MakeBucket,
    front: TLSFront,
    authority: Authority,
    other_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    source: str,
) -> None:
    """In a bundle of several is trusted by both clients."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(f"{other_authority.certificate.read_text()}\n# Ours:\n{authority.certificate.read_text()}")
    monkeypatch.setenv("AWS_CA_BUNDLE", "")  # as good as unset
    set_bundle(monkeypatch, source, tmp_path, bundle)

    exercise(make_bucket(front.url), front.url, tmp_path)


def test_the_first_bundle_counts(
    make_bucket: MakeBucket, front: TLSFront, authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The variable's own, before the profile's, before that of other programs."""
    set_bundle(monkeypatch, "REQUESTS_CA_BUNDLE", tmp_path, tmp_path / "absent")
    set_bundle(monkeypatch, "profile", tmp_path, tmp_path / "absent, too")
    set_bundle(monkeypatch, "AWS_CA_BUNDLE", tmp_path, authority.certificate)

    assert make_bucket(front.url).read("absent") is None


def test_the_systems_authorities(
    make_bucket: MakeBucket, front: TLSFront, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Are obstore's, from where OpenSSL's variable says."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))

    assert make_bucket(front.url).read("absent") is None


@pytest.mark.parametrize("bundle", ["", "other"])
def test_an_unknown_authority(
    make_bucket: MakeBucket,
    front: TLSFront,
    other_authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    bundle: str,
) -> None:
    """Is said to be one, with the way out, within seconds."""
    if bundle:
        monkeypatch.setenv("AWS_CA_BUNDLE", str(other_authority.certificate))
    bucket, start = make_bucket(front.url), time.monotonic()

    with pytest.raises(UnreachableError) as by_obstore:
        bucket.read("state")
    with pytest.raises(UnreachableError) as by_boto3, translate_errors("s3:ListBucket"):
        open_connection(endpoint_url=front.url).client("s3").list_objects_v2(Bucket="b")

    address = urlsplit(front.url).netloc
    assert by_obstore.value.message == (
        f"AWS could not be reached: the certificate of {address} is not accepted, "
        f"after {REPEATS} retries (UnknownIssuer)."
    )
    assert "certificate verify failed" in by_boto3.value.message
    for caught in (by_obstore, by_boto3):
        assert "set AWS_CA_BUNDLE" in caught.value.hint
    assert time.monotonic() - start < 30


#: A proxy's user and password, with characters that a URL cannot hold, and how they are written in one.
LOGIN, IN_URL = ("me", "hu@sh:#1"), "me:hu%40sh%3A%231@"


@pytest.mark.parametrize(("login", "user"), [(None, ""), (LOGIN, IN_URL)], ids=["open", "with a password"])
def test_a_proxy_for_http(
    make_bucket: MakeBucket,
    local_aws: LocalAWS,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    login: tuple[str, str] | None,
    user: str,
) -> None:
    """Is asked for the whole URL."""
    with ForwardProxy({HOST: ("127.0.0.1", local_aws.port)}, login) as proxy:
        monkeypatch.setenv("http_proxy", f"http://{user}{proxy.address}")
        exercise(make_bucket(f"http://{HOST}"), f"http://{HOST}", tmp_path)

    assert len(proxy.log) > 8
    assert all(target.startswith(f"http://{HOST}/bucket-") for _, target in proxy.log)


@pytest.mark.parametrize(
    ("name", "start", "login"), [("HTTPS_PROXY", f"http://{IN_URL}", LOGIN), ("https_proxy", "", None)]
)
def test_a_proxy_for_https(
    make_bucket: MakeBucket,
    front: TLSFront,
    authority: Authority,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    name: str,
    start: str,
    login: tuple[str, str] | None,
) -> None:
    """Is asked for a tunnel, and sees nothing of what goes through."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.certificate))
    with ForwardProxy({HOST: ("127.0.0.1", front.port)}, login) as proxy:
        monkeypatch.setenv(name, f"{start}{proxy.address}")
        exercise(make_bucket(f"https://{HOST}"), f"https://{HOST}", tmp_path)

    assert set(proxy.log) == {("CONNECT", f"{HOST}:443")}


@pytest.mark.parametrize(
    ("scheme", "login", "hosts", "expected"),
    [
        ("http", ("me", "hush"), {}, f"s3:GetObject on {{arn}} failed: 407 {_REQUIRED} (ProxyAuthRequired)"),
        ("https", ("me", "hush"), {}, f"another user or password before it leads to {HOST}, after {REPEATS} retries"),
        ("https", None, {}, f"AWS could not be reached: the proxy does not lead to {HOST}, after {REPEATS} retries"),
    ],
)
def test_a_proxy_that_refuses(
    make_bucket: MakeBucket,
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    login: tuple[str, str] | None,
    hosts: dict[str, tuple[str, int]],
    expected: str,
) -> None:
    """Is said to have done so; user and password are not."""
    with ForwardProxy(hosts, login) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://wrong:secret@{proxy.address}")
        bucket = make_bucket(f"{scheme}://{HOST}")
        with pytest.raises(AWSError) as by_obstore:
            bucket.read("state")
        with pytest.raises(AWSError) as by_boto3, translate_errors("s3:ListBucket"):
            open_connection(endpoint_url=f"{scheme}://{HOST}").client("s3").list_objects_v2(Bucket="b")

    assert expected.format(arn=f"arn:aws:s3:::{bucket.name}/state") in by_obstore.value.message
    for caught in (by_obstore, by_boto3):
        assert_hidden(caught.value, "wrong", "secret")


def test_a_proxy_that_is_gone(make_bucket: MakeBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is not taken for the service behind it."""
    monkeypatch.setenv("https_proxy", "http://me:hush@127.0.0.1:1")

    with pytest.raises(UnreachableError, match=f"no connection with the proxy that leads to {HOST}, after") as caught:
        make_bucket(f"https://{HOST}").read("state")

    assert_hidden(caught.value, "hush")


def assert_hidden(error: CDNStackError, *secrets: str) -> None:
    """The causes are shown by ``--verbose``."""
    said: BaseException | None = error
    while said is not None:
        assert not [secret for secret in secrets if secret in f"{said} {said!r}"]
        said = said.__cause__


def test_a_host_that_needs_no_proxy(
    make_bucket: MakeBucket, local_aws: LocalAWS, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Is asked itself; 0.0.0.0 is this machine, and not among the loopback addresses, which never need one."""
    url = f"http://0.0.0.0:{local_aws.port}"
    with ForwardProxy({"0.0.0.0": ("127.0.0.1", local_aws.port)}) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        assert make_bucket(url).read("absent") is None
        assert len(proxy.log) == 1

        monkeypatch.setenv("NO_PROXY", f"other.example,0.0.0.0:{local_aws.port}")
        exercise(make_bucket(url), url, tmp_path)

    assert len(proxy.log) == 1
