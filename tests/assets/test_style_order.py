"""Style sheets that refer to each other: one after the other, or all at once where they form a cycle."""

from __future__ import annotations

import hashlib
import re
from random import Random
from urllib.parse import unquote, urljoin, urlsplit

from hypothesis import example, given
from hypothesis import strategies as st

from flask_cdn_stack.assets.references import find_references
from flask_cdn_stack.assets.style_links import Fingerprint
from flask_cdn_stack.assets.styles import PublishedStyle, StyleSheet, publish_styles
from flask_cdn_stack.naming import hashed_path

FILES = {"a.png": "aaaa", "img/a b.png": "bbbb", "img/deep/+.eot": "cccc"}
KEYS = ["a.css", "b.css", "css/a.css", "css/b ü.css", "css/deep/c.min.css"]


def in_name(key: str, checksum: str) -> Fingerprint:
    return Fingerprint(hashed=checksum[:16])


def publish(sources: dict[str, str], files: dict[str, str] = FILES) -> dict[str, PublishedStyle]:
    """Publish sheets by key in path mode."""
    sheets = [StyleSheet(key, key, css.encode()) for key, css in sources.items()]
    published, warnings = publish_styles(sheets, files.get, in_name)
    assert warnings == ()
    return published


def checksums(sources: dict[str, str], files: dict[str, str] = FILES) -> dict[str, str]:
    """Publish, and return the checksums."""
    return {key: style.version for key, style in publish(sources, files).items()}


def importing(*keys: str) -> str:
    return "".join(f"@import '/{key}';" for key in keys)


def test_a_chain() -> None:
    """A sheet is published after the one that it imports, and its name changes with anything behind it."""
    sources = {"a.css": importing("b.css"), "b.css": importing("c.css"), "c.css": "a{b:url(a.png)}"}
    published = publish(sources)
    last = hashlib.sha256(b"a{b:url(a.aaaa.png)}").hexdigest()
    assert published["c.css"].version == last
    assert published["b.css"].body == f"@import '/c.{last[:16]}.css';".encode()
    assert all(style.version == hashlib.sha256(style.body).hexdigest() for style in published.values())
    changed = checksums(sources, {"a.png": "new"})
    assert all(changed[key] != published[key].version for key in sources)


def test_a_cycle() -> None:
    """Its sheets share a checksum of 32 digits, which changes with each of them and with what they lead to."""
    sources = {
        "a.css": importing("b.css"),
        "b.css": importing("c.css", "d.css"),
        "c.css": importing("a.css"),
        "d.css": "a{b:url(a.png)}",
        "e.css": importing("a.css"),
    }
    published = publish(sources)
    shared = published["a.css"].version
    assert re.fullmatch("[0-9a-f]{32}", shared)
    assert [published[key].version == shared for key in sources] == [True, True, True, False, False]
    assert published["c.css"].body == f"@import '/a.{shared[:16]}.css';".encode()
    assert published["e.css"].version == hashlib.sha256(published["e.css"].body).hexdigest()

    for key in ("a.css", "b.css", "c.css", "d.css"):
        assert checksums({**sources, key: sources[key] + " "})["a.css"] != shared
    assert checksums(sources, {"a.png": "new"})["a.css"] != shared
    assert checksums({**sources, "e.css": sources["e.css"] + " "})["a.css"] == shared


def test_the_name_of_a_cycle() -> None:
    """Is made of its sheets in the order of their keys, with zeros where their own checksum would stand."""
    keys = [f"{letter}.css" for letter in "hgfedcba"]
    sources = {key: importing(following) for key, following in zip(keys, [*keys[1:], keys[0]], strict=True)}
    digest = hashlib.sha256()
    for key in sorted(keys):
        digest.update(hashlib.sha256(sources[key].replace(".css", f".{'0' * 16}.css").encode()).digest())
    assert set(checksums(sources).values()) == {digest.hexdigest()[:32]}


def test_a_sheet_that_refers_to_itself() -> None:
    """Is a cycle of one."""
    style = publish({"css/a.css": "a{b:url(a.css#x)}"})["css/a.css"]
    assert len(style.version) == 32
    assert style.body == f"a{{b:url(a.{style.version[:16]}.css#x)}}".encode()


def test_long_chains_and_cycles() -> None:
    """Thousands of sheets are followed without calls within calls."""
    keys = [f"{number}.css" for number in range(5_000)]
    chain = {key: importing(following) for key, following in zip(keys, [*keys[1:], "a.css"], strict=True)}
    ended = {**chain, "a.css": ""}
    closed = {**chain, "a.css": importing(keys[0])}
    assert len(set(checksums(ended).values())) == len(ended)
    assert len(set(checksums(closed).values())) == 1


SITES = st.dictionaries(
    st.sampled_from(KEYS),
    st.lists(
        st.sampled_from(
            ["/a.png", "/img/a%20b.png", "/img/deep/%2B.eot?#iefix", "/img/deep/+.eot?v=1", "/../a.png#x",
             "/css/b ü.css", "/css/b%20%C3%BC.css", "/css/../css/./a.css", *(f"/{key}" for key in KEYS)]
        ),
        max_size=4,
    ),
)  # fmt: skip


def source_of(urls: list[str], keys: set[str]) -> str:
    """Return a sheet that refers to those of the URLs that lead to an asset."""
    targets = {*FILES, *keys}
    existing = [url for url in urls if unquote(urlsplit(urljoin("http://cdn", url)).path)[1:] in targets]
    return "".join(f"a{{b:url('{url}')}}" for url in existing)


@given(SITES)
@example({"a.css": ["/b.css"], "b.css": ["/a.css", "/css/a.css"], "css/a.css": ["/a.png", "/img/deep/+.eot?v=1"]})
def test_every_reference_leads_to_a_published_name(site: dict[str, list[str]]) -> None:
    """Resolved as browsers do, from the name that its own sheet was given."""
    published = publish({key: source_of(urls, set(site)) for key, urls in site.items()})
    names = {hashed_path(key, checksum[:16]) for key, checksum in FILES.items()}
    names |= {hashed_path(key, style.version[:16]) for key, style in published.items()}
    for key, style in published.items():
        for reference in find_references(style.body.decode()):
            assert "+" not in reference.url
            assert unquote(urlsplit(urljoin(f"http://cdn/{key}", reference.url)).path)[1:] in names


@given(SITES, st.randoms(use_true_random=False))
def test_order_does_not_matter(site: dict[str, list[str]], random: Random) -> None:
    """Equal sheets are equally published, in the same order."""
    sources = {key: source_of(urls, set(site)) for key, urls in site.items()}
    shuffled = list(sources)
    random.shuffle(shuffled)
    once, again = publish(sources), publish({key: sources[key] for key in shuffled})
    assert list(once.items()) == list(again.items())


@given(SITES)
def test_names_tell_the_bytes(site: dict[str, list[str]]) -> None:
    """64 digits are the SHA-256 of the bytes; a sheet of 32 digits leads back to itself."""
    sources = {key: source_of(urls, set(site)) for key, urls in site.items()}
    for key, style in publish(sources).items():
        if len(style.version) == 64:
            assert style.version == hashlib.sha256(style.body).hexdigest()
        else:
            assert leads_back(key, sources)


def leads_back(key: str, sources: dict[str, str]) -> bool:
    """Say whether a sheet can be reached from itself."""
    reached: set[str] = set()
    pending = [key]
    while pending:
        for reference in find_references(sources.get(pending.pop(), "")):
            target = unquote(urlsplit(urljoin("http://cdn", reference.url)).path)[1:]
            if target not in reached:
                reached.add(target)
                pending.append(target)
    return key in reached
