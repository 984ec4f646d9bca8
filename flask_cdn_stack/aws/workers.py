"""Works through jobs in threads: as many as make it faster, with a limit for the bytes that they hold in memory."""

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

#: Workers at the beginning; a server nearby is not faster with more.
FIRST_WORKERS = 16

#: Most workers, and the number at the beginning if answers are known to take long. S3 answers a small request after 100
#: to 200 ms, so they send 2,560 files a second; it takes 3,500 below one prefix, and slows down callers beyond that (S3
#: user guide, "Best practices design patterns: optimizing Amazon S3 performance").
MAX_WORKERS = 256

#: Most workers through boto3: each request keeps the interpreter busy for 2 ms, so more workers would not be faster.
MAX_BOTO3_WORKERS = 64

#: Seconds for an answer from which on the server counts as far away.
FAR_SECONDS = 0.03

#: Most bytes that jobs under way may hold together. A single job may exceed that alone.
MAX_BYTES_IN_FLIGHT = 64 * 1024 * 1024

#: The memory of a job of at least this many bytes is returned to the system after it.
LARGE_BYTES = 1024 * 1024

# Most waiting jobs for each worker. Their memory is limited by MAX_BYTES_IN_FLIGHT.
_WAITING = 2

# Seconds after which the calling thread handles ended jobs, even if the workers need no new ones.
_NAP_SECONDS = 0.02

# Allowance for other open files of the process.
_OTHER_FILES = 24

_M_MMAP_THRESHOLD = -3

# The factor by which the workers are multiplied, and how much faster they must then be to be multiplied again.
_STEP = 4
_WORTHWHILE = 1.2

# Fewest jobs by which the pace is judged: with fewer, one busy moment of the server would count too much.
_SAMPLE = 64

# Only a server nearby ends a job within this time: S3 answers a small request after 100 to 200 ms (S3 user guide, "Best
# practices design patterns: optimizing Amazon S3 performance").
_QUICK_SECONDS = 0.015

# The first jobs of all workers may be slow only because connections are opened. With a server nearby they end within
# this time.
_OPENING_SECONDS = 0.04


class Job(Protocol):
    """A job for a worker; ``size`` is the number of bytes that it holds in memory."""

    @property
    def size(self) -> int: ...


T = TypeVar("T")
J = TypeVar("J", bound=Job)
R = TypeVar("R")


def start(call: Callable[[], T], name: str) -> Callable[[], T]:
    """Start a call in a thread of its own, and return a function that waits for its result or raises its error.

    The thread does not keep the program from ending.
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
    """Call ``work`` for every job, many at once.

    The calling thread takes the next job when there is room for it, and calls ``done`` with each result.

    :param is_hopeless: returns whether a result means that no further job should be begun.
    :param first: workers at the beginning.
    :param most: most workers, if the system allows so many.
    :param tick: called again and again meanwhile, in the calling thread.
    """
    pool = _Pool(work, done, is_hopeless, first, most, tick)
    failure: Exception | None = None
    remaining = iter(jobs)
    try:
        while True:
            try:
                job = next(remaining, None)
            except Exception as error:  # raised after the jobs under way have ended
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
    """An ended job: the bytes that it held, when it ended, and its result or failure; neither if it was not begun."""

    size: int
    time: float
    results: tuple[R, ...] = ()
    failure: BaseException | None = None


class _Pool(Generic[J, R]):
    """The workers, and the jobs that wait for one.

    A worker needs the interpreter only for moments, and takes several times as long if it competes for it with others.
    So everything else is done by the calling thread, which is woken only when few jobs wait.
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
        """Give a job to a worker as soon as there is room for it; return whether another may follow."""
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
        """Wait for all jobs that are under way; no job may follow.

        :raises BaseException: the error of a job that failed.
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
        # As long as jobs wait: the first workers begin while others are still being started.
        while self._workers < self._wanted and self._waiting.qsize() and not self._dismissed:
            try:
                # A daemon: a worker may wait minutes for an answer, which must not keep the program from ending.
                Thread(target=self._run, name="sending", daemon=True).start()
            except RuntimeError:
                if not self._workers:
                    raise
                self._wanted = self._workers  # the system allows no more threads; these have to do
            else:
                self._workers += 1

    def _has_few_waiting(self) -> bool:
        return self._waiting.qsize() <= self._workers

    def _settle_until(self, is_enough: Callable[[], bool]) -> None:
        while not is_enough():
            self._news.wait(_NAP_SECONDS)
            self._news.clear()  # before the ended jobs are handled, so that one that ends from now on sets it again
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
            del job  # it may hold a file in memory, and the next job may come late
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
    """Make glibc return large buffers to the system when they are freed.

    By default it raises the size from which it does so with each freed buffer, up to 32 MiB, and each thread keeps
    twice as much (mallopt(3), M_MMAP_THRESHOLD). Measured: 730 MB for 100 files of 30 MB, and 114 MB with this.
    """
    import ctypes

    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BYTES)


def limit_workers() -> int:
    """Return the most workers that the limit of open files allows: each has a connection open.

    On macOS a process may have 256 open files by default (launchctl(1), "limit").
    """
    if sys.platform == "win32":  # it has no such limit
        return MAX_WORKERS
    import resource

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_WORKERS if soft == resource.RLIM_INFINITY else max(1, min(MAX_WORKERS, soft // 2, soft - _OTHER_FILES))


class Pace:
    """Decides when to multiply the workers: once as a trial, then as long as that makes the work faster.

    If jobs are quick from the beginning, more workers do not help: the server or this machine is the limit.

    :param workers: number of workers at the time ``began``.
    :param most: most workers.
    """

    def __init__(self, workers: int, began: float, most: int = MAX_WORKERS) -> None:
        self._workers, self._done, self._most = workers, 0, most
        self._best: float | None = None
        self._began = began

    def count_more(self, now: float) -> int:
        """Count a job that is done, and return how many more workers to start.

        :param now: when the job ended.
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
