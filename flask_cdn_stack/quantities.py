"""Numbers in sentences: how many of something there are, and how large it is."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB")


def count(number: int, noun: str) -> str:
    """Return ``1 file`` or ``2 files``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def size_text(size: int) -> str:
    """Return a number of bytes in the largest unit that leaves it at 1 or more."""
    if size < 1000:
        return count(size, "byte")
    thousands = min((len(str(size)) - 1) // 3, len(_UNITS))
    return f"{size / 1000**thousands:,.1f} {_UNITS[thousands - 1]}"
