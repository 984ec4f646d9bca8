"""A provisioned site that is deployed by real processes, and what must hold of it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.manifest import parse_manifest
from flask_cdn_stack.release.state import STATE_KEY, State, decode_state, unpack
from tests.conftest import Program, Result, write_files
from tests.local.published_site import client, outputs, view
from tests.servers.fault_proxy import FaultProxy

#: Static files, by name below the static folder.
Tree = Mapping[str, str]

STATIC = "shop/static"


@dataclass(frozen=True)
class Site:
    """A project's folder, the program in it, and the stack that it deploys to."""

    aws: LocalAWS
    program: Program
    s3: Any
    bucket: str
    domain: str

    def write(self, tree: Tree) -> None:
        """Make these the app's static files."""
        shutil.rmtree(self.program.folder / STATIC)
        write_files(self.program.folder / STATIC, tree)

    def deploy(self, proxy: FaultProxy | None = None) -> Result:
        """Deploy to the end, through a proxy where one is given."""
        return self.program("deploy", "--json", environment=through(proxy))

    def publish(self, tree: Tree) -> Any:
        """Deploy a tree without a fault, and return what the program says."""
        self.write(tree)
        return self.program.ok("deploy", "--json").json

    def copy(self, folder: Path) -> Site:
        """The same project in another folder."""
        shutil.copytree(self.program.folder, folder)
        return replace(self, program=Program(folder, self.program.environment))

    @property
    def state(self) -> State:
        """What the record says; an empty state where there is none."""
        keys = [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]
        return decode_state(self.read(STATE_KEY)) if STATE_KEY in keys else State()

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    @property
    def manifest_file(self) -> str:
        """The manifest that the app would read."""
        return (self.program.folder / "cdn_manifest.txt").read_text()

    @property
    def published(self) -> str:
        """The manifest of the published release."""
        key = f".flask-cdn-stack/releases/{self.state.release}.json.gz"
        return str(unpack(self.read(key), key)["manifest"])

    def check(self, tree: Tree) -> None:
        """This tree is published, recorded and served, and no key of it is in doubt."""
        state, published = self.state, self.published
        checksums = {f"static/{name}": hashlib.sha256(text.encode()).hexdigest() for name, text in tree.items()}
        assert parse_manifest(published) == checksums
        assert state.manifest == hashlib.sha256(published.encode()).hexdigest()
        assert not state.unknown_keys("") & set(checksums)
        for key, checksum in checksums.items():
            assert state.objects[key].checksum == checksum
            assert hashlib.sha256(self.read(key)).hexdigest() == checksum
            answer = view(self.aws, self.domain, f"/{key}")
            assert (answer.status, hashlib.sha256(answer.body).hexdigest()) == (200, checksum)


def through(proxy: FaultProxy | None) -> dict[str, str]:
    """Variables that send every request through a proxy."""
    return {"AWS_ENDPOINT_URL": proxy.url} if proxy else {}


def provision(aws: LocalAWS, program: Program) -> Site:
    """Create the stack of a project."""
    program.ok("provision", "--yes")
    settings = (program.folder / "flask-cdn-stack.yml").read_text()
    values = outputs(aws, settings.rpartition("stack: ")[2].strip())
    return Site(aws, program, client(aws, "s3"), values["BucketName"], values["CdnDomain"])


def check_message(result: Result) -> str:
    """The one message of a run that failed as it should."""
    assert result.exit_code == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("Error: ") == 1, result.stderr
    return result.stderr
