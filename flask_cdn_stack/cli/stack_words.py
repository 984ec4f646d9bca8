"""Colours and texts for the states and times of a stack."""

from __future__ import annotations

import math


def state_color(status: str) -> str | None:
    """Return the colour for a status of a stack or resource, by a name that click and rich know; None for no colour."""
    if status.endswith("_FAILED") or "ROLLBACK" in status:
        return "red"
    if status.endswith("_COMPLETE"):
        return "green"
    return "yellow" if status else None


def time_left_text(seconds: float | None) -> str:
    """Return an estimate in words; empty for None."""
    if seconds is None:
        return ""
    if seconds <= 0:
        return "takes longer than usual"
    minutes = math.ceil(seconds / 60)
    return f"about {minutes} min left (estimate)" if minutes > 1 else "less than a minute left (estimate)"


def duration_text(seconds: float | None) -> str:
    """Return seconds as ``1:02`` or ``1:02:03``; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
