"""The pauses between repeated requests."""

from __future__ import annotations

from collections.abc import Iterator

#: Seconds before each retry of a request whose body S3 did not get as it was sent. The first is longer than obstore
#: goes on using credentials that have been replaced.
SPOILED_PAUSES = (0.25, 0.5, 1.0, 2.0)


def growing_pauses(first: float, longest: float, factor: float = 1.5) -> Iterator[float]:
    """Yield pauses in seconds without end: each is ``factor`` times the one before, up to ``longest``."""
    pause = first
    while True:
        yield pause
        pause = min(pause * factor, longest)
