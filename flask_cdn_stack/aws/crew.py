"""Threads that work through jobs: as many as make it faster, holding a limited number of bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Generic, Protocol, TypeVar

#: Workers to begin with; a server nearby is not faster with more.
FIRST_WORKERS = 16

#: Workers to begin with where answers are known to take long, and what is long, in seconds.
FAR_WORKERS = 64
FAR_SECONDS = 0.03

#: Workers at most; with 50 ms for a request more of them are no faster.
MAX_WORKERS = 128

#: Bytes that jobs under way may hold together. One alone may exceed them.
MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024

# A job from this many bytes on takes memory that is given back to the system after it.
_LARGE_BYTES = 1024 * 1024

_M_MMAP_THRESHOLD = -3

# How many times as many workers there are next, and how much faster they must be to become as many times more.
_STEP = 4
_WORTHWHILE = 1.2

# Time for a job that only a server nearby stays below: S3 answers a small request after 100 to 200 ms (S3 user guide,
# "Best practices design patterns: optimizing Amazon S3 performance").
_QUICK_SECONDS = 0.015

# The first jobs of all workers may be slow only because connections are being opened; those of a server nearby are
# over within this time.
_OPENING_SECONDS = 0.04


class Job(Protocol):
    """What a worker does; ``size`` is how many bytes it holds meanwhile."""

    @property
    def size(self) -> int: ...


J = TypeVar("J", bound=Job)
R = TypeVar("R")


def work_off(
    jobs: Iterable[J],
    work: Callable[[J], R],
    done: Callable[[R], None],
    is_hopeless: Callable[[R], bool] = lambda result: False,
    first: int = FIRST_WORKERS,
) -> None:
    """Do the work for every job, many at once, and call ``done`` in this thread with each result.

    :param is_hopeless: says of a result that no further job need be begun.
    :param first: workers to begin with.
    """
    crew = _Crew(jobs, work, is_hopeless)
    pace = Pace(first)
    failure: BaseException | None = None
    try:
        crew.hire(first)
        while crew.size:
            result = crew.results.get()
            if isinstance(result, _Ended):
                crew.size -= 1
                failure = failure or result.failure
            else:
                done(result)
                crew.hire(pace.count_more())
    finally:
        crew.dismiss()
    if failure is not None:
        raise failure


class _Ended:
    """A worker has ended: there was nothing more to do, or the jobs could not be had."""

    def __init__(self, failure: BaseException | None) -> None:
        self.failure = failure


class _Crew(Generic[J, R]):
    """Workers and the jobs that they share."""

    def __init__(self, jobs: Iterable[J], work: Callable[[J], R], is_hopeless: Callable[[R], bool]) -> None:
        self.size = 0
        self.results: SimpleQueue[R | _Ended] = SimpleQueue()
        self._jobs, self._work, self._is_hopeless = iter(jobs), work, is_hopeless
        self._changed = Condition()
        self._held = 0
        self._dismissed = False

    def hire(self, count: int) -> None:
        for _ in range(0 if self._dismissed else count):
            try:
                # A worker may wait for an answer for minutes; a program that is told to end does not wait for it.
                Thread(target=self._run, name="sending", daemon=True).start()
            except RuntimeError:
                if not self.size:
                    raise
                return  # The system has no more threads for us: those at work are enough.
            self.size += 1

    def dismiss(self) -> None:
        with self._changed:
            self._dismissed = True
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            while (job := self._take()) is not None:
                try:
                    result = self._work(job)
                finally:
                    self._give_back(job.size)
                if self._is_hopeless(result):
                    self.dismiss()
                self.results.put(result)
            self.results.put(_Ended(None))
        except BaseException as failure:
            self.dismiss()
            self.results.put(_Ended(failure))

    def _take(self) -> J | None:
        with self._changed:
            job = None if self._dismissed else next(self._jobs, None)
            if job is None:
                return None
            while self._held and self._held + job.size > MAX_BYTES_IN_FLIGHT and not self._dismissed:
                self._changed.wait()
            self._held += job.size
            if job.size >= _LARGE_BYTES:
                _give_back_large_buffers()
            return None if self._dismissed else job

    def _give_back(self, size: int) -> None:
        with self._changed:
            self._held -= size
            self._changed.notify_all()


@cache
def _give_back_large_buffers() -> None:
    """Let glibc return large buffers to the system when they are freed.

    With each that is freed it raises the size from which it does so, to 32 MiB in the end, and each thread keeps twice
    as much (mallopt(3), M_MMAP_THRESHOLD). Measured: 730 MB for 100 files of 30 MB, and 114 MB with this.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


class Pace:
    """Multiplies the workers as long as that makes the work faster; the first time is to see whether it does.

    Where each is quick from the beginning, it is the server, or this machine, that has no more to give.
    """

    def __init__(self, workers: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._workers, self._done = workers, 0
        self._best: float | None = None
        self._clock = clock
        self._began = clock()

    def count_more(self) -> int:
        """Take note of a job that is done, and return how many more workers are wanted."""
        self._done += 1
        if self._done < self._workers or self._workers >= MAX_WORKERS:
            return 0
        now = self._clock()
        seconds = max(now - self._began, 1e-6)
        rate = self._done / seconds
        self._began, self._done = now, 0
        if self._best is None and seconds < _OPENING_SECONDS:
            self._best = 0.0
            return 0
        if seconds < _QUICK_SECONDS or rate < (self._best or 0.0) * _WORTHWHILE:
            self._workers = MAX_WORKERS
            return 0
        self._best = rate
        wanted = min(_STEP * self._workers, MAX_WORKERS)
        more, self._workers = wanted - self._workers, wanted
        return more
