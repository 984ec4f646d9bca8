"""How long whoever looks or asks again waits before that."""

from __future__ import annotations

from collections.abc import Iterator

#: Seconds before each repeat of a request whose body S3 did not get as it was sent. The first is longer than obstore
#: keeps using credentials that we gave it.
SPOILED_PAUSES = (0.25, 0.5, 1.0, 2.0)


def growing_pauses(first: float, longest: float, factor: float = 1.5) -> Iterator[float]:
    """Yield seconds without end, each so many times as long as the ones before, and at most ``longest``."""
    pause = first
    while True:
        yield pause
        pause = min(pause * factor, longest)
