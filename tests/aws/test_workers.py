"""Jobs and the threads that work them off."""

from __future__ import annotations

import itertools
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from flask_cdn_stack.aws import workers
from flask_cdn_stack.aws.workers import FIRST_WORKERS, MAX_BYTES_IN_FLIGHT, MAX_WORKERS, Pace, limit_workers, work_off
from tests.conftest import wait_until


@dataclass(frozen=True)
class Task:
    """A job that holds some bytes."""

    name: int
    size: int = 0


class Gauge:
    """Counts how much is under way, and the most that ever was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = self.most = 0

    def hold(self, amount: int, seconds: float) -> None:
        """Be under way for some time."""
        self._add(amount)
        time.sleep(seconds)
        self._add(-amount)

    def _add(self, amount: int) -> None:
        with self._lock:
            self._now += amount
            self.most = max(self.most, self._now)


class Work:
    """Notes what is begun, and takes its time over it."""

    def __init__(self, seconds: Callable[[int], float]) -> None:
        self.begun: list[int] = []
        self._seconds = seconds

    def __call__(self, task: Task) -> int:
        self.begun.append(task.name)
        time.sleep(self._seconds(task.name))
        return task.name


def tasks(*sizes: int) -> list[Task]:
    return [Task(number, size) for number, size in enumerate(sizes)]


def test_every_job_is_done_once() -> None:
    """Whatever the order in which they end, and in the thread of whoever asked."""
    done: list[int] = []
    threads = set()

    def end(name: int) -> None:
        threads.add(threading.current_thread())
        done.append(name)

    work_off(tasks(*[0] * 500), Work(lambda name: 0.02 if name % 7 == 0 else 0), end)

    assert sorted(done) == list(range(500))
    assert done != sorted(done)
    assert threads == {threading.current_thread()}


def test_workers_leave() -> None:
    """As soon as there is nothing left for them to begin, while others are still at work."""
    *most, last = tasks(*[0] * FIRST_WORKERS)

    def work(task: Task) -> bool:
        time.sleep(0.2)
        return task != last or wait_until(lambda: _count_workers() == 1)

    ended: list[bool] = []
    work_off([*most, last], work, ended.append)

    assert ended == [True] * FIRST_WORKERS


def _count_workers() -> int:
    return sum(thread.name == "sending" for thread in threading.enumerate())


def test_few_jobs() -> None:
    """Are given to as many workers at most."""
    before, running = threading.active_count(), []

    def work(task: Task) -> Task:
        time.sleep(0.05)
        running.append(threading.active_count())
        return task

    work_off(tasks(0, 0, 0), work, lambda task: None)

    assert max(running) <= before + 3


HUGE = 2 * MAX_BYTES_IN_FLIGHT


@pytest.mark.parametrize(
    ("sizes", "least", "most"),
    [
        ([MAX_BYTES_IN_FLIGHT // 3] * 40, MAX_BYTES_IN_FLIGHT // 2, MAX_BYTES_IN_FLIGHT),
        ([size * 1024 * 1024 for size in (40, 1, 30, 9, 64, 2, 25, 0)] * 5, MAX_BYTES_IN_FLIGHT, MAX_BYTES_IN_FLIGHT),
        ([1, HUGE, 1, HUGE + 1, 1, 1] * 5, HUGE + 1, HUGE + 1),
    ],
    ids=["alike", "mixed", "over the limit"],
)
def test_bytes_in_flight(sizes: list[int], least: int, most: int) -> None:
    """Are never more than the limit; a job over it is done alone."""
    held = Gauge()
    done: list[None] = []

    work_off(tasks(*sizes), lambda task: held.hold(task.size, 0.002), done.append)

    assert len(done) == len(sizes)
    assert least <= held.most <= most


@pytest.mark.parametrize(
    ("jobs_a_second", "expected"),
    [
        (lambda workers: 20 * workers, MAX_WORKERS),
        (lambda workers: 20 * min(workers, 60), MAX_WORKERS),
        (lambda workers: 800, 4 * FIRST_WORKERS),
        (lambda workers: 800 - workers, 4 * FIRST_WORKERS),
        (lambda workers: 110 * workers, FIRST_WORKERS),
    ],
    ids=["slow answers", "sixty at a time", "a server that is busy", "slower", "quick answers"],
)
def test_how_many_workers(jobs_a_second: Callable[[int], float], expected: int) -> None:
    """There come to be: four times as many as long as that makes it faster, and once to see."""
    now, workers = 0.0, FIRST_WORKERS
    pace = Pace(workers, now)
    for _ in range(5000):
        now += 1 / jobs_a_second(workers)
        workers += pace.count_more(now)

    assert workers == expected


@pytest.mark.parametrize(("files", "most"), [(20, 1), (40, FIRST_WORKERS), (256, 128), (300, 150), (1024, MAX_WORKERS)])
def test_a_limit_for_open_files(files: int, most: int) -> None:
    """Leaves half of them to connections."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        assert limit_workers() == most
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_opening_connections() -> None:
    """Does not count: a server that is slow with them only may be quick."""
    now = 0.0
    pace = Pace(FIRST_WORKERS, now)
    more = []
    for number in range(5000):
        now += 0.002 if number < FIRST_WORKERS else 0.0005
        more.append(pace.count_more(now))

    assert not any(more)


