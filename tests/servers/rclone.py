"""rclone's S3 server: neither AWS nor made to be like it, as R2 and MinIO are not."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from flask_cdn_stack.local.launcher import reserve_port
from tests.conftest import require, wait_until

#: The one access key that it accepts.
ACCESS_KEY = ("rclone-key", "rclone-secret")


@contextlib.contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """Serve a folder's folders as buckets, and yield the endpoint's URL."""
    program = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")
    require(program, "rclone")
    port = reserve_port(0)
    command = [str(program), "serve", "s3", str(folder), "--addr", f"127.0.0.1:{port}"]
    with open(folder.with_suffix(".log"), "wb") as log:
        options = ["--auth-key", ",".join(ACCESS_KEY), "--vfs-write-back", "0", "--config", "/dev/null"]
        process = subprocess.Popen([*command, *options], stdout=log, stderr=subprocess.STDOUT)
    try:
        assert wait_until(lambda: _listens(port)), folder.with_suffix(".log").read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
