"""A bucket and a CDN that are not ours: nothing is asked of CloudFormation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.config_file import read_config_file
from flask_cdn_stack.manifest import parse_manifest
from flask_cdn_stack.settings.model import Assets, Settings, Target
from flask_cdn_stack.stack.outputs import Outputs, provisioned_values, read_outputs
from tests.aws.test_cloudfront import CONFIG
from tests.cli.observing import assert_one_message
from tests.conftest import Program, Result, program_environment, write_files
from tests.servers.clients import client_at
from tests.servers.stubbed import open_stubbed
from tests.stack.conftest import MakeProject

KEYS = {"static/css/app.css", "static/js/app.js", "static/logo.svg"}

#: Nothing answers there.
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("distribution", ["E1", None])
def test_outputs_of_a_target(make_project: MakeProject, distribution: str | None) -> None:
    """Are what the settings say; no client is made, and the prefix is the user's own affair."""
    connection = open_stubbed()
    target = Target(bucket="shop", domain="cdn.example", distribution_id=distribution)
    project = make_project(Settings(target=target, assets=Assets(prefix="shop/live")))

    assert read_outputs(connection, project) == Outputs("cdn.example", distribution, "shop")
    assert connection.asked == []


@pytest.mark.parametrize(
    ("domain", "endpoint", "host", "https"),
    [
        ("cdn.example", None, "cdn.example", True),
        ("cdn.example:8443", "http://127.0.0.1:4566", "cdn.example:8443", True),
        ("d1.cloudfront.net", None, "d1.cloudfront.net", True),
        ("d1.cloudfront.net", "http://127.0.0.1:4566", "d1.cloudfront.localhost:4566", False),
        ("127.0.0.1:9000", None, "127.0.0.1:9000", False),
        ("localhost:9000", "http://127.0.0.1:4566", "localhost:9000", False),
        ("cdn.localhost", None, "cdn.localhost", False),
        ("[::1]:9000", None, "[::1]:9000", False),
        ("10.0.0.1", None, "10.0.0.1", True),
    ],
)
def test_how_it_is_viewed(make_project: MakeProject, domain: str, endpoint: str | None, host: str, https: bool) -> None:
    """By https, unless it is on this machine."""
    project = make_project(Settings(target=Target(bucket="shop", domain=domain)))
    connection = open_connection(endpoint_url=endpoint)

    values = provisioned_values(connection, project, read_outputs(connection, project))

    assert (values.domain, values.https) == (host, https)


@pytest.fixture
def s3(program: Program) -> Any:
    return client_at(program.environment["AWS_ENDPOINT_URL"], "s3")


@pytest.fixture
def cloudfront(program: Program) -> Any:
    return client_at(program.environment["AWS_ENDPOINT_URL"], "cloudfront")


@pytest.fixture
def bucket(project_folder: Path, s3: Any) -> str:
    name = f"own-{abs(hash(str(project_folder))) % 10**12}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def distribution(bucket: str, cloudfront: Any) -> dict[str, Any]:
    """A distribution that somebody else made."""
    config = {**CONFIG, "CallerReference": bucket}
    made: dict[str, Any] = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    return made


def write_target(folder: Path, **target: str) -> None:
    """Write settings with a target and nothing else."""
    lines = [f"  {key}: '{value}'\n" for key, value in target.items()]
    (folder / "flask-cdn-stack.yml").write_text("app: shop\ntarget:\n" + "".join(lines))


@pytest.fixture
def offline(project_folder: Path) -> Program:
    """The program in a project with a target, where nobody answers."""
    write_target(project_folder, bucket="shop-assets", domain="cdn.shop.example")
    return Program(project_folder, {**program_environment(None), "AWS_ENDPOINT_URL": NOWHERE})


def run(program: Program, *arguments: str) -> Result:
    """Run a command while CloudFormation cannot be reached; it must succeed."""
    result = program(*arguments, environment={"AWS_ENDPOINT_URL_CLOUDFORMATION": NOWHERE, "AWS_MAX_ATTEMPTS": "1"})
    assert result.exit_code == 0, result.stderr
    return result


def assert_published(program: Program, objects: dict[str, bytes]) -> None:
    """Compare the objects with the app's files, and the manifest with both."""
    files = {key: (program.folder / "shop" / key).read_bytes() for key in KEYS}
    assert {key: data for key, data in objects.items() if not key.startswith(".")} == files
    assert set(parse_manifest((program.folder / "cdn_manifest.txt").read_text())) == KEYS


def read_objects(s3: Any, bucket: str, prefix: str = "") -> dict[str, bytes]:
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    return {item["Key"]: s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read() for item in listed}


