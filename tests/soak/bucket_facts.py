"""What must hold of a bucket and of the edge before it, whatever was done to them, and what is known besides."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote, urljoin

from flask_cdn_stack.manifest import parse_manifest
from flask_cdn_stack.naming import MANIFEST_KEY, compile_globs, hashed_path, plain_path, quote_key, version_path
from flask_cdn_stack.release.history import Keep, kept_releases
from flask_cdn_stack.release.records import ReleaseRecord, decode_release, release_key
from flask_cdn_stack.release.state import State
from tests.release.deployments import read
from tests.soak.edge_model import SHORT_SECONDS, Answer, EdgeModel, covers
from tests.soak.memory_s3 import MemoryS3, read_assets
from tests.soak.project_edits import Project

#: What somebody writes over an object by hand, and what the objects of others begin with.
DAMAGED, THEIRS = b"damaged", b"theirs"

_RELEASE = re.compile(r"\d{8}T\d{6}Z-[\w.]+\w")

_REFERENCE = re.compile(r'url\("([^"]+)"\)')


# Seconds.
_LONGEST_RUN = 50_000


class Link(NamedTuple):
    """A URL that an app's page has, the key that it means, and the SHA-256 of the bytes that it means."""

    url: str
    key: str
    checksum: str


class Page(NamedTuple):
    """What a page had that was rendered with a release; ``in_path``: its names hold checksums."""

    release: str
    links: tuple[Link, ...]
    in_path: bool


