"""A CDN's cache, as bad as it may be: it holds all that was ever fetched, until it has to let go of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: How long, in seconds, a distribution keeps what says nothing of it, and what it keeps at most: its ``delivery.ttl``.
DEFAULT_SECONDS, MOST_SECONDS = 86_400, 31_536_000

#: Copies that live no longer than this, in seconds, may be old: what is published under plain names beside hashed ones
#: is dropped by the edge itself.
SHORT_SECONDS = 300


class Answer(NamedTuple):
    """What the bucket gives: bytes, content type and Cache-Control."""

    body: bytes
    content_type: str
    cache_control: str

    @property
    def seconds(self) -> int:
        """How long an edge keeps it."""
        found = re.search(r"s-maxage=(\d+)", self.cache_control) or re.search(r"max-age=(\d+)", self.cache_control)
        return min(int(found[1]), MOST_SECONDS) if found else DEFAULT_SECONDS


@dataclass
class EdgeModel:
    """Copies by URL: path and query, as a viewer writes them. ``asked`` are the paths of all invalidations.

    ``misses`` says of a URL that the bucket has not the version that it names; ``missed`` is when such a one was asked
    for last.
    """

    copies: dict[str, tuple[Answer, float]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    misses: Callable[[str], bool] = lambda url: False
    missed: dict[str, float] = field(default_factory=dict)

    def has_missed(self, url: str, answer: Answer | None, now: float) -> bool:
        """Say whether an answer may be what was given for a version that was not there, or a browser's copy of that."""
        return answer is not None and answer.seconds <= SHORT_SECONDS >= (now - self.missed.get(url, 0)) / 2

    def note_missed(self, urls: Iterable[str], now: float) -> None:
        """Take note of what is asked for and is not there."""
        self.missed |= {url: now for url in urls if self.misses(url)}

    def fetch(self, url: str, origin: Callable[[str], Answer | None], now: float) -> Answer | None:
        """Answer a viewer, from a copy where there is one."""
        self.note_missed([url], now)
        held = self.copies.get(url)
        if held and held[1] > now:
            return held[0]
        answer = origin(url)
        if answer is not None:
            self.copies[url] = (answer, now + answer.seconds)
        return answer

    def forget(self, paths: Iterable[str]) -> None:
        """Drop what an invalidation covers."""
        paths = tuple(paths)
        self.asked += paths
        self.copies = {url: held for url, held in self.copies.items() if not covers(paths, url)}

    def find_stale(self, origin: Callable[[str], Answer | None], now: float) -> Iterator[str]:
        """Yield the URLs whose copies are not what the bucket gives, and will live on."""
        for url, (answer, until) in self.copies.items():
            if until > now and answer.seconds > SHORT_SECONDS and origin(url) != answer:
                yield url


def covers(paths: Sequence[str], url: str) -> bool:
    """Say whether invalidation paths cover a URL."""
    return any(url.startswith(path[:-1]) if path.endswith("*") else url == path for path in paths)
