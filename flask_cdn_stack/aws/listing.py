"""Lists the keys in a bucket, a thousand for each request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import obstore

#: Most keys in one answer (S3 API reference, "ListObjectsV2").
MAX_KEYS = 1000


def list_by_obstore(store: Any, folder: str) -> Iterator[list[str]]:
    """Yield the keys below a folder, one answer's at a time.

    This needs no boto3 client, which takes a tenth of a second to create.

    :param folder: without slash at its end; empty for the whole bucket.
    :raises BaseError: AWS refused or could not be reached, or a key has an empty segment, ``.`` or ``..``.
    """
    for page in obstore.list(store, folder or None, chunk_size=MAX_KEYS):
        yield [item["path"] for item in page]


def list_by_boto3(client: Any, bucket: str, prefix: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the objects whose keys begin with a prefix, as S3 describes them, one answer's at a time.

    :raises ClientError: AWS refused.
    """
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield page.get("Contents", [])
