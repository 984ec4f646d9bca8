from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from flask_cdn_stack.local.launcher import LocalAWS


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAWS]:
    """The server that users get."""
    with LocalAWS(environment=os.environ) as aws:
        yield aws


@pytest.fixture(scope="session")
def strict_aws() -> Iterator[LocalAWS]:
    """The server that tests use."""
    with LocalAWS(environment=os.environ, module="tests.servers.ministack_strict") as aws:
        yield aws
