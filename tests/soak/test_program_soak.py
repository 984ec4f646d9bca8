"""Random steps of the program, in several checkouts of a project, against the local AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.faults.site import provision
from tests.soak.program_soak import ProgramSoak
from tests.soak.seeds import PROGRAM, Length

STACK = "faults-soak"

#: In every run, and in the long one.
STEPS = (20, pytest.param(100, marks=pytest.mark.long))


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("seed", PROGRAM)
def test_soak(local_aws: LocalAWS, tmp_path: Path, seed: int, steps: int, length: Length) -> None:
    """Nothing is lost, stale or touched that is not the tool's."""
    site = provision(local_aws, tmp_path / "first", "query", "soak")
    running = ProgramSoak(length.seed(seed), site, STACK, tmp_path)
    for number in range(length.steps(steps)):
        try:
            running.step()
        except Exception as error:
            done = "\n".join(running.log[-40:])
            error.add_note(f"--soak-seed {length.seed(seed)}, step {number}; what was done:\n{done}")
            raise
