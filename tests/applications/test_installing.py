"""What applications pin stays as it is when this package is installed beside them."""

from __future__ import annotations

import pytest

from tests.applications.conftest import Install, run
from tests.conftest import ROOT

pytestmark = pytest.mark.installs


def test_the_oldest_versions_stay(install: Install) -> None:
    """Every package that this one needs may be as old as it promises, and then is not replaced."""
    pins = [line for line in (ROOT / ".ci/minimum.txt").read_text().splitlines() if not line.startswith("#")]

    python = install(*pins)

    assert "AWS::CloudFront::Distribution" in run(python, "-m", "flask_cdn_stack", "template")
