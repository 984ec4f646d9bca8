"""SeaweedFS's S3 server: another one than AWS's that keeps versions, conditions and checksums."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.local.launcher import reserve_port
from tests.conftest import require, wait_until
from tests.servers.clients import open_s3

#: The one access key that it accepts.
ACCESS_KEY = ("weed-key", "weed-secret")

#: Its parts, each with a port of its own for HTTP and one for what they say to each other.
_PARTS = ("master", "volume", "filer", "s3")

#: Nothing is sent to its makers, no other interface is opened, and the files stay small.
_OPTIONS = (
    *("-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3", "-s3.port.iceberg=0", "-s3.port.lance=0"),
    *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=32", "-volume.minFreeSpace=1"),
)


@contextlib.contextmanager
def serve_seaweedfs(folder: Path) -> Iterator[str]:
    """Serve buckets that lie in a folder, and yield the endpoint's URL."""
    program = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    require(program, "seaweedfs")
    ports = _find_ports()
    url = f"http://127.0.0.1:{ports['s3'][0]}"
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(
            [str(program), f"-logdir={folder}", "server", *_describe(folder, ports), *_OPTIONS],
            stdout=log,
            stderr=subprocess.STDOUT,
            # One file for each bucket, and not seven.
            env={**os.environ, "HOME": str(folder), "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
        )
    try:
        wait_until(lambda: process.poll() is not None or _takes_objects(url), 60)
        assert _takes_objects(url), (folder / "log").read_text()[-2000:]
        yield url
    finally:
        # Asked to end, it takes a quarter of a minute to take leave of itself.
        process.kill()
        process.wait(10)
        for part, (_, port) in ports.items():
            Path(f"/tmp/seaweedfs-{part}-grpc-{port}.sock").unlink(missing_ok=True)


def _find_ports() -> dict[str, tuple[int, int]]:
    """Return free ports, none of them one that a connection from here could be given while the parts start."""
    found: set[int] = set()
    while len(found) < 2 * len(_PARTS):
        with contextlib.suppress(CDNStackError):
            found.add(reserve_port(random.randrange(20_000, 32_000)))
    return {part: (found.pop(), found.pop()) for part in _PARTS}


def _describe(folder: Path, ports: dict[str, tuple[int, int]]) -> list[str]:
    (folder / "data").mkdir()
    keys = [dict(zip(("accessKey", "secretKey"), ACCESS_KEY, strict=True))]
    users = [{"name": "test", "credentials": keys, "actions": ["Admin"]}]
    (folder / "users.json").write_text(json.dumps({"identities": users}))
    options = [f"-dir={folder / 'data'}", f"-s3.config={folder / 'users.json'}"]
    options += [f"-{part}.localSocket={folder / part}.sock" for part in ("filer", "s3")]
    for part, (http, grpc) in ports.items():
        options += [f"-{part}.port={http}", f"-{part}.port.grpc={grpc}"]
    return options


def _takes_objects(url: str) -> bool:
    """Say whether its parts have found each other: it listens a while before."""
    client = open_s3(url, ACCESS_KEY, connect_timeout=2, read_timeout=10)
    try:
        with contextlib.suppress(client.exceptions.BucketAlreadyOwnedByYou):
            client.create_bucket(Bucket="ready")
        client.put_object(Bucket="ready", Key="ready")
    except (BotoCoreError, ClientError):
        return False
    return True
