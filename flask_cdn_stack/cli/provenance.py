"""Where a release comes from, in words."""

from __future__ import annotations

from ..release.provenance import Provenance

_SHORT = 10


def provenance_text(found: Provenance) -> str:
    """Return where a release comes from, as in ``by ann@build-7, from 3f2a1b0c9d on main``; empty for nothing."""
    by, commit, branch = shown_provenance(found)
    parts = [f"by {by}"] if by else []
    parts += [f"from {commit}{f' on {branch}' if branch else ''}"] if commit else []
    return ", ".join(parts)


def shown_provenance(found: Provenance) -> Provenance:
    """Return it as it is shown: a record may hold anybody's words, and some characters turn a line around."""
    by, commit, branch = ("".join(char if char.isprintable() else "?" for char in text) for text in found)
    return Provenance(by, commit[:_SHORT], branch)


def provenance_json(found: Provenance) -> dict[str, str | None]:
    """Return it as ``--json`` prints it."""
    return {key: value or None for key, value in found._asdict().items()}