@dataclass
class Facts:
    """A bucket, its edge, and what is known of them.

    ``foreign`` are objects of others; ``damaged`` keys that somebody wrote or deleted behind the tool's back; ``taken``
    those of others that the tool was told to take over; ``promised`` are releases that nobody may take anything from.
    """

    s3: MemoryS3 = field(default_factory=MemoryS3)
    edge: EdgeModel = field(default_factory=EdgeModel)
    foreign: dict[str, Answer] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)
    taken: set[str] = field(default_factory=set)
    pages: list[Page] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.edge.misses = self.s3.misses_version

    @property
    def state(self) -> State:
        """What the record says."""
        return read(self.s3.objects)

    def read_record(self, release: str) -> ReleaseRecord:
        """The record of a release."""
        return _decode_release(self.s3.objects[release_key(release)], release)

    def take_note(self, settings: Mapping[str, Project]) -> None:
        """Learn of releases that are new, by the settings of those who published them."""
        state = self.state
        for release in state.releases:
            if release not in self.known:
                self.known.add(release)
                self.promised.add(release)
                page = make_page(self.read_record(release), settings[release])
                self.pages = [*self.pages[-5:], page]
        self.damaged = {key for key in self.damaged if self._is_damaged(state, key)}

    def switch(self, is_mapped: bool) -> None:
        """The edge leads the query to names from now on, or no more; pages that are open count on what was before."""
        before = {url: self.s3.find_key(url) for url in self.edge.copies}
        self.s3.is_mapped, self.pages = is_mapped, []
        self.edge.copies = {url: held for url, held in self.edge.copies.items() if self.s3.find_key(url) == before[url]}

    def put_foreign(self, key: str, answer: Answer | None) -> None:
        """Take note that somebody put an object of theirs, or took it away; they tell the edge."""
        self.foreign.pop(key, None)
        if answer is not None:
            self.foreign[key] = answer
        self.edge.forget([f"/{quote_key(key)}*"])

    def hand_over(self, project: Project) -> None:
        """What lies where a run's files go that is to take over is not foreign any more."""
        taken = self.foreign.keys() & {f"static/{name}" for name in project.files}
        for key in taken:
            del self.foreign[key]
        self.taken |= taken

    def break_promises(self, keep: Keep, now: float, following: int) -> None:
        """Let go of releases that somebody may take from, when so many have followed, and after a long sleep."""
        releases = [*self.state.releases, *["next"] * following]
        self.promised &= set(kept_releases(releases, now + _LONGEST_RUN, keep))

    def check_always(self) -> None:
        """What holds at any moment between two operations."""
        state = self.state
        for key, answer in self.foreign.items():
            assert self.s3.find(key) == answer, f"the foreign object {key} was touched"
        uncertain = state.unknown_keys("") | state.doomed_keys() | self.damaged
        for release in self.promised & set(state.releases):
            self._check_kept(self.read_record(release), state.doomed_keys())
        for key, item in state.objects.items():
            # Without a checksum, the record says that somebody has changed it by hand.
            is_right = not item.checksum or self._has(key, item.checksum)
            assert is_right or key in uncertain, f"{key} is not what the record says"

    def check_quiet(self, now: float) -> None:
        """What holds besides after a command that ended well, of what it does not concern too."""
        state = self.state
        uncertain = state.unknown_keys("") | state.doomed_keys() | self.damaged
        owed = owed_paths(state)
        for url in self.edge.find_stale(self.s3.serve, now):
            if not self._is_excused(url):
                is_known = self.s3.find_key(url) in uncertain or covers(owed, url)
                assert is_known, f"the edge holds {url} as it was"

    def _is_excused(self, url: str) -> bool:
        """Say whether an old copy is no fault of the tool."""
        held, found = self.edge.copies[url][0], self.s3.serve(url)
        if held.body == DAMAGED and found and found.seconds <= SHORT_SECONDS:
            return True  # what is put over a plain copy the edge is not told
        # Under a name with a checksum no other bytes will ever lie, so that it is deleted without a word; it may come
        # back with other headers, and may have been damaged before.
        is_gone = found is None or (self.s3.asks_version(url) and self.s3.find_key(url) == find_key(url))
        is_hashed = "?" not in url or self.s3.asks_version(url)
        return is_hashed and (is_gone or held.body == DAMAGED or checksum_of(held) == checksum_of(found))

    def check_published(self, project: Project, host: str, now: float) -> bool:
        """A release that was just published is whole, and served by the edge to the app that reads its manifest.

        :return: whether all of it is certain: who deploys on ``host`` cannot tell that a run elsewhere is dead.
        """
        state = self.state
        record = self.read_record(str(state.release))
        wanted = record.objects.keys() - self.damaged
        elsewhere = {key for claim in state.writing.values() if claim.host != host for key in claim.keys}
        assert not wanted & ((state.unknown_keys("") - elsewhere) | state.doomed_keys()), "published, and in doubt"
        checksums = {f"static/{name}": hashlib.sha256(data).hexdigest() for name, data in project.files.items()}
        said = parse_manifest(record.manifest)
        assert said.keys() == checksums.keys()
        for key, checksum in said.items():
            assert key.endswith(".css") or checksum == checksums[key], f"the manifest lies about {key}"
        for key in wanted - elsewhere:
            assert self._has(key, record.objects[key].checksum), f"{key} is not what was published"
        self.check_app(project, now)
        if project.settings.get("rewrite_css") is None:
            self._check_references(record, project)
        return not wanted & elsewhere

    def check_app(self, project: Project, now: float) -> None:
        """Every URL that an app builds from the published manifest and its own settings is served."""
        state = self.state
        for link in make_page(self.read_record(str(state.release)), project).links:
            answer = self.edge.fetch(link.url, self.s3.serve, now)
            is_right = checksum_of(answer) == link.checksum or covers(owed_paths(state), link.url)
            is_late = self.edge.has_missed(link.url, answer, now)
            assert is_right or is_late or link.key in self.damaged or (answer and self._is_excused(link.url)), (
                f"{link.url} is served with other bytes: {answer}"
            )

    def may_refuse(self, text: str, project: Project) -> bool:
        """Say whether there is a reason for a refusal that names a release."""
        found = _RELEASE.search(text)
        if found is None or found[0] not in self.known:
            return False
        if "is gone" in text:
            return found[0] not in self.promised  # a prune that was killed has taken the record
        if release_key(found[0]) not in self.s3.objects:
            return True  # it was pruned meanwhile
        record = self.read_record(found[0])
        if "assets.publish_manifest" in text:
            return MANIFEST_KEY not in record.objects
        return find_astray(record, project) is not None

    def view(self, page: Page, link: Link, now: float) -> None:
        """Let a viewer fetch what a page has; the page may be old."""
        answer = self.edge.fetch(link.url, self.s3.serve, now)
        is_late = self.edge.has_missed(link.url, answer, now)
        if is_late or link.key in self.damaged or page.release not in self.promised:
            return
        if page.in_path and checksum_in(link.key, link.checksum):
            # What somebody had damaged the edge may have kept, though the object was deleted and came back.
            is_right = checksum_of(answer) == link.checksum or (answer and answer.body == DAMAGED)
            assert is_right, f"{link.url} of release {page.release} is not what it was"
        elif page.release == self.state.release:
            assert answer is not None, f"{link.url} of the published release is not served"

    def _check_kept(self, record: ReleaseRecord, doomed: frozenset[str]) -> None:
        paths = parse_manifest(record.manifest)
        for key, item in record.objects.items():
            if key in self.damaged:
                continue
            assert self.s3.etags.get((key, str(item.version))) == item.etag, f"{key} of release {record.id} is lost"
            if key not in paths and key != MANIFEST_KEY:
                assert self._has(key, item.checksum), f"{key} of release {record.id} is not there"
                assert key not in doomed, f"{key} of release {record.id} is to be deleted"

    def _check_references(self, record: ReleaseRecord, project: Project) -> None:
        """What style sheets refer to is there; a reference that leads to no file is left as it is."""
        files = {f"static/{name}" for name in project.files}
        written = {url for data in project.files.values() for url in _REFERENCE.findall(data.decode())}
        for key in record.objects:
            if not key.endswith(".css") or key in self.damaged:
                continue
            for url in _REFERENCE.findall(_plain(self.s3.versions[key, self.s3.current[key]]).decode()):
                target = urljoin(f"/{quote_key(plain_path(key))}", url)
                meant = find_key(target)
                if meant in self.damaged or (url in written and meant not in files):
                    continue
                assert meant in record.objects, f"{key} refers to {url}"
                checksum = target.partition("?c=")[2]
                # Style sheets that refer to each other are named by something else than their bytes.
                assert meant.endswith(".css") or checksum_of(self.s3.find(meant)).startswith(checksum), (
                    f"{key} refers to {url}"
                )

    def _has(self, key: str, checksum: str) -> bool:
        return checksum_of(self.s3.find(key)) == checksum

    def _is_damaged(self, state: State, key: str) -> bool:
        known = state.objects.get(key)
        return known is None or not known.checksum or self.s3.etag(key) != known.etag


