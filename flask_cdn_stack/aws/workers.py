"""Threads that work through jobs: as many as make it faster, holding a limited number of bytes."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import cache
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Generic, NamedTuple, Protocol, TypeVar

#: Workers to begin with; a server nearby is not faster with more.
FIRST_WORKERS = 16

#: Workers at most, and from the beginning where answers are known to take long. S3 answers a small request after 100 to
#: 200 ms, so that they send 2,560 files a second; it takes 3,500 below one prefix, and asks for patience beyond that
#: (S3 user guide, "Best practices design patterns: optimizing Amazon S3 performance").
MAX_WORKERS = 256

#: Workers at most where each has requests of boto3's: one takes the interpreter for 2 ms, so that more do no more.
MAX_BOTO3_WORKERS = 64

#: What is long, in seconds.
FAR_SECONDS = 0.03

#: Bytes that jobs under way may hold together. One alone may exceed them.
MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024

#: A job from this many bytes on takes memory that is given back to the system after it.
LARGE_BYTES = 1024 * 1024

# Jobs that wait at most, for each worker. Memory is bounded by the bytes that they hold.
_WAITING = 2

# After so many seconds whoever employs the workers looks at what has ended, whether they need jobs or not.
_NAP_SECONDS = 0.02

# Files that the process has open besides.
_OTHER_FILES = 24

_M_MMAP_THRESHOLD = -3

# How many times as many workers there are next, and how much faster they must be to become as many times more.
_STEP = 4
_WORTHWHILE = 1.2

# Jobs at least by which the pace is judged: of fewer, a moment in which the server is busy makes slow ones.
_SAMPLE = 64

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


T = TypeVar("T")
J = TypeVar("J", bound=Job)
R = TypeVar("R")


def start(call: Callable[[], T], name: str) -> Callable[[], T]:
    """Begin a call in a thread of its own, and return what waits for it and returns, or raises, what it does.

    A program that ends meanwhile does not wait.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name=name, daemon=True).start()
    return future.result


