"""Which paths the edge has to forget, in the form that CloudFront takes.

An invalidation path begins with a slash, has at most 4,000 characters, and takes ``*`` only as its last character,
where it stands for any characters, those of a query string among them (CloudFront developer guide, "What you need to
know when invalidating paths"). The first 1,000 paths of a month are free, over all distributions of an account, and
one with a wildcard counts as one (CloudFront developer guide, "Pay for file invalidation").
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

#: Wildcards that a deploy asks for by itself, and those that a user may add.
MAX_WILDCARDS = 10
MAX_ASKED_WILDCARDS = MAX_ACTIVE_WILDCARDS - MAX_WILDCARDS

#: Paths that are free each month.
FREE_PATHS = 1000

#: A run asks for at most this part of what is left of them. With a fiftieth there are ten for a run as long as half of
#: them are left, and one for each of the last hundred runs.
SHARE = 50

#: Longest path, with its slash and its wildcard.
MAX_PATH = 4000

_PAGE = '(CloudFront developer guide, "What you need to know when invalidating paths")'

# Characters as CloudFront compares them: escapes of what RFC 1738 calls unsafe, anything else as it is. The tilde is
# not among them: RFC 1738 calls it unsafe, so a plain one is refused, but browsers ask with a plain one, which its
# escape does not match. Neither is *, which would be a wildcard, nor the %2B by which naming.py writes a plus.
_CERTAIN = re.compile(
    r"(?:[!$&'()+,./:;=@\w-]|%(?:[01][0-9A-F]|2[0235]|3[CE]|5[B-E]|60|7[BCDF]|[89A-F][0-9A-F]))*",
    re.ASCII | re.IGNORECASE,
)
_URL_START = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_TILDE = re.compile(r"~|%7E", re.IGNORECASE)


class Invalidation(NamedTuple):
    """What a CDN is asked to forget.

    ``paths`` are in its own form; ``id`` is the request's, empty before, and where nobody can be asked. ``charged``
    says that the month has no free paths left for it.
    """

    paths: tuple[str, ...] = ()
    id: str = ""
    charged: bool = False


def most_paths(asked: int) -> int:
    """Return how many paths a run may ask for: ten, or fewer where little is left of the month, but always one.

    :param asked: how many were asked for in this month.
    """
    return min(MAX_WILDCARDS, max(1, (FREE_PATHS - asked) // SHARE))


def is_charged(paths: Collection[str], asked: int) -> bool:
    """Say whether CloudFront charges for any of ``paths``, after those that were asked for in this month."""
    return bool(paths) and asked + len(paths) > FREE_PATHS


def plan_invalidation(paths: Iterable[str], asked: int, *, is_mapped: bool = False) -> Invalidation:
    """Return an invalidation that covers URL paths, as :func:`find_invalidations` finds it, and what it costs.

    :param is_mapped: the edge finds versions by the query. The path that they asked for then counts as well
        (CloudFront developer guide, "What you need to know when invalidating files").
    """
    paths = set(paths)
    found = find_invalidations(paths.union(map(plain_path, paths)) if is_mapped else paths, asked)
    return Invalidation(found, charged=is_charged(found, asked))


def find_invalidations(paths: Iterable[str], asked: int = 0) -> tuple[str, ...]:
    """Return invalidation paths that cover every one of ``paths``, with any query string.

    As many as :func:`most_paths` allows are named each on its own, except that a wildcard stands before the first
    character that CloudFront and a viewer may write differently. More than that are covered by the folders that they
    share, beginning at the root: a folder is divided into what it holds as long as there are no more than allowed,
    those nearest to the root first.

    :param paths: percent-encoded URL paths without leading slash.
    :param asked: how many were asked for in this month.
    """
    most = most_paths(asked)
    stems = _sort_uncovered("/" + _certain_part(path) for path in paths)
    groups = [range(len(stems))] if stems else []
    while divided := _divide_one(stems, groups, most):
        groups = divided
    return tuple(f"{_stem(stems, group)}*" for group in groups)


def check_paths(values: Iterable[str], domains: Collection[str]) -> tuple[str, ...]:
    """Return a user's own invalidation paths in CloudFront's form, in their order, each needed one once.

    They are asked for as they are, however little is left of the month, and not counted: that would take two more
    requests to S3, and with ``origin: app`` there is no record to count them in.

    :param domains: hosts of the CDN, of which a value may be a URL.
    :raises SettingsError: one of them is not allowed, or there are too many wildcards.
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

    The leading slash may be missing, a URL of the CDN may stand for its path, and characters that must be
    percent-encoded are; an escape that is there already is kept.

    :raises SettingsError: it has a wildcard before its end, is too long, or lies on another host.
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
    """Leave out invalidation paths that are there twice or covered by another one's wildcard."""
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
    """Return the one path of a group, or the longest folder that all of its paths lie in."""
    if len(group) == 1:
        return stems[group.start]
    first, last = stems[group.start], stems[group[-1]]
    # None of the stems is the beginning of another, so these two differ somewhere.
    shared = next(place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: first.rindex("/", 0, shared) + 1]


def _divide_one(stems: Sequence[str], groups: Sequence[range], most: int) -> list[range] | None:
    """Divide the group that covers most beside its paths: nearest to the root, then in the fewest parts."""
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
    """Return what lies directly in a group's folder, as groups; nothing where that is more than ``most``."""
    parts: list[range] = []
    start = group.start
    while start < group.stop:
        if len(parts) == most:
            return []
        name, slash, _ = stems[start][len(folder) :].partition("/")
        # "0" follows "/" in ASCII: all that lies in a folder stands between the two.
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
