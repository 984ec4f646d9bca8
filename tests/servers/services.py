"""Servers that speak like S3, each the one of this session, and a user's way to them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import rclone, seaweedfs
from tests.servers.abilities import ABILITIES, Abilities
from tests.servers.clients import open_s3

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Service:
    """A server that runs, by the name that :mod:`tests.servers.abilities` knows it by."""

    name: str
    url: str
    access_key: tuple[str, str]

    @property
    def abilities(self) -> Abilities:
        """What it does."""
        return ABILITIES[self.name]

    @property
    def environment(self) -> Mapping[str, str]:
        """What sends a user there."""
        key, secret = self.access_key
        names = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_DEFAULT_REGION": "us-east-1"}
        return {**names, "AWS_ENDPOINT_URL": self.url}

    @property
    def client(self) -> Any:
        """A new client, which asks once only."""
        return open_s3(self.url, self.access_key, s3={"addressing_style": "path"})

    def create_bucket(self) -> str:
        """Create a bucket, with versions where there are any, and return its name."""
        name, client = f"target-{next(_numbers)}", self.client
        client.create_bucket(Bucket=name)
        if self.abilities.keeps_versions:
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name


@contextmanager
def serve(name: str, folder: Path) -> Iterator[Service]:
    """Start one of the servers that are none of this project's."""
    servers: dict[str, tuple[Callable[[Path], Any], tuple[str, str]]] = {
        "seaweedfs": (seaweedfs.serve_seaweedfs, seaweedfs.ACCESS_KEY),
        "rclone": (rclone.serve_folder, rclone.ACCESS_KEY),
    }
    start, access_key = servers[name]
    with start(folder) as url:
        yield Service(name, url, access_key)
