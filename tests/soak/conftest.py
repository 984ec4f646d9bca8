from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.processes import Forge, open_forge
from tests.soak.seeds import Length


@pytest.fixture
def length(request: pytest.FixtureRequest) -> Length:
    """How long a soak is, and its seed, as the options say."""
    return Length(request.config.getoption("--soak-steps"), request.config.getoption("--soak-seed"))


@pytest.fixture(scope="session")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    """What starts the program quickly."""
    with open_forge(tmp_path_factory.mktemp("forge"), loads_apps=True) as opened:
        yield opened
