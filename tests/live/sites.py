"""Projects of the suite, each with a stack of its own: one for each configuration that a test looks at."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.exceptions import ClientError

from flask_cdn_stack.verify import Answer
from tests.conftest import SHOP_APP, Program, write_files
from tests.end_to_end.published import read_manifest
from tests.live.account import Account, Key
from tests.live.belongings import make_bucket

Settings = Mapping[str, Any]

#: What the settings of each stack say besides its name and tags. ``elsewhere`` gets the name of its bucket when that
#: is made.
CONFIGURATIONS: Mapping[str, Settings] = {
    "plain": {},
    "kms": {"bucket": {"encryption": "kms"}},
    "prefix": {"assets": {"prefix": "shops/live"}},
    "elsewhere": {},
    "open": {"query_strings": "all", "unsafe_query_strings": True},
    "logs": {"delivery": {"logs": "v2"}},
    "changing": {},
}

#: Where CloudFront's logs of version 2 can be set up; elsewhere there are those of version 1.
_LOGS_REGION = "us-east-1"

STATIC = "shop/static"

#: What a viewer asks the site with logs for, as soon as it is there.
LOGGED = "static/css/app.css"

#: Static files whose names are hard to carry, and one that is long enough to be compressed.
FILES: Mapping[str, str] = {
    "css/app.css": "body { color: black }\n",
    "long.js": "console.log('the same again');\n" * 200,
    "a+b.js": "plus",
    "it's (one) ~ two.txt": "signs",
    "über/日本 茶.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
}


def uses(*names: str) -> pytest.MarkDecorator:
    """Run a test on the stacks of these configurations."""
    return pytest.mark.parametrize("site", names, indirect=True)


@dataclass(frozen=True)
class Site:
    """A project, its stack, and the account that it is in."""

    account: Account
    program: Program
    stack: str

    @property
    def outputs(self) -> dict[str, str]:
        """What the stack says of itself."""
        found = self.account.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    @property
    def tags(self) -> dict[str, str]:
        """The tags that the stack has."""
        found = self.account.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0]
        return {tag["Key"]: tag["Value"] for tag in found["Tags"]}

    @property
    def template(self) -> Any:
        """The template that the stack was made from last."""
        return self.account.client("cloudformation").get_template(StackName=self.stack)["TemplateBody"]

    @cached_property
    def host(self) -> str:
        """The name of the distribution."""
        return self.outputs["DistributionDomainName"]

    @property
    def paths(self) -> dict[str, str]:
        """The checksum of each path that the app names, percent-encoded as it names it."""
        return read_manifest(self.program)

    def view(self, path: str, method: str = "GET", **headers: str) -> Answer:
        """Ask for a path, with its query string, as a viewer does."""
        return self.account.view(self.host, f"/{path}", method, **headers)

    def write(self, files: Mapping[str, str]) -> None:
        """Change static files, or add some."""
        write_files(self.program.folder / STATIC, files)

    def read(self, path: str) -> bytes:
        """Return the bytes of the file that a path of the manifest names."""
        return (self.program.folder / "shop" / unquote(path)).read_bytes()

    def configure(self, settings: Settings) -> None:
        """Write settings, as far as the account's region lets them; the stack stays as it is.

        A bucket that the stack makes goes away with it, where it is empty.
        """
        bucket, delivery = dict(settings.get("bucket", {})), dict(settings.get("delivery", {}))
        if "existing" not in bucket:
            bucket["retain"] = False
        if delivery.get("logs") == "v2" and self.account.region != _LOGS_REGION and "region" not in settings:
            delivery["logs"] = "v1"
        tags = {**settings.get("tags", {}), **self.account.tags}
        own = {"app": "shop", "stack": self.stack, "tags": tags, "bucket": bucket, "delivery": delivery}
        (self.program.folder / "flask-cdn-stack.yml").write_text(json.dumps({**settings, **own}), "utf-8")

    def provision(self) -> Any:
        """Make the stack what the settings say, and return what the program says."""
        return self.program.ok("provision", "--yes", "--json").json

    def let_in(self, region: str) -> None:
        """Put into the policy of a bucket of the user's own what the program says that it must hold, and no more."""
        said = self.program.ok("provision", "--yes").stderr
        statements, _ = json.JSONDecoder().raw_decode(said[said.index("\n[") + 1 :])
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        s3, bucket = self.account.client("s3", region), self.outputs["BucketName"]

        def put() -> bool:
            try:
                s3.put_bucket_policy(Bucket=bucket, Policy=policy)
            except ClientError as error:
                # S3 may not know the distribution's principal in the first moments.
                if error.response["Error"]["Code"] != "MalformedPolicy":
                    raise
                return False
            return True

        assert self.account.wait_for(put)

    def deploy(self, *options: str) -> Any:
        """Publish the files, and return what the program says."""
        return self.program.ok("deploy", "--json", *options).json

    def publish_first_files(self) -> None:
        """Make the files what they were at first, and publish them unless the manifest says that they are."""
        shutil.rmtree(self.program.folder / STATIC, ignore_errors=True)
        self.write(FILES)
        manifest = self.program.folder / "cdn_manifest.txt"
        published = sorted(self.paths.values()) if manifest.exists() else []
        if published != sorted(hashlib.sha256(text.encode()).hexdigest() for text in FILES.values()):
            self.deploy("--wait")

    def rights(self, command: str) -> list[dict[str, Any]]:
        """Return the statements of the policy that the program prints for a command."""
        text = self.program.ok("template", "--policy", command).stdout
        text = text.replace("REGION", self.account.region).replace("ACCOUNT", self.account.number)
        statements: list[dict[str, Any]] = json.loads(text)["Statement"]
        return [*statements, *self.account.further_rights]

    def copy(self, folder: Path, key: Key | None = None) -> Site:
        """Return the same project in another folder, as who has a key works in it."""
        other = Site(self.account, self.account.program(folder, key), self.stack)
        for path in self.program.folder.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                write_files(folder, {str(path.relative_to(self.program.folder)): path.read_bytes()})
        return other


