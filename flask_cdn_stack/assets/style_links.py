"""Resolves the references of style sheets to assets, and writes them as they are published."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple
from urllib.parse import unquote

from ..errors import AssetError
from ..naming import hashed_path
from .references import Reference

#: The values of ``assets.missing_references``.
MissingReferences = Literal["error", "warn", "ignore"]

#: Most references that are named in warnings of one kind; the rest are counted.
MAX_LISTED = 10

# Characters that browsers remove from a URL (WHATWG URL Standard, "basic URL parser").
_AROUND = "".join(map(chr, range(33)))
_WITHIN = str.maketrans("", "", "\t\n\r")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

# Characters that need no percent-encoding in a path. A plus needs it: S3 reads a plain + as a space.
_AS_IN_BROWSERS = {"\\": "/", "%2E": ".", "%2e": "."}
_AS_IN_KEYS = {"%2F": "/", "%2f": "/", "+": "%2B"}


class Mention(NamedTuple):
    """A URL as a style sheet writes it, with the ``line`` of its first reference and the number of references."""

    url: str
    kind: str
    line: int
    times: int = 1


class Fingerprint(NamedTuple):
    """The checksum in an asset's file name, and the one in its query; empty if there is none."""

    hashed: str = ""
    query: str = ""


class _URL(NamedTuple):
    path: str
    query: str
    fragment: str


class StyleLink(NamedTuple):
    """A mention of the asset ``key``; ``checksum`` is None for a style sheet, whose checksum is not known yet."""

    mention: Mention
    url: _URL
    key: str
    checksum: str | None


def find_mentions(references: Iterable[Reference]) -> tuple[Mention, ...]:
    """Return the URLs of references, each once, in order of first mention."""
    found: dict[tuple[str, str], Mention] = {}
    for reference in references:
        name = reference.url, reference.kind
        before = found.get(name)
        found[name] = before._replace(times=before.times + 1) if before else Mention(*name, reference.line)
    return tuple(found.values())


def find_links(
    mentions: Mapping[str, Sequence[Mention]],
    find_checksum: Callable[[str], str | None],
    files: Mapping[str, str],
    policy: MissingReferences,
) -> tuple[dict[str, list[StyleLink]], list[str]]:
    """Return the assets that style sheets refer to, by the sheet's key, and warnings of references to missing files.

    :param mentions: the URLs in the sheets, by key.
    :param find_checksum: returns the checksum of an asset other than these sheets by its key; None: no such asset.
    :param files: the sheets' names in messages, by key.
    :param policy: what to do with references that lead to no asset. Missing source maps are never an error.
    :raises AssetError: references lead to no asset.
    """
    links: dict[str, list[StyleLink]] = {key: [] for key in mentions}
    missing: dict[str, list[Mention]] = {}
    maps: dict[str, list[Mention]] = {}
    misspelt: list[str] = []
    for sheet, mention, url in _own_mentions(mentions):
        key = resolve_path(url.path, sheet)
        checksum = None if key in mentions else find_checksum(key)
        if key in mentions or checksum is not None:
            links[sheet].append(StyleLink(mention, url, key, checksum))
        else:
            where = maps if mention.kind == "source-map" else missing
            where.setdefault(files[sheet], []).append(mention)
            if other := _find_spelling(key, lambda name: name in mentions or find_checksum(name) is not None):
                misspelt.append(f"{_place(files[sheet], mention)} is written {other!a} in the file's name.")
    if missing and policy == "error":
        raise _missing_error([_place(file, found) for file, all_found in missing.items() for found in all_found])
    return links, [] if policy == "ignore" else [
        *_missing_warnings(missing),
        *misspelt[:MAX_LISTED],
        *_map_warnings(maps),
    ]


