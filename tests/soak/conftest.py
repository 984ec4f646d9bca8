from __future__ import annotations

import pytest

from tests.soak.seeds import Length


@pytest.fixture
def length(request: pytest.FixtureRequest) -> Length:
    """How long a soak is, and its seed, as the options say."""
    return Length(request.config.getoption("--soak-steps"), request.config.getoption("--soak-seed"))