def test_slow_work() -> None:
    """Gets more workers."""
    busy = Gauge()

    work_off(tasks(*[0] * 16 * FIRST_WORKERS), lambda task: busy.hold(1, 0.1), lambda task: None)

    assert 2 * FIRST_WORKERS <= busy.most <= MAX_WORKERS


_LARGE_JOBS = """
import re, sys, time
from pathlib import Path
from flask_cdn_stack.aws.workers import work_off

class Task:
    size = 30_000_000

def work(task):
    data = b"x" * task.size
    time.sleep(0.01)
    return len(data)

work_off([Task() for _ in range(60)], work, lambda size: None)
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="It is glibc that keeps memory for each thread.")
def test_memory_of_large_jobs() -> None:
    """Goes back to the system after each, and does not stay with the thread that did it."""
    done = subprocess.run([sys.executable, "-c", _LARGE_JOBS], check=True, capture_output=True, text=True)

    assert int(done.stdout) * 1024 < 3 * MAX_BYTES_IN_FLIGHT


def test_a_lack_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the work to those that there are; it fails where there is none."""
    started = itertools.count()

    class Thread(threading.Thread):
        def start(self) -> None:
            if next(started) >= limit:
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(workers, "Thread", Thread)
    done: list[Task] = []
    limit = 3
    work_off(tasks(*[0] * 100), lambda task: task, done.append)
    assert len(done) == 100

    limit = 0
    with pytest.raises(RuntimeError, match="new thread"):
        work_off(tasks(0), lambda task: task, done.append)


def test_jobs_that_cannot_be_had() -> None:
    """Say why, after what was begun is done."""
    done: list[Task] = []

    def find() -> Iterator[Task]:
        yield from tasks(0, 0, 0)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        work_off(find(), lambda task: task, done.append)

    assert [task.name for task in sorted(done, key=lambda task: task.name)] == [0, 1, 2]


def test_work_that_fails() -> None:
    """Raises its error, and begins nothing further."""
    begun: list[int] = []

    def work(task: Task) -> Task:
        begun.append(task.name)
        if task.name == 5:
            raise ValueError("job 5")
        time.sleep(0.05)
        return task

    with pytest.raises(ValueError, match="job 5"):
        work_off(tasks(*[0] * 1000), work, lambda task: None)

    assert len(begun) <= 2 * FIRST_WORKERS


def test_results_come_soon() -> None:
    """Also while nothing else ends, and enough jobs wait."""
    ended: dict[int, float] = {}
    began = time.monotonic()

    def end(name: int) -> None:
        ended[name] = time.monotonic() - began

    work_off(tasks(*[0] * 4 * FIRST_WORKERS), Work(lambda name: 0.5 if name else 0), end)

    assert ended[0] < 0.4


def test_a_hopeless_result() -> None:
    """Is handed over like the others that were begun; nothing further is begun."""
    work = Work(lambda name: 0.05 if name != 3 else 0)
    done: list[int] = []

    work_off(tasks(*[0] * 1000), work, done.append, lambda name: name == 3)

    assert sorted(done) == sorted(work.begun)
    assert 3 in done
    assert len(work.begun) <= FIRST_WORKERS + 1


def test_a_hopeless_result_while_others_wait_for_bytes() -> None:
    """Lets them go, with nothing begun."""
    work = Work(lambda name: 0.1)

    work_off(tasks(*[MAX_BYTES_IN_FLIGHT] * 50), work, lambda name: None, lambda name: True)

    assert work.begun == [0]


def test_whoever_asked_has_enough() -> None:
    """Nothing is begun after an error of its own."""
    begun: list[int] = []
    ended = threading.Event()

    def work(task: Task) -> Task:
        begun.append(task.name)
        if task.name:
            ended.wait(10)
        return task

    def end(task: Task) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work_off(tasks(*[0] * 1000), work, end)

    ended.set()
    time.sleep(0.1)
    assert len(begun) <= FIRST_WORKERS + 1
