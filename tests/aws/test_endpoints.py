"""Where requests go, in every region of every partition: as boto3's own clients say, which are made here and send
nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from flask_cdn_stack.aws import endpoints
from flask_cdn_stack.aws.endpoints import Place, find_place
from flask_cdn_stack.aws.network import is_foreign
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.partitions import bucket_arn, find_partition, has_cloudfront

SERVICES = ("s3", "acm", "cloudformation", "cloudfront")
CUSTOM = "https://minio.example:9000/base/"
FAST = "https://s3-accelerate.amazonaws.com"


def _load(name: str) -> Any:
    return botocore.session.Session().get_component("data_loader").load_data(name)["partitions"]


def _regions() -> Iterator[tuple[str, str]]:
    """Partition and code of every region that botocore knows, the pseudo ones of global services included."""
    for partition in _load("partitions"):
        yield from ((partition["id"], region) for region in partition["regions"])


REGIONS = list(_regions())


@pytest.fixture(autouse=True)
def access_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of S3 sign what they would send."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


class _SeenError(Exception):
    pass


def ask_boto3(connection: Connection, *buckets: str) -> list[Place]:
    """Return where a client of the connection's sends an upload, and for which region it signs that."""
    places = []

    def keep(request: Any, **_: Any) -> None:
        scope = str(request.headers["Authorization"]).partition("Credential=")[2].split("/")
        places.append(Place(request.url.removesuffix("/key"), scope[2]))
        raise _SeenError

    client = connection.client("s3")
    client.meta.events.register("before-send", keep)
    for bucket in buckets:
        with pytest.raises(_SeenError):
            client.put_object(Bucket=bucket, Key="key", Body=b"")
    return places


def test_partitions() -> None:
    """Of every region; which have CloudFront; and whose hosts are AWS's own."""
    with_cloudfront = {item["partition"] for item in _load("endpoints") if "cloudfront" in item["services"]}
    for partition, region in REGIONS:
        if not region.endswith("-global"):
            assert find_partition(region) == partition, region
            assert has_cloudfront(region) is (partition in with_cloudfront), region
    for item in _load("partitions"):
        for suffix in (item["outputs"]["dnsSuffix"], item["outputs"]["dualStackDnsSuffix"]):
            assert not is_foreign(f"https://bucket.vpce-1.s3.region.vpce.{suffix}"), suffix
    assert bucket_arn("cn-north-1", "shop", "a/b") == "arn:aws-cn:s3:::shop/a/b"


REAL_REGIONS = [region for _, region in REGIONS if not region.endswith("-global")]
ONE_OF_EACH = {find_partition(region): region for region in REAL_REGIONS}


@pytest.mark.parametrize(("endpoint", "regions"), [(None, REAL_REGIONS), (CUSTOM, [*ONE_OF_EACH.values()])])
def test_every_region(monkeypatch: pytest.MonkeyPatch, endpoint: str | None, regions: list[str]) -> None:
    """Its buckets are where a client looks for them; no client is made to find that out."""
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    buckets = ("shop", "s-1", "shop.assets", "a" * 63)
    asked_before = endpoints._open_client.cache_info().misses
    connection = open_connection()
    for region in regions:
        there = replace(connection, region=region)
        assert [there.place(bucket) for bucket in buckets] == ask_boto3(there, *buckets), region
    assert endpoints._open_client.cache_info().misses == asked_before


@pytest.mark.parametrize("region", [*ONE_OF_EACH.values(), "us-east-1", "auto", "us-new-1", "aws-global"])
def test_clients(region: str) -> None:
    """Go there, in every partition, and in regions that botocore does not know."""
    connection, buckets = open_connection(region), ("shop", "shop.assets", "shop-1--2")

    assert [connection.place(bucket) for bucket in buckets] == ask_boto3(connection, *buckets)
    for service in SERVICES if region in ("us-west-2", "us-east-1", "cn-northwest-1") else ():
        assert connection.url(service) == connection.client(service).meta.endpoint_url, service


