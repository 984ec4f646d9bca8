"""How CloudFormation is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ..aws.cloudformation import Event

#: Seconds between two looks at a change set or stack, at first and at most.
POLL_SECONDS = (0.5, 4.0)


@dataclass(frozen=True)
class Waiting:
    """How to wait: ``sleep`` in seconds, what to call for every new event, and a ``clock`` that goes on in a sleep."""

    sleep: Callable[[float], None] = time.sleep
    on_event: Callable[[Event], None] = field(default=lambda event: None)
    clock: Callable[[], float] = time.time