def test_deploys_with_a_distribution(program: Program, s3: Any, bucket: str, distribution: dict[str, Any]) -> None:
    """Everything once, then what changed; the edge of somebody else's distribution forgets the old file."""
    write_target(program.folder, bucket=bucket, distribution_id=distribution["Id"], domain=distribution["DomainName"])

    first = run(program, "deploy", "--json").json
    assert_published(program, read_objects(s3, bucket))
    write_files(program.folder, {"shop/static/js/app.js": "console.log(2)\n"})
    second = run(program, "deploy", "--json").json
    assert_published(program, read_objects(s3, bucket))

    assert {item["key"] for item in first["uploaded"]} == KEYS
    assert [item["key"] for item in second["uploaded"]] == ["static/js/app.js"]
    assert second["requests"]["CreateInvalidation"] == 1
    assert second["invalidated"] == ["/static/js/app.js*"]
    values = read_config_file(program.folder / "cdn_config.py")
    assert values["CDN_DOMAIN"].startswith(distribution["DomainName"].removesuffix("net") + "localhost:")
    assert values["CDN_HTTPS"] is False


def test_deploys_without_a_distribution(program: Program, s3: Any, bucket: str) -> None:
    """The CDN is somebody else's: it is not asked to forget anything."""
    write_target(program.folder, bucket=bucket, domain="cdn.shop.example")

    run(program, "deploy")
    write_files(program.folder, {"shop/static/js/app.js": "console.log(2)\n"})
    preview = run(program, "deploy", "--dry-run", "--json").json
    second = run(program, "deploy", "--json")

    assert_published(program, read_objects(s3, bucket))
    assert "CreateInvalidation" not in second.json["requests"]
    assert preview["invalidated"] == second.json["invalidated"] == []
    assert "target.distribution_id" in second.stderr
    (program.folder / "shop/static/logo.svg").unlink()
    assert "target.distribution_id" in run(program, "deploy", "--delete", "--yes").stderr
    values = read_config_file(program.folder / "cdn_config.py")
    assert (values["CDN_DOMAIN"], values["CDN_HTTPS"]) == ("cdn.shop.example", True)


@pytest.mark.parametrize("command", [["provision"], ["provision", "--yes"], ["provision", "--dry-run"], ["template"]])
def test_there_is_nothing_to_provision(offline: Program, command: list[str]) -> None:
    """One message, before anything is read, asked or written."""
    result = offline(*command)

    assert result.exit_code == 4
    assert result.stdout == ""
    assert "Error: The settings name a target, the bucket shop-assets" in result.stderr
    assert "flask-cdn-stack config --write" in result.stderr
    assert not (offline.folder / "cdn_config.py").exists()


def test_one_stage_of_several(program: Program, s3: Any, bucket: str) -> None:
    """May have a target of its own, or a part of one; the others have a stack."""
    (program.folder / "flask-cdn-stack.yml").write_text(
        "app: shop\nstages:\n  own:\n    target: {domain: cdn.shop.example, bucket: " + bucket + "}\n  live:\n"
    )

    run(program, "deploy", "--stage", "own")
    live = program("deploy", "--stage", "live")

    assert_published(program, read_objects(s3, bucket))
    assert "There is no stack" in live.stderr


@pytest.mark.parametrize("before", [None, "old.example"])
def test_offline_names_the_target(offline: Program, before: str | None) -> None:
    """What an image is built with is what ``config`` prints, whatever the config file said before."""
    config_file = offline.folder / "cdn_config.py"
    if before:
        write_target(offline.folder, bucket="shop-assets", domain=before)
        offline.ok("config", "--write")
        assert read_config_file(config_file)["CDN_DOMAIN"] == before
        write_target(offline.folder, bucket="shop-assets", domain="cdn.shop.example")

    offline.ok("deploy", "--offline")

    values = read_config_file(config_file)
    assert offline.ok("config").stdout == config_file.read_text()
    assert offline.ok("config", "--format", "json").json["CDN_DOMAIN"] == "cdn.shop.example"
    assert (values["CDN_DOMAIN"], values["CDN_HTTPS"]) == ("cdn.shop.example", True)


@pytest.mark.parametrize("options", [("--invalidate", "/static/*"), ("--wait",), ("--wait", "--dry-run")])
def test_a_cdn_that_cannot_be_asked(offline: Program, options: tuple[str, ...]) -> None:
    """What would be asked of it is refused before anything is sent."""
    assert_one_message(offline("deploy", *options), 2, options[0], "target.distribution_id")
    assert not (offline.folder / "cdn_manifest.txt").exists()


def test_a_distribution_where_the_session_cannot_ask_for_it(program: Program) -> None:
    """Is refused before anything is sent: GovCloud's credentials are not those of CloudFront."""
    write_target(program.folder, bucket="shop", domain="cdn.example", distribution_id="E1")
    nowhere = {"AWS_ENDPOINT_URL": NOWHERE, "AWS_REGION": "us-gov-west-1"}

    assert_one_message(program("deploy", environment=nowhere), 2, "target.distribution_id: 'E1'", "'us-gov-west-1'")
