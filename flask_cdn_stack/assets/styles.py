"""Style sheets as they are published: their references lead to the published names of what they refer to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple
from urllib.parse import unquote

from ..errors import AssetError
from ..naming import hashed_path
from .references import Reference, find_references, replace_references

#: What may be done with references that lead nowhere.
MissingReferences = Literal["error", "warn", "ignore"]

#: References of which one thing is said each; the rest are counted.
MAX_LISTED = 10

# In lower case; a sheet with none of these refers to nothing, and is not read. A backslash may hide any of them.
_MARKS = (b"url(", b"@import", b"image-set", b"src(", b"sourcemappingurl", b"\\")

# What browsers leave out of a URL (WHATWG URL Standard, "basic URL parser").
_AROUND = "".join(map(chr, range(33)))
_WITHIN = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

# What browsers take for the same in a path, and what must be written as in the key: S3 reads a plain + as a space.
_AS_IN_BROWSERS = {"\\": "/", "%2E": ".", "%2e": "."}
_AS_IN_KEYS = {"%2F": "/", "%2f": "/", "+": "%2B"}

#: Stands for the checksum of a reference cycle while it is computed.
_PLACEHOLDER = "0" * 32


class StyleSheet(NamedTuple):
    """A style sheet: its decoded URL path without leading slash, its file for messages, and its bytes."""

    key: str
    file: str
    data: bytes


class PublishedStyle(NamedTuple):
    """The bytes to publish, and their SHA-256 in hex; in a reference cycle the 32 digits that name the cycle."""

    body: bytes
    checksum: str


class Fingerprint(NamedTuple):
    """How an asset is linked: the checksum in its file name, and the one in the query; empty: none."""

    hashed: str = ""
    query: str = ""


class _URL(NamedTuple):
    path: str
    query: str
    fragment: str


class _Link(NamedTuple):
    """A reference to the asset ``key``; ``checksum`` is None where that is one of the sheets, and not known yet."""

    reference: Reference
    url: _URL
    key: str
    checksum: str | None


def publish_styles(
    sheets: Iterable[StyleSheet],
    find_checksum: Callable[[str], str | None],
    fingerprint: Callable[[str, str], Fingerprint],
    missing: MissingReferences = "warn",
) -> tuple[dict[str, PublishedStyle], tuple[str, ...]]:
    """Replace the references of style sheets; those to other hosts, schemes and a sheet's own fragments are kept.

    :param find_checksum: tells by key the checksum of an asset that is none of ``sheets``; None: no such asset.
    :param fingerprint: tells by key and checksum how an asset is linked.
    :param missing: what to do with references that lead to no asset. They are kept, unless they are an error; source
        maps never are.
    :returns: what to publish, by key, and warnings; the same whatever the order of ``sheets``.
    :raises AssetError: references lead to no asset.
    """
    by_key = _sort_sheets(sheets)
    links, warnings = _find_links(by_key, find_checksum, missing)
    published: dict[str, PublishedStyle] = {}
    checksums: dict[str, str] = {}

    def render(key: str) -> bytes:
        return _render(by_key[key], links[key], checksums, fingerprint)

    for group in _order_sheets(links):
        if len(group) > 1 or any(link.key in group for link in links[group[0]]):
            # Digests of fixed length: text that moves from the end of one sheet to the next one's start is a change.
            checksums |= dict.fromkeys(group, _PLACEHOLDER)
            digests = b"".join(hashlib.sha256(render(key)).digest() for key in group)
            checksums |= dict.fromkeys(group, hashlib.sha256(digests).hexdigest()[: len(_PLACEHOLDER)])
        for key in group:
            body = render(key)
            checksums.setdefault(key, hashlib.sha256(body).hexdigest())
            published[key] = PublishedStyle(body, checksums[key])
    return {key: published[key] for key in by_key}, tuple(warnings)


def check_references(sheets: Iterable[StyleSheet], find_asset: Callable[[str], str | None]) -> None:
    """Make sure that the references of style sheets lead somewhere; what assets are called is enough to know for that.

    :param find_asset: tells something by key of an asset that is none of ``sheets``; None: no such asset.
    :raises AssetError: some lead nowhere.
    """
    _find_links(_sort_sheets(sheets), find_asset, "error")


def _sort_sheets(sheets: Iterable[StyleSheet]) -> dict[str, StyleSheet]:
    return {sheet.key: sheet for sheet in sorted(sheets, key=lambda sheet: sheet.key)}


def _find_links(
    sheets: Mapping[str, StyleSheet], find_checksum: Callable[[str], str | None], policy: MissingReferences
) -> tuple[dict[str, list[_Link]], list[str]]:
    links: dict[str, list[_Link]] = {key: [] for key in sheets}
    missing: dict[str, list[Reference]] = {}
    maps: dict[str, list[Reference]] = {}
    unread: list[str] = []
    for sheet in sheets.values():
        try:
            references = _find_references(sheet)
        except ValueError:
            references = ()
            unread.append(sheet.file)
        for reference, url in _own_references(references):
            key = _resolve(url.path, sheet.key)
            checksum = None if key in sheets else find_checksum(key)
            if key in sheets or checksum is not None:
                links[sheet.key].append(_Link(reference, url, key, checksum))
            else:
                (maps if reference.kind == "source-map" else missing).setdefault(sheet.file, []).append(reference)
    if missing and policy == "error":
        raise _missing_error([_place(file, found) for file, all_found in missing.items() for found in all_found])
    warnings = [*_warn("{} cannot be read as a style sheet; it is published as it is.", unread)]
    return links, warnings if policy == "ignore" else [*warnings, *_missing_warnings(missing), *_map_warnings(maps)]


def _find_references(sheet: StyleSheet) -> tuple[Reference, ...]:
    lowered = sheet.data.lower()
    return find_references(_decode(sheet)) if any(mark in lowered for mark in _MARKS) else ()


def _decode(sheet: StyleSheet) -> str:
    return sheet.data.decode("utf-8", "surrogateescape")


def _own_references(references: Iterable[Reference]) -> Iterator[tuple[Reference, _URL]]:
    for reference in references:
        url = _split_url(reference.url)
        if url is not None:
            yield reference, url


def _place(file: str, reference: Reference) -> str:
    return f"{file}, line {reference.line}: {reference.url!r}"


def _missing_warnings(missing: Mapping[str, Sequence[Reference]]) -> Iterator[str]:
    for file, found in islice(missing.items(), MAX_LISTED):
        more = f" {len(found) - 1:,} more of this file do not either." if len(found) > 1 else ""
        yield f"{_place(file, found[0])} leads to no asset; the reference is kept.{more}"
    if (rest := len(missing) - MAX_LISTED) > 0:
        total = sum(map(len, missing.values()))
        yield f"{rest:,} more style sheets have such references; there are {total:,} in all."


def _map_warnings(maps: Mapping[str, Sequence[Reference]]) -> Iterator[str]:
    for file, found in islice(maps.items(), 1):
        more = f", nor do the source maps of {len(maps) - 1:,} more style sheets" if len(maps) > 1 else ""
        yield f"{_place(file, found[0])}, a source map, leads to no asset{more}."


def _missing_error(missing: Sequence[str]) -> AssetError:
    lines = [f"  {reference}" for reference in missing[:MAX_LISTED]]
    if (more := len(missing) - MAX_LISTED) > 0:
        lines.append(f"  ... and {more} more")
    return AssetError(
        "\n".join(["References in style sheets lead to no asset:", *lines]),
        "Correct them, or pass --allow-missing to keep such references as they are.",
    )


def _warn(sentence: str, subjects: Sequence[str]) -> Iterator[str]:
    yield from (sentence.format(subject) for subject in subjects[:MAX_LISTED])
    if (more := len(subjects) - MAX_LISTED) > 0:
        yield f"{more} more: each {sentence.format('').lstrip()}"


def _split_url(written: str) -> _URL | None:
    """Return the parts of a URL that may lead to an asset; None for another host or scheme, or no path."""
    rest, hash_mark, fragment = written.strip(_AROUND).translate(_WITHIN).partition("#")
    path, question_mark, query = rest.partition("?")
    path = _replace_all(path, _AS_IN_BROWSERS)
    if not path or path.startswith("//") or _SCHEME.match(path):
        return None
    return _URL(path, question_mark + query, hash_mark + fragment)


def _resolve(path: str, base: str) -> str:
    """Return the decoded key that a path leads to from the sheet ``base``; nothing climbs above the root."""
    segments = path.removeprefix("/").split("/")
    found = [] if path.startswith("/") else base.split("/")[:-1]
    for segment in segments:
        if segment == "..":
            del found[-1:]
        elif segment != ".":
            found.append(unquote(segment))
    return "/".join([*found, ""] if segments[-1] in (".", "..") else found)


def _render(
    sheet: StyleSheet,
    links: Iterable[_Link],
    checksums: Mapping[str, str],
    fingerprint: Callable[[str, str], Fingerprint],
) -> bytes:
    replacements = {}
    for link in links:
        checksum = checksums[link.key] if link.checksum is None else link.checksum
        url = _write_url(link.url, fingerprint(link.key, checksum))
        if url != link.reference.url:
            replacements[link.reference] = url
    if not replacements:
        return sheet.data
    return replace_references(_decode(sheet), replacements).encode("utf-8", "surrogateescape")


def _write_url(url: _URL, fingerprint: Fingerprint) -> str:
    path, query = _replace_all(url.path, _AS_IN_KEYS), url.query
    if fingerprint.hashed:
        path = hashed_path(path, fingerprint.hashed)
    if fingerprint.query:
        parameters = [part for part in query[1:].split("&") if part.partition("=")[0] != "c"] if query[1:] else []
        query = "?" + "&".join([*parameters, f"c={fingerprint.query}"])
    return path + query + url.fragment


def _replace_all(text: str, replacements: Mapping[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text


def _order_sheets(links: Mapping[str, Sequence[_Link]]) -> Iterator[list[str]]:
    """Yield the sheets in groups, each after those that it refers to; sheets of one group lead to each other.

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
    """Yield what is reached from ``start`` and was not seen before, each after what it leads to."""
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
