"""Finds the setting that a misspelt name means.

A misspelling has one wrong letter in a word. Another word, a prefix, or http for https means something else, often the
opposite: ``FLASKS3_INACTIVE`` is not a misspelt ``FLASKS3_ACTIVE``.
"""

from __future__ import annotations

from collections.abc import Iterable

# These differ by one letter, and mean the opposite.
_OPPOSITES = {"HTTP": "HTTPS", "HTTPS": "HTTP"}


def find_meant(written: str, names: Iterable[str]) -> str | None:
    """Return the name that ``written`` is a misspelling of; None if there is none, or more than one.

    ``S3_`` may be written for ``FLASKS3_`` and the other way round, unless a name with the same prefix matches.
    """
    words = _split(written)
    meant = [name for name in names if _are_meant(words, _split(name))]
    alike = [name for name in meant if name.partition("_")[0] == written.partition("_")[0]]
    found = alike or meant
    return found[0] if len(found) == 1 else None


def _split(name: str) -> list[str]:
    return ["S3" if word == "FLASKS3" else word for word in name.split("_")]


def _are_meant(words: list[str], wanted: list[str]) -> bool:
    if "".join(words) == "".join(wanted):
        return True
    return len(words) == len(wanted) and all(map(_is_meant, words, wanted))


def _is_meant(word: str, wanted: str) -> bool:
    if word == wanted:
        return True
    opposite = _OPPOSITES.get(wanted)
    return _is_slip(word, wanted) and (opposite is None or not (word == opposite or _is_slip(word, opposite)))


def _is_slip(word: str, wanted: str) -> bool:
    """Return whether one word is the other with a letter left out, added, changed, or swapped with the next."""
    shorter, longer = sorted((word, wanted), key=len)
    pairs = zip(shorter, longer, strict=False)
    start = next((place for place, (letter, other) in enumerate(pairs) if letter != other), len(shorter))
    rest, more = shorter[start:], longer[start:]
    if len(longer) - len(shorter) == 1:
        return rest == more[1:]
    is_swapped = rest[:2] == more[1::-1] and rest[2:] == more[2:]
    return len(longer) == len(shorter) and (rest[1:] == more[1:] or is_swapped)
