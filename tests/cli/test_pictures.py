"""The documentation's pictures of terminals show what a run shows.

``pytest tests/cli/test_pictures.py --long --write-pictures`` makes them anew.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.cli.pictures import FOLDER, draw_picture, read_picture
from tests.cli.screen import UNDER_WAY, watch
from tests.conftest import SHOP_APP, Program, program_environment, write_files
from tests.local.published_site import CACHING_OPTIMIZED
from tests.verify.fake_cdn import LOGO

_FILES = {"flask-cdn-stack.yml": "app: shop\n", "shop/__init__.py": SHOP_APP, "shop/static/app.css": "body {}\n"}
_ALIAS = "cdn.shop.example"
_ORIGIN = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}


@pytest.fixture(scope="module")
def shop(slow_aws: LocalAWS) -> Iterator[Program]:
    """A project in an account of its own."""
    with tempfile.TemporaryDirectory(prefix="shop") as parent:
        folder = Path(parent) / "shop"
        write_files(folder, _FILES)
        yield Program(folder, {**program_environment(slow_aws), "AWS_ACCESS_KEY_ID": "123456789012"})


def client(program: Program, service: str) -> Any:
    """Return a client of the program's account."""
    make_client: Any = boto3.client  # whose types know each service by its name alone
    return make_client(
        service,
        endpoint_url=program.environment["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=program.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="test",
    )


class Life:
    """The life of a stack at a terminal, and the pictures of it by their names."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.pictures: dict[str, str] = {}

    def run(self, name: str, *arguments: str, answer: bytes = b"y\n", meanwhile: str = "", exit_code: int = 0) -> None:
        """Run a command and draw what stands there at its end, and when something stands there on the way."""
        steps = [(r"\[y/N\]|to go ahead", answer)] if answer else []
        steps += [(meanwhile, b"")] if meanwhile else []
        seen = watch(self.program, *arguments, steps=steps)
        assert seen.exit_code == exit_code, seen.text
        command, folder = " ".join(("flask-cdn-stack", *arguments)), self.program.folder
        if meanwhile:
            under_way = f"{name}-under-way"
            self.pictures[under_way] = draw_picture(under_way, command, seen.steps[1], folder)
        self.pictures[name] = draw_picture(name, command, seen.screen, folder)

    def write_settings(self, text: str) -> None:
        """Change the project's settings."""
        write_files(self.program.folder, {"flask-cdn-stack.yml": f"app: shop\n{text}"})


def take_alias(program: Program) -> str:
    """Let another distribution of the account have the name; return the ARN of a certificate for it."""
    origin = {"Id": "app", "DomainName": "app.example", "CustomOriginConfig": _ORIGIN}
    behavior = {"TargetOriginId": "app", "ViewerProtocolPolicy": "https-only", "CachePolicyId": CACHING_OPTIMIZED}
    config = {
        "CallerReference": "other",
        "Comment": "",
        "Enabled": True,
        "Aliases": {"Quantity": 1, "Items": [_ALIAS]},
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    }
    client(program, "cloudfront").create_distribution(DistributionConfig=config)
    return str(client(program, "acm").request_certificate(DomainName=_ALIAS)["CertificateArn"])


def live(program: Program) -> dict[str, str]:
    """Return the pictures of stacks' lives: one is created, fails to change, and is destroyed, another is updated."""
    life = Life(program)
    life.run("create", "provision", meanwhile=UNDER_WAY)
    program.ok("deploy")
    arn = take_alias(program)
    life.write_settings(f"delivery: {{aliases: [{_ALIAS}], certificate_arn: '{arn}'}}\n")
    life.run("failure", "provision", exit_code=1)
    life.run("destroy", "destroy", answer=b"shop-cdn\n")
    life.write_settings("")
    program.ok("provision", "--yes")
    client(program, "s3").create_bucket(Bucket="shop-files")
    life.write_settings("bucket: {existing: shop-files, manage_policy: true}\n")
    life.run("update", "provision")
    return life.pictures


def look(program: Program) -> dict[str, str]:
    """Return the pictures of a first deploy, of files that changed since, and of a bucket changed by hand."""
    life = Life(program)
    life.write_settings("assets: {checksum_length: 8}\n")
    write_files(program.folder / "shop/static", {"app.js": "console.log(1)\n", "logo.svg": LOGO})
    bucket = program.ok("provision", "--yes", "--json").json["outputs"]["BucketName"]
    life.run("deploy", "deploy", answer=b"")
    write_files(program.folder / "shop/static", {"app.css": "body { color: teal }\n", "menu.js": "open()\n"})
    life.run("status", "status", answer=b"")
    write_files(program.folder / "shop/static", {"app.css": _FILES["shop/static/app.css"]})
    (program.folder / "shop/static/menu.js").unlink()
    client(program, "s3").delete_object(Bucket=bucket, Key="static/app.js")
    client(program, "s3").put_object(Bucket=bucket, Key="static/logo.svg", Body=LOGO[:-1], ContentType="image/svg+xml")
    life.run("verify", "verify", answer=b"", exit_code=1)
    return life.pictures


@pytest.mark.long
def test_pictures(shop: Program, request: pytest.FixtureRequest) -> None:
    """Each is what a run shows, but for what is another in each run; with --write-pictures, they are made anew."""
    # A local AWS lets viewers see one account only: the usual one.
    looked_at = Program(shop.folder.parent / "seen" / "shop", {**shop.environment, "AWS_ACCESS_KEY_ID": "test"})
    write_files(looked_at.folder, _FILES)
    pictures = {**live(shop), **look(looked_at)}
    if request.config.getoption("--write-pictures"):
        FOLDER.mkdir(exist_ok=True)
        for name, picture in pictures.items():
            (FOLDER / f"{name}.svg").write_text(picture, "utf-8")

    there = {path.stem: read_picture(path.read_text("utf-8")) for path in FOLDER.glob("*.svg")}
    assert there == {name: read_picture(picture) for name, picture in pictures.items()}


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.svg")), ids=lambda path: path.stem)
def test_pictures_load_nothing(picture: Path) -> None:
    """They name no address but those on the screen, and SVG's own."""
    markup = re.sub(r"<text .*?</text>", "", picture.read_text("utf-8"), flags=re.DOTALL)

    assert set(re.findall(r"\w+://[^\s\"')]+", markup)) == {"http://www.w3.org/2000/svg"}
