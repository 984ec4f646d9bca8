"""Runs every check of a CDN, with several requests at once, and makes the report."""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TypeVar

from ..quantities import count
from .compression import check_compression, find_compressed
from .content import check_answer, judge_failure
from .cors import check_permission, check_preflight, check_stranger, choose_origin
from .faults import CHECKS, find_fault
from .hits import check_hit
from .host import check_certificate, check_plain_http, reach
from .model import Check, Finding, Looked, Note, Outcome, PublishedFile, Subject, VerifyReport
from .private import check_private
from .queries import check_queries
from .references import References, check_pages
from .viewer import NoAnswerError, Viewer

#: Requests at once.
WORKERS = 32

#: After so many files in a row without a response, no more are fetched.
_HOPELESS = 2 * WORKERS

#: Files that further checks are made with: of each file extension, and in all.
_OF_A_KIND, _PROBED = 2, 12

T = TypeVar("T")
R = TypeVar("R")

#: Is called with the number of URLs that were fetched, and that of all.
Progress = Callable[[int, int], None]


def verify(
    subject: Subject,
    viewer: Viewer,
    *,
    sample: int | None = None,
    progress: Progress = lambda done, total: None,
    now: Callable[[], float] = time.time,
) -> VerifyReport:
    """Check a CDN as viewers see it. Faults are in the report; nothing is changed.

    :param viewer: makes the requests.
    :param sample: fetch only so many of the files; the same ones each time.
    :param now: gives epoch seconds.
    """
    tally = _Tally()
    tally.add([Looked("host")])
    if (failure := reach(viewer, subject)) is not None:
        tally.add([failure])
        return tally.report(())
    files = subject.files if sample is None else choose_files(subject.files, sample)
    tally.add(check_certificate(viewer, subject, now()))
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="viewer") as pool:
        try:
            checked = _look_at_files(pool, subject, viewer, files, tally, progress)
            if len(checked) < len(files):
                return tally.report(checked)
            for outcomes in _run(pool, _call, _list_probes(subject, viewer, files)):
                tally.add(outcomes)
            tally.add(check_pages(subject.pages))
            tally.add(References(viewer, subject).follow_all(partial(_run, pool)))
        except BaseException:
            viewer.give_up()  # an interrupt should not wait for servers
            raise
        finally:
            pool.shutdown(cancel_futures=True)
    return tally.report(checked)


def choose_files(files: Iterable[PublishedFile], number: int) -> tuple[PublishedFile, ...]:
    """Return a sample of the files, spread over all of them and the same on each run."""
    return tuple(sorted(files, key=lambda file: hashlib.sha256(file.key.encode()).digest())[:number])


def choose_kinds(files: Iterable[PublishedFile]) -> tuple[PublishedFile, ...]:
    """Return a few files of each extension."""
    files, kinds = list(files), Counter[str]()
    found: list[PublishedFile] = []
    for file in choose_files(files, len(files)):
        kind = file.key.rpartition("/")[2].rpartition(".")[2]
        kinds[kind] += 1
        if kinds[kind] <= _OF_A_KIND and len(found) < _PROBED:
            found.append(file)
    return tuple(found)


def _look_at_files(
    pool: ThreadPoolExecutor,
    subject: Subject,
    viewer: Viewer,
    files: Sequence[PublishedFile],
    tally: _Tally,
    progress: Progress,
) -> tuple[str, ...]:
    """Fetch and check each file, until the server stops answering; return the URLs that were fetched."""
    in_a_row, done = 0, 0
    for outcomes in _run(pool, partial(_look_at_file, subject, viewer), files):
        done += 1
        in_a_row = 0 if len(outcomes) > 1 else in_a_row + 1
        tally.add(outcomes)
        progress(done, len(files))
        if in_a_row >= _HOPELESS and done < len(files):
            left = count(len(files) - done, "file")
            tally.add([find_fault("stopped", f"{subject.address}/", left=left)])
            break
    return tuple(file.url for file in files[:done])


def _look_at_file(subject: Subject, viewer: Viewer, file: PublishedFile) -> tuple[Outcome, ...]:
    origin = {"Origin": choose_origin(subject.rules)} if subject.rules.origins else {}
    try:
        answer = viewer.ask(file.url, origin, size=file.size, keep=file.may_be_packed)
    except NoAnswerError as error:
        return (judge_failure(file.url, error, viewer.limits),)
    return (*check_answer(file, answer), *check_permission(file, answer, subject.rules))


def _list_probes(
    subject: Subject, viewer: Viewer, files: Sequence[PublishedFile]
) -> list[Callable[[], Iterator[Outcome]]]:
    """Return the checks that are made with a few files only."""
    few = choose_kinds(files)
    first = few[0] if few else None
    found: list[Callable[[], Iterator[Outcome]]] = [
        partial(check_plain_http, viewer, first, subject),
        partial(check_private, viewer, first, subject),
    ]
    for file in few[:1]:
        found += [partial(check, viewer, file, subject) for check in (check_stranger, check_preflight)]
    for file in few[:3]:
        found += [partial(check, viewer, file, subject) for check in (check_hit, check_queries)]
    if subject.rules.compresses:
        found += [partial(check_compression, viewer, file, subject) for file in choose_kinds(find_compressed(files))]
    return found


def _call(probe: Callable[[], Iterator[Outcome]]) -> tuple[Outcome, ...]:
    return tuple(probe())


def _run(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield the result for each item, in order, with a bounded number of items begun."""
    waiting = iter(items)
    begun = deque(pool.submit(work, item) for item in islice(waiting, 4 * WORKERS))
    while begun:
        yield begun.popleft().result()
        begun.extend(pool.submit(work, item) for item in islice(waiting, 1))


class _Tally:
    """Adds up what checks yield."""

    def __init__(self) -> None:
        self._looked: Counter[str] = Counter()
        self._findings: dict[Finding, None] = {}
        self._notes: dict[Note, None] = {}

    def add(self, outcomes: Iterable[Outcome]) -> None:
        for outcome in outcomes:
            match outcome:
                case Finding():
                    self._findings[outcome] = None
                case Note():
                    self._notes[outcome] = None
                case Looked(check):
                    self._looked[check] += 1

    def report(self, checked: tuple[str, ...]) -> VerifyReport:
        """Return the report; checks that were not made and have no note are left out."""
        wrong = Counter(finding.check for finding in self._findings)
        notes = {name: tuple(note.text for note in self._notes if note.check == name) for name in CHECKS}
        names = [name for name in CHECKS if self._looked[name] or wrong[name] or notes[name]]
        checks = tuple(Check(name, max(self._looked[name], wrong[name]), wrong[name], notes[name]) for name in names)
        return VerifyReport(checked, tuple(self._findings), checks)
