"""Describes the provenance of a release: who deployed it, from which commit and branch."""

from __future__ import annotations

from ..release.provenance import Provenance

_SHORT = 10


def provenance_text(found: Provenance) -> str:
    """Return the provenance as in ``by ann@build-7, from 3f2a1b0c9d on main``; empty if nothing is known."""
    by, commit, branch = shown_provenance(found)
    parts = [f"by {by}"] if by else []
    parts += [f"from {commit}{f' on {branch}' if branch else ''}"] if commit else []
    return ", ".join(parts)


def shown_provenance(found: Provenance) -> Provenance:
    """Return the provenance for display: with a short commit, and without control characters, as anybody may set it."""
    by, commit, branch = ("".join(char if char.isprintable() else "?" for char in text) for text in found)
    return Provenance(by, commit[:_SHORT], branch)


def provenance_json(found: Provenance) -> dict[str, str | None]:
    """Return the provenance as ``--json`` prints it."""
    return {key: value or None for key, value in found._asdict().items()}
