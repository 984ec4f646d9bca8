"""Invalidation paths: they cover what was replaced, and as little else as ten of them can."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.routing import Map, Rule

from flask_cdn_stack.aws.invalidations import (
    FREE_PATHS,
    check_paths,
    drop_covered,
    find_invalidations,
    is_charged,
    most_paths,
    parse_path,
    plan_invalidation,
)
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.naming import VERSIONS_FOLDER, bind_urls, build_url_path

CDN = ("d1.cloudfront.net", "cdn.shop.example")


def covers(invalidation: str, asked: str) -> bool:
    """CloudFront's rule: the same path, or one that begins with what stands before a final wildcard."""
    return asked.startswith(invalidation[:-1]) if invalidation.endswith("*") else asked == invalidation


def numbered(folder: str, count: int) -> list[str]:
    return [f"{folder}{number}.js" for number in range(count)]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        ([], ()),
        (["static/app.css"], ("/static/app.css*",)),
        (["b.js", "static/app.css"], ("/b.js*", "/static/app.css*")),
        (["app.js", "app.js.map"], ("/app.js*",)),
        (numbered("s/", 10), tuple(f"/{path}*" for path in numbered("s/", 10))),
        (numbered("s/x", 11), ("/s/*",)),
        (numbered("x", 11), ("/*",)),
        ([*numbered("s/x", 11), "s.txt"], ("/s.txt*", "/s/*")),
        ([*numbered("s/a/x", 5), *numbered("s/b/x", 6)], (*(f"/s/a/x{n}.js*" for n in range(5)), "/s/b/*")),
        ([*numbered("s/a/x", 20), *numbered("t/x", 9)], ("/s/a/*", *(f"/t/x{n}.js*" for n in range(9)))),
        ([*numbered("deep/er/x", 2), *numbered("s/x", 9)], ("/deep/er/*", *(f"/s/x{n}.js*" for n in range(9)))),
        ([*numbered("s/x", 20), *numbered("s-x/", 2)], ("/s-x/0.js*", "/s-x/1.js*", "/s/*")),
    ],
)
def test_what_covers_them(paths: list[str], found: tuple[str, ...]) -> None:
    """Each on its own up to ten, then the longest folders; the order of the paths does not matter."""
    assert tuple(sorted(found)) == find_invalidations(paths) == find_invalidations(paths[::-1])


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("%C3%A9t%c3%a9.css", "/%C3%A9t%c3%a9.css*"),
        ("%5Bx%5D%7By%7D%25.css", "/%5Bx%5D%7By%7D%25.css*"),
        ("s/logo@2x,(1)!$&'=;:_-.png", "/s/logo@2x,(1)!$&'=;:_-.png*"),
        ("s/vendors~main.js", "/s/vendors*"),
        ("s/vendors%7Emain.js", "/s/vendors*"),
        ("s/a*b.js", "/s/a*"),
        ("s/a%2Bb.js", "/s/a*"),
        ("s/a%", "/s/a*"),
        ("~x.js", "/*"),
    ],
)
def test_characters(path: str, found: str) -> None:
    """What CloudFront refuses, or may compare with another writing, comes after the wildcard."""
    assert find_invalidations([path]) == (found,)


@pytest.mark.parametrize(("is_mapped", "found"), [(False, ()), (True, ("/s/a.js*",))])
def test_versions_that_the_edge_finds(is_mapped: bool, found: tuple[str, ...]) -> None:
    """Viewers have asked for other paths, which count as well."""
    paths = (f"{VERSIONS_FOLDER}/0123456789abcdef/s/a.js", "s/b.0123456789.js")
    own = {f"/{path}*" for path in paths}

    assert set(plan_invalidation(paths, 0, is_mapped=is_mapped).paths) == own | set(found)


def test_long_paths() -> None:
    """End in time, and not within an escape."""
    (found,) = find_invalidations(["%C3%A9" * 1000])

    assert len(found) <= 4000
    assert re.fullmatch(r"/(%C3|%A9)+\*", found)


