"""From where a soak begins, and how long it is."""

from __future__ import annotations

from typing import NamedTuple

#: Seeds from which the soak in memory once found something, and after how many steps. One for each fault; which steps
#: a seed stands for changes with the soak's own code, so that a fault keeps its test of its own too.
FOUND = {5: 40, 14: 70, 33: 60, 86: 45}

#: The same of the soak with the program, and the seed that every run begins with.
PROGRAM = (0,)


class Length(NamedTuple):
    """What the options ``--soak-steps`` and ``--soak-seed`` say; None where they are not given."""

    steps_asked: int | None
    seed_asked: int | None

    def steps(self, usual: int) -> int:
        """How many steps to take."""
        return usual if self.steps_asked is None else self.steps_asked

    def seed(self, usual: int) -> int:
        """The seed to begin with; the one asked for is that of the first soak of several."""
        return usual + (self.seed_asked or 0)
