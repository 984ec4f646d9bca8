"""Publishes style sheets: their references are replaced by the published URLs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import NamedTuple

from ..errors import AssetReadError
from .references import Reference, find_references, replace_references
from .style_links import (
    MAX_LISTED,
    Fingerprint,
    Mention,
    MissingReferences,
    StyleLink,
    find_links,
    find_mentions,
    warn_of_shapes,
    write_link,
)

# In lower case. A sheet with none of these has no references and is not parsed. A backslash may escape any of them.
_MARKS = (b"url(", b"@import", b"image-set", b"src(", b"sourcemappingurl", b"\\")

#: Stands for the checksum of a reference cycle while it is computed.
_PLACEHOLDER = "0" * 32


class StyleFacts(NamedTuple):
    """What is known of a style sheet: the SHA-256 of its source, its references, and what was published.

    ``mentions`` is None if the sheet cannot be parsed. ``written`` are the URLs that replaced its references;
    ``version``, ``checksum`` and ``size`` are those of :class:`PublishedStyle`.
    """

    source: str
    mentions: tuple[Mention, ...] | None
    written: str
    version: str
    checksum: str
    size: int


class StyleMemory(NamedTuple):
    """What a run saves for the next: facts of its style sheets by file, and the warnings.

    ``world`` is a digest of everything that these depend on.
    """

    facts: Mapping[str, StyleFacts] = {}
    world: str = ""
    warnings: tuple[str, ...] = ()


class StyleSheet:
    """A style sheet: its key, its file name for messages, and its bytes.

    :param source: the bytes, or a function that reads them.
    :param checksum: their SHA-256, if it is known.
    :param known: facts from an earlier run; used if the bytes are the same.
    """

    def __init__(
        self,
        key: str,
        file: str,
        source: bytes | Callable[[], bytes],
        checksum: str = "",
        known: StyleFacts | None = None,
    ) -> None:
        self.key, self.file, self._source = key, file, source
        self.checksum = checksum or hashlib.sha256(self.read()).hexdigest()
        self.known = known if known and known.source == self.checksum else None

    def read(self) -> bytes:
        """Return the bytes.

        :raises AssetReadError: the file was changed after it was hashed.
        """
        return self._source if isinstance(self._source, bytes) else self._source()

    @cached_property
    def mentions(self) -> tuple[Mention, ...] | None:
        """The URLs in it; None if it cannot be parsed."""
        if self.known:
            return self.known.mentions
        return None if self.references is None else find_mentions(self.references)

    @cached_property
    def references(self) -> tuple[Reference, ...] | None:
        """The references in it, with their places; None if it cannot be parsed."""
        data = self.read()
        lowered = data.lower().replace(b"\0", b"")  # UTF-16 has NUL bytes between the letters
        if not any(mark in lowered for mark in _MARKS):
            return ()
        try:
            return find_references(_decode(data))
        except ValueError:
            return None

    def render(self, urls: Mapping[str, str]) -> bytes:
        """Return the bytes with some URLs replaced."""
        if not urls:
            return self.read()
        replaced = {found: urls[found.url] for found in self.references or () if found.url in urls}
        data = self.read()
        return replace_references(_decode(data), replaced).encode(*_find_codec(data))


@dataclass(frozen=True)
class PublishedStyle:
    """A published style sheet: its facts, and a function that makes its bytes."""

    file: str
    facts: StyleFacts
    render: Callable[[], bytes] = field(compare=False, repr=False)

    @property
    def version(self) -> str:
        """The version in its URL: its own SHA-256 or, in a reference cycle, the 32 digits that name the cycle."""
        return self.facts.version

    @property
    def checksum(self) -> str:
        """The SHA-256 of its bytes, in hex."""
        return self.facts.checksum

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return self.facts.size

    @property
    def body(self) -> bytes:
        """The bytes.

        :raises AssetReadError: the file has changed since it was planned.
        """
        body = self.render()
        if hashlib.sha256(body).hexdigest() != self.checksum:
            raise AssetReadError.changed(self.file)
        return body


def publish_styles(
    sheets: Iterable[StyleSheet],
    find_checksum: Callable[[str], str | None],
    fingerprint: Callable[[str, str], Fingerprint],
    missing: MissingReferences = "warn",
    is_local: Callable[[str], bool] = lambda key: True,
) -> tuple[dict[str, PublishedStyle], tuple[str, ...]]:
    """Replace the references of style sheets. Those to other hosts, other schemes and fragments of the sheet are kept.

    :param find_checksum: returns the checksum of an asset other than ``sheets`` by its key; None: no such asset.
    :param fingerprint: returns how an asset is linked, by its key and checksum.
    :param missing: what to do with references that lead to no asset. They are kept unless they are an error; missing
        source maps are never an error.
    :param is_local: returns whether the asset with a key stays on the page's own origin.
    :returns: the published sheets by key, and warnings. The order of ``sheets`` does not matter.
    :raises AssetError: references lead to no asset.
    """
    by_key = _sort_sheets(sheets)
    links, warnings = _find_links(by_key, find_checksum, missing)
    versions: dict[str, str] = {}

    def publish(key: str) -> PublishedStyle:
        return _publish(by_key[key], _write_urls(links[key], versions, fingerprint), versions.get(key, ""))

    published: dict[str, PublishedStyle] = {}
    for group in _order_sheets(links):
        if len(group) > 1 or any(link.key in group for link in links[group[0]]):
            # Digests have a fixed length, so text that moves from one sheet's end to the next one's start is a change.
            versions |= dict.fromkeys(group, _PLACEHOLDER)
            digests = b"".join(bytes.fromhex(publish(key).checksum) for key in group)
            versions |= dict.fromkeys(group, hashlib.sha256(digests).hexdigest()[: len(_PLACEHOLDER)])
        for key in group:
            published[key] = publish(key)
            versions.setdefault(key, published[key].version)
    shapes = warn_of_shapes({by_key[key].file: found for key, found in links.items() if not is_local(key)})
    return {key: published[key] for key in by_key}, (*warnings, *shapes)


def recall_styles(
    sheets: Sequence[StyleSheet], memory: StyleMemory, world: str, publish: Callable[[], Mapping[str, PublishedStyle]]
) -> dict[str, PublishedStyle] | None:
    """Return what an earlier run published, if the sheets and everything they depend on are the same; else None.

    :param publish: publishes them again, when the bytes of one are needed.
    """
    if memory.world != world or any(sheet.known is None for sheet in sheets):
        return None
    make = cache(publish)

    def render(key: str) -> Callable[[], bytes]:
        return lambda: make()[key].render()

    return {sheet.key: PublishedStyle(sheet.file, sheet.known, render(sheet.key)) for sheet in sheets if sheet.known}


def check_references(sheets: Iterable[StyleSheet], find_asset: Callable[[str], str | None]) -> None:
    """Check that the references of style sheets lead to assets. Only the assets' names are needed for that.

    :param find_asset: returns anything for the key of an asset other than ``sheets``; None: no such asset.
    :raises AssetError: a reference leads to no asset.
    """
    _find_links(_sort_sheets(sheets), find_asset, "error")


def _sort_sheets(sheets: Iterable[StyleSheet]) -> dict[str, StyleSheet]:
    return {sheet.key: sheet for sheet in sorted(sheets, key=lambda sheet: sheet.key)}


def _find_links(
    sheets: Mapping[str, StyleSheet], find_checksum: Callable[[str], str | None], policy: MissingReferences
) -> tuple[dict[str, list[StyleLink]], list[str]]:
    mentions = {key: sheet.mentions or () for key, sheet in sheets.items()}
    files = {key: sheet.file for key, sheet in sheets.items()}
    links, warnings = find_links(mentions, find_checksum, files, policy)
    unread = [sheet.file for sheet in sheets.values() if sheet.mentions is None]
    return links, [*_warn("{} cannot be read as a style sheet; it is published as it is.", unread), *warnings]


def _write_urls(
    links: Iterable[StyleLink], versions: Mapping[str, str], fingerprint: Callable[[str, str], Fingerprint]
) -> dict[str, str]:
    urls = {}
    for link in links:
        version = versions[link.key] if link.checksum is None else link.checksum
        url = write_link(link, fingerprint(link.key, version))
        if url != link.mention.url:
            urls[link.mention.url] = url
    return urls


def _publish(sheet: StyleSheet, urls: Mapping[str, str], version: str) -> PublishedStyle:
    """Return a style sheet with its URLs replaced. If an earlier run made the same bytes, the file is not read."""
    written = hashlib.sha256(repr(sorted(urls.items())).encode("utf-8", "surrogateescape")).hexdigest() if urls else ""
    known = sheet.known
    if known and known.written == written:
        return PublishedStyle(sheet.file, known._replace(version=version or known.checksum), lambda: sheet.render(urls))
    body = sheet.render(urls)
    checksum = hashlib.sha256(body).hexdigest()
    facts = StyleFacts(sheet.checksum, sheet.mentions, written, version or checksum, checksum, len(body))
    return PublishedStyle(sheet.file, facts, lambda: body)


def _decode(data: bytes) -> str:
    return data.decode(*_find_codec(data))


def _find_codec(data: bytes) -> tuple[str, str]:
    """Return a style sheet's encoding, and the error handler for bytes that are not valid in it.

    A byte order mark wins over the header, which says UTF-8 for every style sheet, and the header over ``@charset``
    (CSS Syntax 3, section 3.2).
    """
    for mark, codec in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if data.startswith(mark):
            return codec, "surrogatepass"
    return "utf-8", "surrogateescape"


def _warn(sentence: str, subjects: Sequence[str]) -> Iterator[str]:
    yield from (sentence.format(subject) for subject in subjects[:MAX_LISTED])
    if (more := len(subjects) - MAX_LISTED) > 0:
        yield f"{more} more: each {sentence.format('').lstrip()}"


def _order_sheets(links: Mapping[str, Sequence[StyleLink]]) -> Iterator[list[str]]:
    """Yield the sheets in groups, each after the groups that it refers to. The sheets of a group refer to each other.

    Kosaraju's algorithm (S. R. Kosaraju, 1978; M. Sharir, 1981).
    """
    targets = {key: [link.key for link in found if link.checksum is None] for key, found in links.items()}
    users: dict[str, list[str]] = {key: [] for key in targets}
    for key, found in targets.items():
        for target in found:
            users[target].append(key)
    seen: set[str] = set()
    finished = [key for start in users for key in _walk(start, users, seen)]
    seen = set()
    for start in reversed(finished):
        if group := sorted(_walk(start, targets, seen)):
            yield group


def _walk(start: str, edges: Mapping[str, Sequence[str]], seen: set[str]) -> Iterator[str]:
    """Yield the nodes reachable from ``start`` that were not seen before, each after those that it leads to."""
    if start in seen:
        return
    seen.add(start)
    pending = [(start, iter(edges[start]))]
    while pending:
        key, rest = pending[-1]
        following = next((edge for edge in rest if edge not in seen), None)
        if following is None:
            pending.pop()
            yield key
        else:
            seen.add(following)
            pending.append((following, iter(edges[following])))