def test_names_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Are those that services have, CloudFront's too, in which no region stands."""
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    monkeypatch.setenv("NO_PROXY", "cloudfront.amazonaws.com,cloudformation.eu-west-1.amazonaws.com")
    connection = open_connection("eu-west-1")

    assert [connection.proxy(service) for service in ("cloudfront", "cloudformation")] == [None, None]
    assert connection.proxy("s3") == "http://proxy:1"


VARIABLES = {
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_USE_DUALSTACK_ENDPOINT": "true",
    "AWS_DEFAULTS_MODE": "in-region",
    "AWS_S3_US_EAST_1_REGIONAL_ENDPOINT": "regional",
}
PROFILES = [
    "addressing_style = path",
    "addressing_style = virtual",
    "addressing_style = auto",
    "use_accelerate_endpoint = true",
    "use_accelerate_endpoint = true\n  use_dualstack_endpoint = true",
    "use_dualstack_endpoint = true",
    "us_east_1_regional_endpoint = regional",
    "payload_signing_enabled = true\n  max_concurrent_requests = 20",
]


@pytest.mark.parametrize("profile", [*PROFILES, *VARIABLES])
def test_what_leads_boto3_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str) -> None:
    """Leads uploads there, too, in a variable and in a profile."""
    if profile in VARIABLES:
        monkeypatch.setenv(profile, VARIABLES[profile])
    else:
        (tmp_path / "config").write_text(f"[default]\ns3 =\n  {profile}\n")
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for region, endpoint in (("us-east-1", None), ("eu-west-1", None), ("eu-west-1", CUSTOM), ("eu-west-1", FAST)):
        if endpoint and "use_accelerate" in profile:
            continue  # botocore takes only one of them
        connection = open_connection(region, endpoint_url=endpoint)
        # A bucket with dots has no accelerated name.
        buckets = ["shop"] if "accelerate" in f"{profile}{endpoint}" else ["shop", "shop.assets"]
        assert [connection.place(bucket) for bucket in buckets] == ask_boto3(connection, *buckets)
    for service in SERVICES if profile in ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT") else ():
        connection = open_connection("us-gov-west-1")
        assert connection.url(service) == connection.client(service).meta.endpoint_url


def test_a_region_of_its_own_for_fips() -> None:
    """Is what botocore makes of it."""
    connection = open_connection("fips-us-east-1")

    assert connection.place("shop") == Place("https://shop.s3-fips.us-east-1.amazonaws.com", "us-east-1")


def test_another_signature() -> None:
    """Than obstore's is boto3's to make."""
    assert open_connection("us-west-2").place("shop--usw2-az1--x-s3") is None


@pytest.mark.parametrize(
    ("profile", "region", "words"),
    [
        ("use_fips_endpoint = true\ns3 =\n  use_accelerate_endpoint = true", "us-east-1", "FIPS"),
        ("s3 =\n  use_accelerate_endpoint = true", "cn-north-1", "Accelerate"),
        ("s3 =\n  us_east_1_regional_endpoint = always", "us-east-1", "always"),
        ("s3 =\n  addressing_style = odd", "us-east-1", "odd"),
    ],
)
def test_what_botocore_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, profile: str, region: str, words: str
) -> None:
    """Is said before anything is sent, with where to look."""
    (tmp_path / "config").write_text(f"[default]\n{profile}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))

    with pytest.raises(SettingsError, match=words) as caught:
        open_connection(region).place("shop")

    assert "~/.aws/config" in caught.value.hint


def test_what_is_known_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor credentials: whoever asks where uploads go has perhaps none."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")

    place = find_place(botocore.session.Session(), "shop", "us-west-1", None)
    assert place == Place("https://shop.s3-fips.us-west-1.amazonaws.com", "us-west-1")
