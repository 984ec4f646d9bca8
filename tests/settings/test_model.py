"""Settings as values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Project, Settings


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("origin", "bucket"),
        ("query_strings", None),
        ("forwarded_query_strings", ("t", "c", "v")),
        ("bucket.noncurrent_days", 30),
        ("bucket.retain", True),
        ("delivery.price_class", "PriceClass_100"),
        ("delivery.http_version", "http2and3"),
        ("delivery.viewer_protocol", "redirect-to-https"),
        ("delivery.ttl.max", 31536000),
        ("delivery.cors", "*"),
        ("delivery.hsts", 31536000),
        ("assets.checksum_length", None),
        ("config_file", "cdn_config.py"),
        ("manifest_file", "cdn_manifest.txt"),
    ],
)
def test_documented_defaults(key: str, value: object) -> None:
    """Users rely on them without writing them down."""
    found: Any = Settings()
    for name in key.split("."):
        found = getattr(found, name)

    assert found == value


def test_defaults_are_not_shared() -> None:
    """Of the values that could be changed in place."""
    assert Settings().tags is not Settings().tags
    assert Settings() == msgspec.convert({}, Settings)
    assert Settings().delivery == Delivery()


def test_files_lie_in_the_projects_folder(tmp_path: Path) -> None:
    """Where the working directory is does not matter."""
    settings = Settings(config_file="instance/cdn.py", manifest_file=None)
    project = Project(
        settings=settings, folder=tmp_path, file=None, name="shop", stage=None, stack="shop-cdn", stack_named=False
    )

    assert project.config_file == tmp_path / "instance" / "cdn.py"
    assert project.manifest_file is None