def write_link(link: StyleLink, fingerprint: Fingerprint) -> str:
    """Return the URL by which a published style sheet refers to an asset."""
    path, query = _replace_all(link.url.path, _AS_IN_KEYS), link.url.query
    if fingerprint.hashed:
        path = hashed_path(path, fingerprint.hashed)
    if fingerprint.query:
        parameters = [part for part in query[1:].split("&") if part.partition("=")[0] != "c"] if query[1:] else []
        query = "?" + "&".join([*parameters, f"c={fingerprint.query}"])
    return path + query + link.url.fragment


def warn_of_shapes(links: Mapping[str, Iterable[StyleLink]]) -> Iterator[str]:
    """Yield a warning if style sheets apply parts of SVG files that come from another origin than the page.

    :param links: the links by the sheet's file.
    """
    places = [_place(file, link.mention) for file, found in links.items() for link in found if _is_shape(link)]
    if places:
        more = [f"and {len(places) - MAX_LISTED:,} more"] if len(places) > MAX_LISTED else []
        yield (
            "Style sheets apply parts of SVG files, which browsers take from the page's own origin only (CSS Masking, "
            "Filter Effects): nothing is drawn. Name style sheet and SVG file in assets.local, or put the part into "
            "the pages:\n" + "\n".join(f"  {place}" for place in [*places[:MAX_LISTED], *more])
        )


def _is_shape(link: StyleLink) -> bool:
    return link.mention.kind == "shape" and link.key.lower().endswith(".svg")


def resolve_path(path: str, base: str) -> str:
    """Return the decoded key that a path leads to from the sheet ``base``; ``..`` stops at the root."""
    segments = path.removeprefix("/").split("/")
    found = [] if path.startswith("/") else base.split("/")[:-1]
    for segment in segments:
        if segment == "..":
            del found[-1:]
        elif segment != ".":
            found.append(unquote(segment))
    return "/".join([*found, ""] if segments[-1] in (".", "..") else found)


def _find_spelling(key: str, is_asset: Callable[[str], bool]) -> str:
    """Return the key of an asset whose name looks the same but has other code points; empty if there is none.

    File systems differ in their Unicode normalization of names (Unicode Standard Annex 15); Flask does not normalise.
    """
    others = (unicodedata.normalize(form, key) for form in ("NFC", "NFD")) if not key.isascii() else ()
    return next((other for other in others if other != key and is_asset(other)), "")


def _own_mentions(mentions: Mapping[str, Sequence[Mention]]) -> Iterator[tuple[str, Mention, _URL]]:
    for sheet, found in mentions.items():
        for mention in found:
            if (url := _split_url(mention.url)) is not None:
                yield sheet, mention, url


def _place(file: str, mention: Mention) -> str:
    return f"{file}, line {mention.line}: {mention.url!r}"


def _missing_warnings(missing: Mapping[str, Sequence[Mention]]) -> Iterator[str]:
    for file, found in islice(missing.items(), MAX_LISTED):
        more = f" {count - 1:,} more of this file do not either." if (count := _count(found)) > 1 else ""
        yield f"{_place(file, found[0])} leads to no asset; the reference is kept.{more}"
    if (rest := len(missing) - MAX_LISTED) > 0:
        total = sum(map(_count, missing.values()))
        yield f"{rest:,} more style sheets have such references; there are {total:,} in all."


def _count(mentions: Iterable[Mention]) -> int:
    return sum(mention.times for mention in mentions)


def _map_warnings(maps: Mapping[str, Sequence[Mention]]) -> Iterator[str]:
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


def _split_url(written: str) -> _URL | None:
    """Return the parts of a URL that may lead to an asset; None if it has another host or scheme, or no path."""
    rest, hash_mark, fragment = written.strip(_AROUND).translate(_WITHIN).partition("#")
    path, question_mark, query = rest.partition("?")
    path = _replace_all(path, _AS_IN_BROWSERS)
    if not path or path.startswith("//") or _SCHEME.match(path):
        return None
    return _URL(path, question_mark + query, hash_mark + fragment)


def _replace_all(text: str, replacements: Mapping[str, str]) -> str:
    for old, new in replacements.items():
        text = text.replace(old, new)
    return text
