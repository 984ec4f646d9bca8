"""Finds the paths of an invalidation, in CloudFront's form.

An invalidation path begins with a slash, has at most 4,000 characters, and takes ``*`` only as its last character,
where it matches any characters, including a query string (CloudFront developer guide, "What you need to know when
invalidating paths"). The first 1,000 paths of a month are free, over all distributions of an account, and a path with
a wildcard counts as one (CloudFront developer guide, "Pay for file invalidation").
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, NoReturn
from urllib.parse import quote

from ..checks.quotas import MAX_ACTIVE_PATHS, MAX_ACTIVE_WILDCARDS
from ..errors import SettingsError
from ..naming import plain_path
from ..quantities import count

#: Most wildcards that a deploy needs itself, and most that a user may add.
MAX_WILDCARDS = 10
MAX_ASKED_WILDCARDS = MAX_ACTIVE_WILDCARDS - MAX_WILDCARDS

#: Paths that are free each month.
FREE_PATHS = 1000

#: A run uses at most one in this many of the free paths that are left: ten while at least half of them are left, fewer
#: later, but always one.
SHARE = 50

#: Most characters of a path, with its slash and its wildcard.
MAX_PATH = 4000

_PAGE = '(CloudFront developer guide, "What you need to know when invalidating paths")'

# Characters that CloudFront compares as they are written: what RFC 1738 calls unsafe as an escape, the rest as it is.
# Not a tilde: CloudFront refuses a plain one, and its escape does not match the plain one that browsers send. Neither
# *, which would be a wildcard, nor the %2B that naming.py writes for a plus.
_CERTAIN = re.compile(
    r"(?:[!$&'()+,./:;=@\w-]|%(?:[01][0-9A-F]|2[0235]|3[CE]|5[B-E]|60|7[BCDF]|[89A-F][0-9A-F]))*",
    re.ASCII | re.IGNORECASE,
)
_URL_START = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_TILDE = re.compile(r"~|%7E", re.IGNORECASE)


class Invalidation(NamedTuple):
    """An invalidation, planned or created.

    ``paths`` are in CloudFront's form; ``id`` is empty before it is created, and without a distribution. ``charged``
    says that it needs more paths than are free in this month.
    """

    paths: tuple[str, ...] = ()
    id: str = ""
    charged: bool = False


def most_paths(asked: int) -> int:
    """Return how many paths a run may invalidate: ten, or fewer if few free ones are left, but always one.

    :param asked: number of paths that were invalidated in this month.
    """
    return min(MAX_WILDCARDS, max(1, (FREE_PATHS - asked) // SHARE))


def is_charged(paths: Collection[str], asked: int) -> bool:
    """Return whether CloudFront charges for any of ``paths``, after ``asked`` others in this month."""
    return bool(paths) and asked + len(paths) > FREE_PATHS


def plan_invalidation(paths: Iterable[str], asked: int, *, is_mapped: bool = False) -> Invalidation:
    """Return an invalidation that covers URL paths, as :func:`find_invalidations` does, and whether it is charged.

    :param asked: number of paths that were invalidated in this month.
    :param is_mapped: a function at the edge finds versions by the query. The viewer's path must then be invalidated,
        too (CloudFront developer guide, "What you need to know when invalidating files").
    """
    paths = set(paths)
    found = find_invalidations(paths.union(map(plain_path, paths)) if is_mapped else paths, asked)
    return Invalidation(found, charged=is_charged(found, asked))


def find_invalidations(paths: Iterable[str], asked: int = 0) -> tuple[str, ...]:
    """Return invalidation paths that cover every one of ``paths``, with any query string.

    Up to :func:`most_paths` of them get a path each, cut off with a wildcard before the first character that CloudFront
    and a viewer may write differently. More are covered by their common folders: beginning at the root, a folder is
    divided into what it contains as long as that gives no more paths than allowed, those nearest to the root first.

    :param paths: percent-encoded URL paths without leading slash.
    :param asked: number of paths that were invalidated in this month.
    """
    most = most_paths(asked)
    stems = _sort_uncovered("/" + _certain_part(path) for path in paths)
    groups = [range(len(stems))] if stems else []
    while divided := _divide_one(stems, groups, most):
        groups = divided
    return tuple(f"{_stem(stems, group)}*" for group in groups)


def check_paths(values: Iterable[str], domains: Collection[str]) -> tuple[str, ...]:
    """Return a user's own invalidation paths in CloudFront's form, in their order, without those that others cover.

    They are invalidated even if no free paths are left, and are not counted: that would take two more requests to S3,
    and with ``origin: app`` there is no record to count them in.

    :param domains: hosts of the CDN; a value may be a URL on one of them.
    :raises SettingsError: a path is not allowed, or there are too many, or too many wildcards.
    """
    paths = drop_covered([parse_path(value, domains) for value in values])
    wildcards = [path for path in paths if path.endswith("*")]
    if len(wildcards) > MAX_ASKED_WILDCARDS:
        raise SettingsError(
            f"--invalidate: {count(len(wildcards), 'path')} end in *, and {MAX_ASKED_WILDCARDS} may: CloudFront works "
            f"on {MAX_ACTIVE_WILDCARDS} such paths at a time, and a deploy needs up to {MAX_WILDCARDS} "
            'itself (CloudFront developer guide, "Quotas").',
            "Name folders that hold several of them, such as /static/*, or /* for everything.",
        )
    if (named := len(paths) - len(wildcards)) > MAX_ACTIVE_PATHS:
        raise SettingsError(
            f"--invalidate: {named} paths are named, and CloudFront works on {MAX_ACTIVE_PATHS} at a time for a "
            'distribution (CloudFront developer guide, "Quotas").',
            "Name folders that hold many of them, such as /static/*, which counts as one.",
        )
    return paths


def parse_path(value: str, domains: Collection[str]) -> str:
    """Return one of a user's paths in CloudFront's form.

    The value may lack the leading slash, or be a URL on the CDN. Characters that have to be are percent-encoded;
    escapes in the value are kept.

    :raises SettingsError: it has a wildcard before its end, is too long, or is on another host.
    """
    path = _path_of(value.strip(), value, domains)
    encoded = quote(path, safe="%/!$&'()*+,:;=?@", errors="surrogateescape")
    encoded = re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", encoded)
    if "*" in encoded[:-1]:
        _refuse(value, "* may only be the last character", f"Write {encoded[: encoded.index('*')]}* instead.")
    if tilde := _TILDE.search(encoded):
        _refuse(value, "CloudFront takes no ~", f"Write {encoded[: tilde.start()]}* instead.")
    if len(encoded) > MAX_PATH:
        _refuse(value, f"it has {len(encoded)} characters, and {MAX_PATH} are allowed", "End it earlier, with a *.")
    return encoded


def drop_covered(paths: Iterable[str]) -> tuple[str, ...]:
    """Return invalidation paths without those that are repeated, or covered by another one's wildcard."""
    unique = tuple(dict.fromkeys(paths))
    stems = {path: path[:-1] for path in unique if path.endswith("*")}
    return tuple(
        path for path in unique if not any(path.startswith(stem) and path != other for other, stem in stems.items())
    )


