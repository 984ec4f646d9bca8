"""Viewers that ask the edge for every URL of the pages that are open, and what they may be given and shown."""

from __future__ import annotations

from itertools import islice

from flask_cdn_stack.manifest import parse_manifest
from flask_cdn_stack.naming import quote_key
from tests.soak.browser import Browser
from tests.soak.bucket_facts import DAMAGED, THEIRS, Facts, Link, Page, checksum_in, checksum_of, owed_paths
from tests.soak.edge_in_front import EdgeInFront
from tests.soak.edge_model import SHORT_SECONDS, Answer, covers

#: Seconds after which no browser shows what was replaced: as the default headers say, as those that projects here set
#: for style sheets do, and as what has a plain name beside a hashed one says.
QUERY_SECONDS, STYLE_SECONDS = 3600, 7200


class Viewers:
    """One who has no copies, and one with a browser that keeps its own. Both hold all pages open.

    :param edge: the facts' own.
    """

    def __init__(self, facts: Facts, edge: EdgeInFront) -> None:
        self._facts, self._edge, self._browser = facts, edge, Browser(edge)
        self._right: dict[tuple[str, str], float] = {}
        self._versions_seen = 0

    def visit(self, now: float, *, anew: bool) -> None:
        """Ask for every URL, and look at what comes."""
        pages, plain = self._facts.pages, self._plain_urls()
        urls = list(dict.fromkeys([*(link.url for page in pages for link in page.links), *plain]))
        self._note_versions(now)
        given = {url: one.answer for url, one in self._edge.ask(dict.fromkeys(urls, "")).items()}
        shown = self._browser.load(urls, now, anew=anew)
        hashed = [(page, link) for page in pages for link in page.links if is_hashed(page, link)]
        for page, link in hashed:
            self._check_hashed(page, link, given[link.url], now)
            self._check_hashed(page, link, shown[link.url], now)
        for url in sorted({*urls} - {link.url for _, link in hashed}):
            self._check_replaced(url, given[url], shown[url], now)

    def _plain_urls(self) -> list[str]:
        """The URLs that a script builds by itself, of what is published."""
        state = self._facts.state
        manifest = self._facts.read_record(state.release).manifest if state.release else ""
        return [f"/{quote_key(key)}" for key in parse_manifest(manifest)] if manifest else []

    def _note_versions(self, now: float) -> None:
        """Take note of what lay in the bucket since the last visit, and until now at most."""
        s3 = self._facts.s3
        current = ((key, s3.versions[key, version]) for key, version in s3.current.items())
        since = ((key, answer) for (key, _), answer in islice(s3.versions.items(), self._versions_seen, None))
        for key, answer in (*since, *current):
            self._right[key, checksum_of(answer)] = now
        self._versions_seen = len(s3.versions)

    def _check_hashed(self, page: Page, link: Link, answer: Answer | None, now: float) -> None:
        if link.key in self._facts.damaged or page.release not in self._facts.promised:
            return
        if self._edge.has_missed(link.url, answer, now):
            return
        is_right = checksum_of(answer) == link.checksum or (answer and answer.body == DAMAGED)
        assert is_right, f"{link.url} of release {page.release} is not what it was: {answer}"

    def _check_replaced(self, url: str, given: Answer | None, shown: Answer | None, now: float) -> None:
        """What the edge may hold for long is checked where nothing is in doubt; a browser's time begins there."""
        key = self._facts.s3.find_key(url)
        if given is None or shown is None or key in self._facts.damaged:
            return
        if given.seconds > SHORT_SECONDS or self._is_in_doubt(key, url):
            self._right[key, checksum_of(given)] = now
        else:
            self._check_age(key, url, given, SHORT_SECONDS, now)
        self._check_age(key, url, shown, self._find_limit(key), now)

    def _check_age(self, key: str, url: str, answer: Answer, limit: float, now: float) -> None:
        is_others = answer.body == DAMAGED or answer.body.startswith(THEIRS)
        since = self._right.get((key, checksum_of(answer)), 0)
        assert is_others or now - since <= limit, f"{url} is shown as it was {now - since:.0f} seconds ago: {answer}"

    def _find_limit(self, key: str) -> float:
        if key.endswith(".css"):
            return STYLE_SECONDS
        return SHORT_SECONDS if self._facts.s3.is_mapped else QUERY_SECONDS

    def _is_in_doubt(self, key: str, url: str) -> bool:
        state = self._facts.state
        return key in state.unknown_keys("") | state.doomed_keys() or covers(owed_paths(state), url)


def is_hashed(page: Page, link: Link) -> bool:
    """Say whether a URL means the same bytes for ever."""
    return page.in_path and checksum_in(link.key, link.checksum)