def work_off(
    jobs: Iterable[J],
    work: Callable[[J], R],
    done: Callable[[R], None],
    is_hopeless: Callable[[R], bool] = lambda result: False,
    first: int = FIRST_WORKERS,
    most: int = MAX_WORKERS,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Do the work for every job, many at once.

    This thread takes the jobs, each when there is room for it, and calls ``done`` with each result.

    :param is_hopeless: says of a result that no further job need be begun.
    :param first: workers to begin with.
    :param most: workers at most, if the system lets there be as many.
    :param tick: called again and again meanwhile, in this thread.
    """
    pool = _Pool(work, done, is_hopeless, first, most, tick)
    failure: Exception | None = None
    remaining = iter(jobs)
    try:
        while True:
            try:
                job = next(remaining, None)
            except Exception as error:  # what was begun comes to its end first
                failure = error
                break
            if job is None or not pool.take_on(job):
                break
        pool.finish()
    finally:
        pool.dismiss()
    if failure is not None:
        raise failure


class _Ended(NamedTuple, Generic[R]):
    """A job that is over: what it held, when it ended, and its result or failure; neither, if it was not begun."""

    size: int
    time: float
    results: tuple[R, ...] = ()
    failure: BaseException | None = None


class _Pool(Generic[J, R]):
    """Workers, and the jobs that wait for one.

    A worker needs the interpreter for moments only, and one that fights for it with others takes several times as long.
    So all else is left to the thread that employs them, and that one is woken only when few jobs wait.
    """

    def __init__(
        self,
        work: Callable[[J], R],
        done: Callable[[R], None],
        is_hopeless: Callable[[R], bool],
        first: int,
        most: int,
        tick: Callable[[], None],
    ) -> None:
        self._work, self._done, self._is_hopeless, self._tick = work, done, is_hopeless, tick
        most = min(most, limit_workers())
        self._wanted, self._pace = min(first, most), Pace(min(first, most), time.monotonic(), most)
        self._waiting: SimpleQueue[J | None] = SimpleQueue()
        self._ended: deque[_Ended[R]] = deque()
        self._news = Event()
        self._workers = self._under_way = self._held = 0
        self._is_complete = self._dismissed = False
        self._failure: BaseException | None = None

    def take_on(self, job: J) -> bool:
        """Let a worker have a job as soon as there is room for it; say whether another may follow."""
        self._settle()
        if self._waiting.qsize() >= _WAITING * self._workers:
            self._settle_until(self._has_few_waiting)
        self._settle_until(lambda: not self._held or self._held + job.size <= MAX_BYTES_IN_FLIGHT)
        if self._dismissed:
            return False
        if job.size >= LARGE_BYTES:
            _give_back_large_buffers()
        self._held += job.size
        self._under_way += 1
        self._waiting.put(job)
        self._hire()
        return True

    def finish(self) -> None:
        """Wait for all that is under way; no job follows.

        :raises BaseException: what a job failed with.
        """
        self._is_complete = True
        self._settle_until(lambda: not self._under_way)
        if self._failure is not None:
            raise self._failure

    def dismiss(self) -> None:
        self._dismissed = True
        for _ in range(self._workers):
            self._waiting.put(None)

    def _hire(self) -> None:
        # One with each job that waits: the first are on their way while the others are still being hired.
        while self._workers < self._wanted and self._waiting.qsize() and not self._dismissed:
            try:
                # A worker may wait for an answer for minutes; a program that is told to end does not wait for it.
                Thread(target=self._run, name="sending", daemon=True).start()
            except RuntimeError:
                if not self._workers:
                    raise
                self._wanted = self._workers  # The system has no more threads for us: those at work are enough.
            else:
                self._workers += 1

    def _has_few_waiting(self) -> bool:
        return self._waiting.qsize() <= self._workers

    def _settle_until(self, is_enough: Callable[[], bool]) -> None:
        while not is_enough():
            self._news.wait(_NAP_SECONDS)
            self._news.clear()  # before the look at what has ended: what ends from here on is news again
            self._settle()

    def _settle(self) -> None:
        self._tick()
        while self._ended:
            ended = self._ended.popleft()
            self._held -= ended.size
            self._under_way -= 1
            self._failure = self._failure or ended.failure
            for result in ended.results:
                self._done(result)
                if more := self._pace.count_more(ended.time):
                    self._wanted += more
                    self._hire()

    def _run(self) -> None:
        while (job := self._take()) is not None:
            self._ended.append(self._end(job))
            del job  # it may hold a file, and the next one may be long in coming
            if self._has_few_waiting():
                self._news.set()

    def _take(self) -> J | None:
        if not self._is_complete:
            return self._waiting.get()
        # Whoever has nothing to do any more leaves while the others wait for answers: all at once take 20 ms.
        with suppress(Empty):
            return self._waiting.get_nowait()
        return None

    def _end(self, job: J) -> _Ended[R]:
        if self._dismissed:
            return _Ended(job.size, 0.0)
        try:
            result = self._work(job)
            if self._is_hopeless(result):
                self._dismissed = True
            return _Ended(job.size, time.monotonic(), (result,))
        except BaseException as failure:
            self._dismissed = True
            return _Ended(job.size, 0.0, failure=failure)


@cache
def _give_back_large_buffers() -> None:
    """Let glibc return large buffers to the system when they are freed.

    With each that is freed it raises the size from which it does so, to 32 MiB in the end, and each thread keeps twice
    as much (mallopt(3), M_MMAP_THRESHOLD). Measured: 730 MB for 100 files of 30 MB, and 114 MB with this.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def limit_workers() -> int:
    """Return how many workers there may be at most: each has a connection open, and this process other files besides.

    macOS lets a process have 256 open files unless it is told otherwise (launchctl(1), "limit").
    """
    if sys.platform == "win32":  # it has no such limit
        return MAX_WORKERS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_WORKERS if soft == resource.RLIM_INFINITY else max(1, min(MAX_WORKERS, soft // 2, soft - _OTHER_FILES))


class Pace:
    """Multiplies the workers as long as that makes the work faster; the first time is to see whether it does.

    Where each is quick from the beginning, it is the server, or this machine, that has no more to give.

    :param workers: how many there are when it begins, at the time ``began``; ``most`` is how many there may be.
    """

    def __init__(self, workers: int, began: float, most: int = MAX_WORKERS) -> None:
        self._workers, self._done, self._most = workers, 0, most
        self._best: float | None = None
        self._began = began

    def count_more(self, now: float) -> int:
        """Take note of a job that is done, and return how many more workers are wanted.

        :param now: when it was.
        """
        self._done += 1
        if self._done < max(self._workers, _SAMPLE) or self._workers >= self._most:
            return 0
        seconds = max(now - self._began, 1e-6)
        rate = self._done / seconds
        self._began, self._done = now, 0
        if self._best is None and seconds < _OPENING_SECONDS:
            self._best = 0.0
            return 0
        if self._workers / rate < _QUICK_SECONDS or rate < (self._best or 0.0) * _WORTHWHILE:
            self._workers = self._most
            return 0
        self._best = rate
        wanted = min(_STEP * self._workers, self._most)
        more, self._workers = wanted - self._workers, wanted
        return more