NAMES = ["app.css", "a b.js", "été.svg", "x~y.js", "a*b", "1+1.js", "[z].css", "50%.png", "lib", "lib.js", "#.js", "~"]


def random_paths(chance: random.Random) -> list[str]:
    """Return the URL paths, as an app writes them, of files in a random tree."""
    urls = bind_urls(Map([Rule("/<path:filename>", endpoint="static")]))
    folders = [
        f"{chance.choice('abcdefghijklm')}{chance.choice(['', '-', ' x'])}" for _ in range(chance.randint(1, 14))
    ]
    files = set()
    for _ in range(chance.choice([0, 1, 5, 10, 11, 12, 30, 200])):
        depth = min(chance.randint(0, 4), len(folders))
        name = chance.choice(NAMES) if chance.random() < 0.3 else f"{chance.randint(0, 60)}.js"
        files.add("/".join([*chance.choices(folders, k=depth), name]))
    return [build_url_path(urls, "static", {"filename": file}).removeprefix("/") for file in files]


def parts_of(invalidation: str, paths: Sequence[str]) -> set[str]:
    """Return what the paths below a folder could be covered by, one level down."""
    below = {f"/{path}"[len(invalidation) - 1 :] for path in paths if covers(invalidation, f"/{path}")}
    return {re.sub(r"(?<=/).*", "", path) for path in below}


@settings(max_examples=100)
@given(chance=st.randoms(use_true_random=True))
def test_the_laws(chance: random.Random) -> None:
    """Everything is covered in the form that CloudFront takes, and no folder that could be divided is left whole."""
    paths = random_paths(chance)

    found = find_invalidations(paths)

    assert len(found) <= 10
    assert all(any(covers(one, f"/{path}?v=1") for one in found) for path in paths)
    assert all(any(covers(one, f"/{path}") for path in paths) for one in found)
    assert not any(covers(one, other) for one in found for other in found if one != other)
    for one in found:
        assert re.fullmatch(r"/[^\s<>\"#{}|\\^~\[\]`*?]*\*", one), one
        assert one.isascii()
        if one.endswith("/*") and not any(re.search(r"[~*]|%2B", path) for path in paths):
            parts = parts_of(one, paths)
            assert len(parts) != 1, "a longer folder holds them all"
            assert len(found) - 1 + len(parts) > 10, (one, parts)


@pytest.mark.parametrize(
    ("asked", "most"), [(0, 10), (500, 10), (501, 9), (550, 9), (551, 8), (900, 2), (901, 1), (1000, 1), (9999, 1)]
)
def test_most_paths(asked: int, most: int) -> None:
    """Ten for half of the month's free paths, then a fiftieth of what is left, and one in any case."""
    assert most_paths(asked) == most


def test_a_month_of_deploys() -> None:
    """However much each of them changes, more than 200 cost nothing, and no free path is left unused."""
    asked, deploys = 0, 0
    while not is_charged(paths := find_invalidations(numbered("s/x", 10), asked), asked):
        asked, deploys = asked + len(paths), deploys + 1

    assert (asked, paths) == (FREE_PATHS, ("/s/*",))
    assert deploys > 200


@pytest.mark.parametrize(
    ("paths", "asked", "charged"),
    [((), 1000, False), (("/a*",), 999, False), (("/a*",), 1000, True), (("/a*", "/b*"), 999, True)],
)
def test_charged(paths: tuple[str, ...], asked: int, charged: bool) -> None:
    """Whatever comes after the 1,000th of a month."""
    assert is_charged(paths, asked) is charged


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (750, ("/s/css/a.css*", "/s/css/b.css*", "/s/js/x/0.js*", "/s/js/x/1.js*", "/s/js/y.js*")),
        (800, ("/s/css/a.css*", "/s/css/b.css*", "/s/js/x/*", "/s/js/y.js*")),
        (850, ("/s/css/a.css*", "/s/css/b.css*", "/s/js/*")),
        (900, ("/s/css/*", "/s/js/*")),
        (901, ("/s/*",)),
    ],
)
def test_late_in_the_month(asked: int, found: tuple[str, ...]) -> None:
    """The folders are higher the fewer paths are left, and in the end it is the longest one that holds them all."""
    paths = ["s/css/a.css", "s/css/b.css", "s/js/y.js", *numbered("s/js/x/", 2)]

    assert find_invalidations(paths, asked) == found
    assert find_invalidations(["s/js/y.js"], asked) == ("/s/js/y.js*",)
    assert find_invalidations([], asked) == ()


