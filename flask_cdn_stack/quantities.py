"""Texts for counts and sizes in messages."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB")


def count(number: int, noun: str) -> str:
    """Return a number with its noun, as in ``1 file`` or ``2,000 files``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size_text(size: int) -> str:
    """Return a size in bytes as text, as in ``1.5 MB``: in the largest decimal unit, up to GB, that gives 1 or more."""
    if size < 1000:
        return count(size, "byte")
    thousands = min((len(str(size)) - 1) // 3, len(_UNITS))
    return f"{size / 1000**thousands:,.1f} {_UNITS[thousands - 1]}"