def make_site(account: Account, folder: Path, name: str, settings: Settings) -> Site:
    """Write a project; its stack is not there yet."""
    # A folder's name is the project's.
    site = Site(account, account.program(folder / "live-project"), account.name(name))
    write_files(site.program.folder, {"shop/__init__.py": SHOP_APP})
    site.write(FILES)
    site.configure(settings)
    return site


class Sites:
    """The stacks of the run, each made once. Those that are named at first are made at the same time.

    :param folder: below which each has its own.
    """

    def __init__(self, account: Account, folder: Path, at_once: Iterable[str]) -> None:
        self._account = account
        self._folder = folder
        self._made: dict[str, Future[Site]] = {}
        self._makers = ThreadPoolExecutor(len(CONFIGURATIONS))
        for name in at_once:
            self._begin(name)

    def find(self, name: str) -> Site:
        """Return the one of a configuration, as soon as its stack is there."""
        return self._begin(name).result()

    def close(self) -> None:
        """Wait until nothing is being made any more."""
        self._makers.shutdown(cancel_futures=True)

    def _begin(self, name: str) -> Future[Site]:
        if name not in self._made:
            self._made[name] = self._makers.submit(self._make, name)
        return self._made[name]

    def _make(self, name: str) -> Site:
        settings = dict(CONFIGURATIONS[name])
        if name == "elsewhere":
            region, dotted = self._account.other_region, f"{self._account.name('own')}.example.com"
            settings["bucket"] = {"existing": make_bucket(self._account, dotted, region), "region": region}
        site = make_site(self._account, self._folder / name, name, settings)
        site.provision()
        if name == "elsewhere":
            site.let_in(self._account.other_region)
        if name == "logs":
            # Logs take minutes, sometimes an hour: what is asked now is looked for at the end.
            site.publish_first_files()
            site.view(LOGGED)
        return site
