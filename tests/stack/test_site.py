"""Where a project publishes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.settings.model import Bucket, Settings, Target
from flask_cdn_stack.stack.site import Site

_EXISTING = Bucket(existing="shop", region="eu-west-1")


@pytest.mark.parametrize(
    ("settings", "region"),
    [
        (Settings(), "us-east-1"),
        (Settings(bucket=_EXISTING), "eu-west-1"),
        (Settings(bucket=_EXISTING, target=Target(bucket="shop", domain="cdn.test.invalid")), "us-east-1"),
    ],
    ids=["the stack's own", "existing", "a target's"],
)
def test_the_region_of_its_bucket(settings: Settings, region: str) -> None:
    """Is asked, and not the stack's, where the settings name one: S3 answers in the bucket's region only."""
    project: Any = SimpleNamespace(settings=settings)

    assert Site(project, lambda: open_connection("us-east-1")).connection.region == region
