"""Combines the failures of many objects in one error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import CDNStackError, PartialDeployError

#: Most keys that an error names if nothing was written.
LISTED_FAILURES = 20


def partial_failure(summary: str, failures: Mapping[str, CDNStackError]) -> PartialDeployError:
    """Return the error for objects that failed: a summary, and a line for each key."""
    lines = "\n".join(f"  {key}: {error.message}" for key, error in sorted(failures.items()))
    hints = dict.fromkeys(error.hint for error in failures.values() if error.hint)
    return PartialDeployError(f"{summary}\n{lines}", "\n".join(hints))


def shorten(names: Sequence[str]) -> str:
    """Return the first three names, and the number of the others."""
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return f"{', '.join(names[:3])}{more}"


def list_lines(lines: Sequence[str]) -> str:
    """Return the first lines, indented, and the number of the others."""
    more = [f"... and {len(lines) - LISTED_FAILURES:,} more"] if len(lines) > LISTED_FAILURES else []
    return "\n".join(f"  {line}" for line in [*lines[:LISTED_FAILURES], *more])
