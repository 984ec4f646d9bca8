from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from flask_cdn_stack.local.cloud import LocalCloud


@pytest.fixture(scope="session")
def cloud() -> Iterator[LocalCloud]:
    """The local AWS that users get, with the edge in front of it."""
    with LocalCloud(environment=os.environ) as cloud:
        yield cloud
