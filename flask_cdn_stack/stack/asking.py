"""Makes several requests to AWS at once; one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import NamedTuple, TypeVar

from ..errors import CDNStackError

T = TypeVar("T")


class Problem(NamedTuple):
    """The name of a part that could not be read, and why."""

    part: str
    error: CDNStackError


class Asking:
    """Collects failed requests as ``problems``; the same failure of several parts is kept once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def ask(self, part: str, read: Callable[[], T | None]) -> T | None:
        """Return the result of ``read``; None if it raised a ``CDNStackError``, which becomes a problem."""
        try:
            return read()
        except CDNStackError as error:
            if error.message not in {problem.error.message for problem in self.problems}:
                self.problems.append(Problem(part, error))
            return None

    def begin(self, part: str, read: Callable[[], T | None]) -> Callable[[], T | None]:
        """Start ``read`` in a daemon thread, and return a function that waits for its result."""
        reading: Future[T | None] = Future()

        def work() -> None:
            try:
                reading.set_result(read())
            except BaseException as error:
                reading.set_exception(error)

        Thread(target=work, name=part, daemon=True).start()
        return lambda: self.ask(part, reading.result)
