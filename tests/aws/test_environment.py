"""Variables and profiles: uploads through obstore and through boto3 go to one place, by one set of rules.

obstore reads variables that boto3 does not know, and the other way round. Every one of both is set here in turn. What a
new version of one of them adds has no row, and fails until it has.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import obstore
import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES, DEFAULT_S3_CONFIG_VARS

from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.aws.storage import Bucket, open_bucket
from flask_cdn_stack.aws.uploads import HELD_BYTES, Uploaded
from flask_cdn_stack.errors import AWSError, UnreachableError
from tests.aws.test_storage import plan, send
from tests.aws.variables import BOTO3_KNOWS, BY_BOTO3, ELSEWHERE, ELSEWHERE_TESTED, OF_BOTOCORE, OF_OBSTORE, OF_S3
from tests.servers.fault_proxy import FaultProxy, Rule, WireRequest
from tests.servers.forward_proxy import Address, ForwardProxy
from tests.servers.tls_front import Authority, TLSFront, make_authority

REGION = "eu-west-1"
_STUBS = Path(obstore.__file__).parent / "_store"


class _AllHosts(dict[str, Address]):
    """Every host is at the one address."""

    def __contains__(self, host: object) -> bool:
        return True

    def __missing__(self, host: str) -> Address:
        return self[""]


@dataclass(frozen=True)
class Net:
    """All that can be reached: every host leads to one recorder, through a proxy and TLS."""

    recorder: FaultProxy
    proxy: str
    authority: Authority


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Net]:
    labels = ("s3", "s3-fips", "s3.dualstack", "s3-fips.dualstack")
    hosts = [f"{label}.{region}.amazonaws.com" for label in labels for region in (REGION, "us-west-2")]
    hosts += ["s3-accelerate.amazonaws.com", ELSEWHERE.removeprefix("https://")]
    authority = make_authority(tmp_path_factory.mktemp("authority"), *hosts, *(f"*.{host}" for host in hosts))
    answer = Rule(
        "status", status=200, error="", headers={"ETag": '"x"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
    )
    with (
        FaultProxy("http://127.0.0.1:9", [answer]) as recorder,
        TLSFront(recorder.url, authority) as front,
        ForwardProxy(_AllHosts({"": ("127.0.0.1", front.port)})) as proxy,
    ):
        yield Net(recorder, f"http://{proxy.address}", authority)


@pytest.fixture(autouse=True)
def user(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has a key, a proxy and an authority of the company's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("HTTPS_PROXY", net.proxy)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(net.authority.certificate))
    net.recorder.log.clear()


def open_both(connection: Connection) -> tuple[Bucket, Bucket]:
    """Return a bucket as it is opened, and as boto3 alone has it."""
    return open_bucket(connection, "shop", "", Counter()), Bucket(connection, "shop", "", Counter(), by_boto3=True)


def describe(request: WireRequest) -> tuple[Any, ...]:
    """Return where a request goes, and what in it is not the same for every upload."""
    headers = request.headers
    own = {name: value for name, value in headers.items() if name.startswith("x-amz-")}
    # boto3 says by which header it has the checksum; obstore signs every payload, and boto3 over https none.
    passing = {"x-amz-date", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-mode"}
    own = {name: value for name, value in own.items() if name not in passing}
    scope = re.search(r"Credential=([^/]+)/\d+/([^,]+)", headers.get("authorization", ""))
    return headers["host"], request.path, scope and scope.groups(), own, headers.get("content-type")


def send_all(net: Net, bucket: Bucket, folder: Path, *sizes: int) -> list[tuple[Any, ...]]:
    """Send files of such sizes, read another, and return what was asked for."""
    net.recorder.log.clear()
    files = [plan(folder / f"a b+{size}.css", f"a b+{size}.css", b"a" * size) for size in sizes]
    results = send(bucket, *files)
    assert [type(result) for result in results.values()] == [Uploaded] * len(sizes), results
    assert bucket.read("state")
    assert all(request.headers["authorization"] for request in net.recorder.log)
    return [describe(request) for request in sorted(net.recorder.log, key=lambda request: request.path)]


def sign(request: WireRequest, secret: str) -> str:
    """Return the signature that a request must have (S3 API reference, "Signature Calculations")."""
    headers, (path, _, query) = request.headers, request.path.partition("?")
    query = "&".join(
        sorted(pair if "=" in pair else f"{pair}=" for pair in query.replace("+", "%20").split("&") if pair)
    )
    scope, names = re.findall(r"Credential=\w+/([^,]+), ?SignedHeaders=([^,]+)", headers["authorization"])[0]
    canonical = "".join(f"{name}:{headers[name]}\n" for name in names.split(";"))
    parts = (request.method, path, query, canonical, names, headers["x-amz-content-sha256"])
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{digest}"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def assert_alike(net: Net, connection: Connection, folder: Path) -> bool:
    """Send files by either way, expect the same, and say whether boto3 has them all."""
    opened, by_boto3 = open_both(connection)
    sizes = (1, HELD_BYTES + 1)
    assert send_all(net, opened, folder, *sizes) == send_all(net, by_boto3, folder, *sizes)
    return opened.by_boto3


def test_variables_of_obstores(net: Net, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Move nothing that boto3, which does not know them, leaves where it is."""
    usual = send_all(net, open_both(open_connection(REGION))[1], tmp_path, 1)
    for variable in OF_OBSTORE.keys() - BOTO3_KNOWS:
        with monkeypatch.context() as setting:
            setting.setenv(variable, OF_OBSTORE[variable])
            bucket = open_bucket(open_connection(REGION), "shop", "", Counter())
            assert send_all(net, bucket, tmp_path, 1) == usual, variable
            assert bucket.by_boto3 == (variable in BY_BOTO3), variable


