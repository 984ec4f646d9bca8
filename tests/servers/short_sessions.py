"""Sessions of a role that end while a test looks on: the shortest one that STS gives takes a quarter of an hour."""

from __future__ import annotations

import time
from typing import Any

from ministack.services import sts

# STS API reference, "AssumeRole": DurationSeconds is at least 900.
_SHORTEST = 900


def apply(shortest: float) -> None:
    """Let a session of the shortest duration end after ``shortest`` seconds, where that is more than none."""
    if not shortest:
        return
    register = sts.register_session

    def register_shortened(access_key: str, session: dict[str, Any]) -> None:
        now = time.time()
        if session["Expiration"] <= now + _SHORTEST:
            session = {**session, "Expiration": now + shortest}
        register(access_key, session)

    sts.register_session = register_shortened
