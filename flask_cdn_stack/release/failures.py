"""Failures of many objects as one error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import CDNStackError, PartialDeployError

#: Keys that an error lists by name where nothing was begun.
LISTED_FAILURES = 20


def partial_failure(summary: str, failures: Mapping[str, CDNStackError]) -> PartialDeployError:
    """Return the error for objects that failed, each by its key, under a line that sums them up."""
    lines = "\n".join(f"  {key}: {error.message}" for key, error in sorted(failures.items()))
    hints = dict.fromkeys(error.hint for error in failures.values() if error.hint)
    return PartialDeployError(f"{summary}\n{lines}", "\n".join(hints))


def shorten(names: Sequence[str]) -> str:
    """Return the first three of some names, and how many more there are."""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def list_lines(lines: Sequence[str]) -> str:
    """Return the first of the lines, indented, and how many there are besides."""
    more = [f"... and {len(lines) - LISTED_FAILURES:,} more"] if len(lines) > LISTED_FAILURES else []
    return "\n".join(f"  {line}" for line in [*lines[:LISTED_FAILURES], *more])
