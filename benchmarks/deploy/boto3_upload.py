"""What people write themselves, with boto3 and threads: ``python -m benchmarks.deploy.boto3_upload FOLDER BUCKET``."""

from __future__ import annotations

import mimetypes
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

_THREADS = 16


def main(folder: Path, bucket: str) -> None:
    """Upload every file below a folder."""
    s3 = boto3.client("s3", config=Config(max_pool_connections=_THREADS))

    def upload(path: Path) -> None:
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        key = f"static/{path.relative_to(folder).as_posix()}"
        s3.put_object(Bucket=bucket, Key=key, Body=path.read_bytes(), ContentType=media_type)

    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(upload, (path for path in folder.rglob("*") if path.is_file())):
            pass


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