def test_many_paths_are_quick() -> None:
    """100,000 take no longer than a second request would."""
    chance = random.Random(1)
    paths = [f"s/{chance.randint(0, 8)}/{chance.randint(0, 99)}/{number}.js" for number in range(100_000)]
    began = time.process_time()

    found = find_invalidations(paths)

    assert found == tuple(f"/s/{number}/*" for number in range(9))
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("/static/app.css", "/static/app.css"),
        (" /static/* ", "/static/*"),
        ("*", "/*"),
        ("/app.css?v=1", "/app.css?v=1"),
        ("/a b/é.css", "/a%20b/%C3%A9.css"),
        ("/50%/100%zz[1]", "/50%25/100%25zz%5B1%5D"),
        ("/" + "x" * 3998 + "*", "/" + "x" * 3998 + "*"),
        ("HTTP://CDN.shop.example/a?b=c", "/a?b=c"),
        ("//cdn.shop.example/a", "/a"),
        ("cdn.shop.example/a", "/a"),
        ("shop.example/a", "/shop.example/a"),
        ("/a\udcff", "/a%FF"),
    ],
)
def test_a_users_path(value: str, path: str) -> None:
    """Is understood as it was meant."""
    assert parse_path(value, CDN) == path
    assert parse_path(path, CDN) == path


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("", "it is empty", "/*"),
        ("/static/*.css", "* may only be the last character", "Write /static/* instead."),
        ("/vendors~main.js", "takes no ~", "Write /vendors* instead."),
        ("/vendors%7emain.js", "takes no ~", "Write /vendors* instead."),
        ("/a.css#top", "a path has no #", "%23"),
        ("//shop.example/a", "it does not lie on the CDN (d1.cloudfront.net, cdn.shop.example)", "the path alone"),
        ("/" + "x" * 4000, "it has 4001 characters, and 4000 are allowed", "*"),
        ("/" + "é" * 700, "it has 4201 characters", "*"),
    ],
)
def test_a_users_path_that_cannot_be(value: str, message: str, hint: str) -> None:
    """Is refused with the rule, the page it is from, and what to write."""
    with pytest.raises(SettingsError) as caught:
        parse_path(value, CDN)

    assert caught.value.message.startswith(f"--invalidate {value[:100]!r}"[:100])
    assert message in caught.value.message
    assert "CloudFront developer guide" in caught.value.message
    assert len(caught.value.message) < 400
    assert hint in caught.value.hint


def test_a_users_paths() -> None:
    """Each that is needed, once; five wildcards at most, as a deploy's own count too."""
    assert check_paths(["/b", "a", "/a", "/s/x.css*", "https://d1.cloudfront.net/s/*"], CDN) == ("/b", "/a", "/s/*")
    assert len(check_paths([f"/{number}/*" for number in range(5)], CDN)) == 5
    with pytest.raises(SettingsError, match=r"6 paths end in \*, and 5 may"):
        check_paths([f"/{number}/*" for number in range(6)], CDN)
    assert len(check_paths([f"/{number}" for number in range(3000)], CDN)) == 3000
    with pytest.raises(SettingsError, match="3001 paths are named, and CloudFront works on 3000 at a time"):
        check_paths(["/*", *(f"x{number}" for number in range(3001))][1:], CDN)


def test_covered_paths_are_left_out() -> None:
    """Of a deploy's and a user's together."""
    assert drop_covered(["/a*", "/ab", "/a*", "/b", "/abc*", "/b"]) == ("/a*", "/b")
    assert drop_covered(["/a", "/*", "/b*"]) == ("/*",)
    assert drop_covered([]) == ()