def _certain_part(path: str) -> str:
    match = _CERTAIN.match(path, 0, MAX_PATH - len("/*"))
    return match[0] if match else ""


def _sort_uncovered(stems: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for stem in sorted(set(stems)):
        if not kept or not stem.startswith(kept[-1]):
            kept.append(stem)
    return kept


def _stem(stems: Sequence[str], group: range) -> str:
    """Return the only path of a group, or the deepest folder that contains all its paths."""
    if len(group) == 1:
        return stems[group.start]
    first, last = stems[group.start], stems[group[-1]]
    # No stem is the beginning of another, so these two differ somewhere.
    shared = next(place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: first.rindex("/", 0, shared) + 1]


def _divide_one(stems: Sequence[str], groups: Sequence[range], most: int) -> list[range] | None:
    """Divide the group whose folder covers most other paths: the one nearest to the root, then with fewest parts."""
    most -= len(groups) - 1
    found: list[tuple[int, int, int, list[range]]] = []
    for group in groups:
        folder = _stem(stems, group)
        parts = _parts(stems, group, folder, most) if len(group) > 1 else []
        if parts:
            found.append((folder.count("/"), len(parts), group.start, parts))
    if not found:
        return None
    _, _, start, parts = min(found)
    others = [group for group in groups if group.start != start]
    return sorted([*others, *parts], key=lambda group: group.start)


def _parts(stems: Sequence[str], group: range, folder: str, most: int) -> list[range]:
    """Return the entries of a group's folder, as groups; none if there are more than ``most``."""
    parts: list[range] = []
    start = group.start
    while start < group.stop:
        if len(parts) == most:
            return []
        name, slash, _ = stems[start][len(folder) :].partition("/")
        # "0" follows "/" in ASCII, so everything in a folder sorts between the two.
        stop = bisect_left(stems, f"{folder}{name}0", start, group.stop) if slash else start + 1
        parts.append(range(start, stop))
        start = stop
    return parts


def _path_of(text: str, value: str, domains: Collection[str]) -> str:
    if not text:
        _refuse(value, "it is empty", "Write a path such as /static/app.css, or /* for everything.")
    if "#" in text:
        _refuse(value, "a path has no #", "Write %23 for one in the name of a file.")
    rest = _URL_START.sub("", text, count=1) if _URL_START.match(text) else text
    host, _, path = rest.partition("/")
    if host.lower() in {domain.lower() for domain in domains}:
        return f"/{path}"
    if rest != text:
        _refuse(value, f"it does not lie on the CDN ({', '.join(domains)})", "Write the path alone.")
    return text if text.startswith("/") else f"/{text}"


def _refuse(value: str, rule: str, hint: str) -> NoReturn:
    shown = value if len(value) <= 100 else f"{value[:100]}..."
    raise SettingsError(f"--invalidate {shown!r}: {rule} {_PAGE}.", hint)
