"""Asking AWS for several things at once, where what one answer lacks is no reason to do without the others."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import NamedTuple, TypeVar

from ..errors import CDNStackError

T = TypeVar("T")


class Problem(NamedTuple):
    """What could not be found out, and why."""

    part: str
    error: CDNStackError


class Asking:
    """Keeps as ``problems`` what went wrong, the same failure of several parts once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def ask(self, part: str, read: Callable[[], T | None]) -> T | None:
        """Return what ``read`` does; None where it failed as can be expected."""
        try:
            return read()
        except CDNStackError as error:
            if error.message not in {problem.error.message for problem in self.problems}:
                self.problems.append(Problem(part, error))
            return None

    def begin(self, part: str, read: Callable[[], T | None]) -> Callable[[], T | None]:
        """Begin to read in a thread, and return what waits for it; a program that ends meanwhile does not wait."""
        reading: Future[T | None] = Future()

        def work() -> None:
            try:
                reading.set_result(read())
            except BaseException as error:
                reading.set_exception(error)

        Thread(target=work, name=part, daemon=True).start()
        return lambda: self.ask(part, reading.result)