@pytest.mark.parametrize("variable", sorted(BOTO3_KNOWS))
def test_variables_of_both(net: Net, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    """Count for both."""
    monkeypatch.setenv(variable, OF_OBSTORE[variable])

    assert not assert_alike(net, open_connection(None if "REGION" in variable else REGION), tmp_path)


def test_signatures(net: Net, tmp_path: Path) -> None:
    """Are right for a bucket in the host's name."""
    bucket = open_bucket(open_connection(REGION), "shop", "a b", Counter())
    send_all(net, bucket, tmp_path, 1, HELD_BYTES + 1)
    bucket.write("state", b"state", "text/plain", '"x"')
    with suppress(AWSError):  # neither is answered as S3 does
        bucket.delete(["a", "b"])
    with suppress(AWSError):
        bucket.find_existing(["c/d", "c/e"])

    assert {request.method for request in net.recorder.log} == {"GET", "POST", "PUT"}
    assert any(request.path.startswith("/?") for request in net.recorder.log if request.method == "GET")
    for request in net.recorder.log:
        assert request.headers["host"] == f"shop.s3.{REGION}.amazonaws.com"
        assert request.headers["authorization"].endswith(f"Signature={sign(request, 'secret')}")


def test_all_of_obstores_have_a_row() -> None:
    """As its stubs list them."""
    config = re.search(r"(?s)class S3Config\(.*?(?=\nclass )", (_STUBS / "_aws.pyi").read_text())
    assert config
    fields = re.findall(r"^    ([a-z0-9_]+): ", config[0] + (_STUBS / "_client.pyi").read_text(), re.M)
    named = {f"AWS_{field.removeprefix('aws_').upper()}" for field in fields}

    assert (named | set(re.findall(r"`(AWS_\w+)`", config[0]))) - set(OF_OBSTORE) == set()


def test_a_certificate_that_nobody_knows(net: Net, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Is not accepted, whatever variable of obstore's says that it is."""
    monkeypatch.delenv("AWS_CA_BUNDLE")
    monkeypatch.setenv("AWS_ALLOW_INVALID_CERTIFICATES", "true")
    bucket = Bucket(replace(open_connection(REGION), repeats=0), "shop", "", Counter())

    with pytest.raises(UnreachableError, match=r"certificate of shop\.s3\.eu-west-1\.amazonaws\.com is not accepted"):
        bucket.read("state")


def test_what_the_profile_says_of_the_proxy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Is not for obstore to know."""
    (tmp_path / "config").write_text("[default]\nproxy_client_cert = client.pem\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    assert open_bucket(open_connection(REGION), "shop", "", Counter()).by_boto3


def test_a_checksum_for_another_service(net: Net, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Than AWS's is not sent, even where obstore is asked to."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", ELSEWHERE)
    monkeypatch.setenv("AWS_CHECKSUM_ALGORITHM", "SHA256")

    assert assert_alike(net, open_connection(REGION), tmp_path)
    assert not [name for request in net.recorder.log for name in request.headers if "checksum" in name]


PROFILED = {**OF_BOTOCORE, **{f"s3.{name}": value for name, value in OF_S3.items()}}


@pytest.mark.parametrize("name", PROFILED)
def test_settings_of_botocores(net: Net, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """Count for both: by their variables, and in a profile where they have none."""
    variables = {
        **BOTOCORE_DEFAUT_SESSION_VARIABLES,
        **{f"s3.{key}": row for key, row in DEFAULT_S3_CONFIG_VARS.items()},
    }
    if name not in variables:
        pytest.skip("this botocore does not know it")
    if variable := variables[name][1]:
        monkeypatch.setenv(variable, PROFILED[name])
    else:
        line = f"s3 =\n  {name.removeprefix('s3.')} = {PROFILED[name]}"
        (tmp_path / "config").write_text(f"[default]\n{line}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    assert not assert_alike(net, open_connection(None if name == "region" else REGION), tmp_path)


def test_all_of_botocores_have_a_row() -> None:
    """As it lists them itself."""
    assert set(BOTOCORE_DEFAUT_SESSION_VARIABLES) - set(OF_BOTOCORE) - ELSEWHERE_TESTED == set()
    assert set(DEFAULT_S3_CONFIG_VARS) - set(OF_S3) == set()
