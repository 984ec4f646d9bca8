"""A site that is deployed by real processes, to a stack or to another service's bucket, and what must hold of it."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.manifest import parse_manifest
from flask_cdn_stack.naming import VERSIONS_FOLDER, version_path
from flask_cdn_stack.release.state import STATE_KEY, State
from flask_cdn_stack.release.state_text import decode_state
from tests.conftest import SHOP_APP, Program, Result, program_environment, write_files
from tests.forking import Forked
from tests.local.published_site import client, outputs, view
from tests.servers.fault_proxy import FaultProxy
from tests.servers.services import Service

#: Static files, by name below the static folder.
Tree = Mapping[str, str]

STATIC = "shop/static"

#: Runs a test with checksums in the query, and with checksums in names.
both_modes = pytest.mark.parametrize("site", ["query", "path"], indirect=True)

#: Both modes, that with fewer kinds of requests only in the long run.
query_or_long = pytest.mark.parametrize("site", ["query", pytest.param("path", marks=pytest.mark.long)], indirect=True)

#: Keeps its name in both modes.
KEPT = "favicon.ico"

# The key of a version: its checksum, and the plain key.
_VERSION = re.compile(rf"{re.escape(VERSIONS_FOLDER)}/([0-9a-f]+)/(.*)")


def small_tree(mark: str) -> Tree:
    """A few files: one always the same, two with content by ``mark``, one with its name by it too."""
    return {"same.css": "same", "css/changed.css": mark, f"new-{mark}.js": mark, KEPT: mark}


@dataclass(frozen=True, kw_only=True)
class Deployment(ABC):
    """A project's folder, the program in it, and the bucket that it deploys to."""

    program: Program
    s3: Any
    bucket: str
    in_path: bool
    is_mapped: bool = False
    _seen: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    _known: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)

    def write(self, tree: Tree) -> None:
        """Make these the app's static files."""
        shutil.rmtree(self.program.folder / STATIC, ignore_errors=True)
        write_files(self.program.folder / STATIC, tree)

    def start(self, proxy: FaultProxy | None = None, *options: str, command: str = "deploy") -> Forked:
        """Begin to deploy, or what else a command does, through a proxy where one is given."""
        return self.program.fork(command, "--json", *options, environment=through(proxy))

    def deploy(self, proxy: FaultProxy | None = None, *options: str) -> Result:
        """Deploy to the end."""
        return self.start(proxy, *options).end()

    def publish(self, tree: Tree, *options: str) -> Any:
        """Deploy a tree without a fault, and return what the program says."""
        self.write(tree)
        result = self.deploy(None, *options)
        assert result.exit_code == 0, result.stderr
        return result.json

    @abstractmethod
    def view(self, key: str) -> tuple[int, bytes]:
        """Return status and bytes that a viewer gets for a key."""

    @property
    def endpoint_url(self) -> str:
        """Where the program finds the bucket."""
        return self.program.environment["AWS_ENDPOINT_URL"]

    def copy(self, folder: Path) -> Self:
        """The same project in another folder."""
        shutil.copytree(self.program.folder, folder)
        return replace(self, program=Program(folder, self.program.environment))

    @contextmanager
    def keeping(self, releases: int) -> Iterator[None]:
        """Let the settings keep so many releases, of whatever age, while the block runs."""
        file = self.program.folder / "flask-cdn-stack.yml"
        before = file.read_text()
        file.write_text(f"{before}  keep_releases: {releases}\n  keep_days: 0\n")
        yield
        file.write_text(before)

    def clear(self) -> None:
        """Leave the bucket and the folder as they were before the first deploy."""
        for doomed in self.list_everything():
            self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": doomed})
        (self.program.folder / "cdn_manifest.txt").unlink(missing_ok=True)
        self._seen.clear()
        self._known.clear()

    def list_everything(self) -> Iterator[list[dict[str, str]]]:
        """Yield what there is to delete, versions included, a request at a time."""
        for page in self.s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            if found:
                yield [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]

    def etags(self) -> dict[str, str]:
        """The ETag of every object by its key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return {item["Key"]: item["ETag"] for page in pages for item in page.get("Contents", ())}

    @property
    def state(self) -> State:
        """What the record says; an empty state where there is none."""
        try:
            return decode_state(self.read(STATE_KEY))
        except self.s3.exceptions.NoSuchKey:
            return State()

    def read(self, key: str) -> bytes:
        """The bytes of an object."""
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def read_release(self, release: str | None) -> dict[str, Any]:
        """The record of a release."""
        key = f".flask-cdn-stack/releases/{release}.json.gz"
        content: dict[str, Any] = json.loads(gzip.decompress(self.read(key)))
        return content

    @property
    def manifest_file(self) -> str:
        """The manifest that the app would read."""
        return (self.program.folder / "cdn_manifest.txt").read_text()

    @property
    def published(self) -> str:
        """The manifest of the published release."""
        return str(self.read_release(self.state.release)["manifest"])

    def check(self, tree: Tree) -> None:
        """This tree is published, recorded and served, and no key of it is in doubt."""
        state, published = self.state, self.published
        checksums = {f"static/{name}": hashlib.sha256(text.encode()).hexdigest() for name, text in tree.items()}
        assert parse_manifest(published) == checksums
        assert state.manifest == hashlib.sha256(published.encode()).hexdigest()
        objects = {name: checksum for key, checksum in checksums.items() for name in self._names(key, checksum)}
        assert not state.unknown_keys("") & set(objects)
        for key, checksum in objects.items():
            assert state.objects[key].checksum == checksum, key
        self._check_served(objects)

    def forget_seen(self) -> None:
        """Let the next check fetch everything anew."""
        self._seen.clear()

    def check_releases(self, newest: int = 0) -> int:
        """Every name with a checksum of every release that the state listed is served with the bytes it promises.

        :param newest: look at so many of the newest only, because older ones may be gone.
        :return: how many releases those are.
        """
        releases = self.state.releases[-newest:]
        for release in releases:
            if release not in self._known:
                self._known[release] = self._hashed_names(release)
        looked_at = releases if newest else tuple(self._known)
        names = [self._known[release] for release in looked_at]
        self._check_served({name: checksum for promised in names for name, checksum in promised.items()})
        return len(looked_at)

    def _check_served(self, objects: Mapping[str, str]) -> None:
        # What was served rightly before, and has the same ETag, still is.
        etags = self.etags()
        for key, checksum in objects.items():
            assert key in etags, f"{key} is gone"
            if self._seen.get(key) != (etags[key], checksum):
                status, body = self.view(key)
                assert (status, hashlib.sha256(body).hexdigest()) == (200, checksum), key
                self._seen[key] = (etags[key], checksum)

    def _hashed_names(self, release: str) -> dict[str, str]:
        content = self.read_release(release)
        checksums = parse_manifest(content["manifest"])
        names = {name: checksum for key, checksum in checksums.items() for name in self._names(key, checksum)}
        assert names == {key: item["checksum"] for key, item in content["objects"].items()}
        return {name: checksum for name, checksum in names.items() if name not in checksums}

    def _names(self, key: str, checksum: str) -> Iterator[str]:
        yield key
        if self.is_mapped:
            yield version_path(key, checksum[:16])
        elif self.in_path and not key.endswith(KEPT):
            stem, dot, suffix = key.rpartition(".")
            yield f"{stem}.{checksum[:16]}{dot}{suffix}"


@dataclass(frozen=True, kw_only=True)
class Site(Deployment):
    """One with a stack of its own, looked at through its distribution."""

    aws: LocalAWS
    domain: str

    def view(self, key: str) -> tuple[int, bytes]:
        """Ask the edge, for a version as viewers ask for it."""
        found = _VERSION.fullmatch(key)
        answer = view(self.aws, self.domain, f"/{found[2]}?c={found[1]}" if found else f"/{key}")
        return answer.status, answer.body


@dataclass(frozen=True, kw_only=True)
class TargetSite(Deployment):
    """One with a bucket of another service, looked at there: in front of it is no CDN."""

    service: Service

    def view(self, key: str) -> tuple[int, bytes]:
        """Ask the service."""
        return 200, self.read(key)

    def list_everything(self) -> Iterator[list[dict[str, str]]]:
        """Yield the keys, where there are no versions."""
        if self.service.abilities.keeps_versions:
            yield from super().list_everything()
        elif keys := self.etags():
            yield [{"Key": key} for key in keys]


def through(proxy: FaultProxy | None) -> dict[str, str]:
    """Variables that send every request through a proxy."""
    return {"AWS_ENDPOINT_URL": proxy.url} if proxy else {}


def provision(aws: LocalAWS, folder: Path, fingerprint: str, name: str = "") -> Site:
    """Create a project whose stack is its own."""
    stack = f"faults-{name or fingerprint}"
    is_mapped = fingerprint == "immutable"
    mode = "immutable: true" if is_mapped else f"fingerprint: {fingerprint}"
    settings = f"app: shop\nstack: {stack}\nassets:\n  {mode}\n"
    write_files(folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": SHOP_APP})
    program = Program(folder, {**program_environment(aws), "XDG_CACHE_HOME": str(folder.parent / "cache")})
    program.ok("provision", "--yes")
    values = outputs(aws, stack)
    place: dict[str, Any] = {"bucket": values["BucketName"], "domain": values["CdnDomain"]}
    in_path = fingerprint != "query"
    return Site(aws=aws, program=program, s3=client(aws, "s3"), in_path=in_path, is_mapped=is_mapped, **place)


def aim(service: Service, folder: Path, fingerprint: str) -> TargetSite:
    """Create a project whose target is a new bucket of a service."""
    bucket = service.create_bucket()
    target = f"{{bucket: {bucket}, domain: cdn.test.invalid}}"
    settings = f"app: shop\ntarget: {target}\nassets:\n  fingerprint: {fingerprint}\n"
    # A copy in another folder is the same project.
    project = {"pyproject.toml": f'[project]\nname = "{bucket}"\n'}
    write_files(folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": SHOP_APP, **project})
    surroundings = {**service.environment, "XDG_CACHE_HOME": str(folder.parent / "cache")}
    program = Program(folder, {**program_environment(None), **surroundings})
    place = {"service": service, "s3": service.client, "bucket": bucket}
    return TargetSite(program=program, in_path=fingerprint == "path", **place)


def check_message(result: Result) -> str:
    """The one message of a run that failed as it should."""
    assert result.exit_code == 1, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stderr.count("Error: ") == 1, result.stderr
    return result.stderr