def make_page(record: ReleaseRecord, project: Project) -> Page:
    """A page of an app with these settings, and the manifest of a release."""
    astray = find_astray(record, project)
    assert astray is None, f"an app links to {astray}, and release {record.id} has no such object"
    links = [build_link(key, checksum, project) for key, checksum in parse_manifest(record.manifest).items()]
    named = [link._replace(checksum=record.objects[link.key].checksum) for link in links]
    return Page(record.id, tuple(named), project.in_path)


def find_astray(record: ReleaseRecord, project: Project) -> str | None:
    """A key that an app with these settings would look for in vain."""
    keys = (build_link(key, checksum, project).key for key, checksum in parse_manifest(record.manifest).items())
    return next((key for key in keys if key not in record.objects), None)


def build_link(key: str, version: str, project: Project) -> Link:
    """What an app builds for a file whose line in the manifest says ``version``."""
    assets = read_assets(project)
    short = version[: assets.url_checksum_length]
    if assets.maps_query:
        return Link(f"/{quote_key(key)}?c={short}", version_path(key, short), version)
    if project.in_path and not compile_globs(assets.keep_names)(key):
        return Link("/" + hashed_path(quote_key(key), short), hashed_path(key, short), version)
    return Link(f"/{quote_key(key)}?c={short}", key, version)


def checksum_in(key: str, checksum: str) -> bool:
    """Say whether a name holds a checksum."""
    return checksum[:8] in key


def owed_paths(state: State) -> tuple[str, ...]:
    """The invalidation paths that somebody has still to ask for."""
    owed: Iterable[str] = getattr(state, "owed", ())
    return tuple(f"/{path}*" for path in owed)


def find_key(url: str) -> str:
    """The key that a URL means."""
    return unquote(url.partition("?")[0]).removeprefix("/")


def checksum_of(answer: Answer | None) -> str:
    """The SHA-256 of what an answer has for an app, unpacked; empty for none."""
    return hashlib.sha256(_plain(answer)).hexdigest() if answer else ""


def _plain(answer: Answer) -> bytes:
    return gzip.decompress(answer.body) if "Content-Encoding: gzip" in answer.content_type else answer.body


_decode_release = lru_cache(maxsize=4096)(decode_release)
