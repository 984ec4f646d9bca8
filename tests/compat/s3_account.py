"""An account in the local AWS for uploads by ``create_all``: apps over small trees, and what is in a bucket then."""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from flask import Flask

from flask_cdn_stack.compat.s3_settings import find_old_names
from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import write_files

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"

_numbers = itertools.count()


class Account:
    """A user whose only account is the local AWS, and whose bucket is not there yet."""

    def __init__(self, aws: LocalAWS, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in aws.environment.items():
            monkeypatch.setenv(name, value)
        self.endpoint_url = aws.endpoint_url
        self.bucket = f"upload-{os.getpid()}-{next(_numbers)}"
        session = boto3.Session("test", "test", region_name="us-east-1")
        self.s3: Any = session.client("s3", endpoint_url=aws.endpoint_url)

    def make_app(self, folder: Path, files: Mapping[str, str | bytes] | None = None, **config: Any) -> Flask:
        """Return an app in a folder, with files below it, that uploads to the bucket, in older names if others are."""
        write_files(folder, files or {})
        app = Flask("shop", root_path=str(folder))
        name = "S3_BUCKET_NAME" if find_old_names(config) else "FLASKS3_BUCKET_NAME"
        app.config.update({name: self.bucket} | config)
        return app

    def list_keys(self) -> list[str]:
        """Return the keys in the bucket."""
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())]

    def head(self, key: str) -> dict[str, Any]:
        """Return what S3 says of an object."""
        return dict(self.s3.head_object(Bucket=self.bucket, Key=key))

    def body(self, key: str) -> bytes:
        """Return an object's bytes."""
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def is_public(self, key: str | None = None) -> bool:
        """Say whether the ACL of an object, or of the bucket, lets everybody read."""
        place = {"Bucket": self.bucket}
        acl = self.s3.get_object_acl(**place, Key=key) if key else self.s3.get_bucket_acl(**place)
        return any(grant["Grantee"].get("URI") == ALL_USERS for grant in acl["Grants"])
