"""What an examination finds: a line for each thing that it looked at, and how the lines are found beside each other."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Literal, NamedTuple, TypeVar

from ..errors import CDNStackError, hide_user_info
from ..troubleshooting import find_page

#: ``wrong`` stops people, ``warning`` may, and ``skipped`` was not looked at.
State = Literal["ok", "warning", "wrong", "skipped"]

T = TypeVar("T")


class Finding(NamedTuple):
    """What was found of one thing, and what to do about it; ``error`` is what the check ended with, if it did so."""

    name: str
    state: State
    message: str
    remedy: str = ""
    error: Exception | None = None

    @property
    def see(self) -> str:
        """Address of what the documentation says of it; empty where nothing is wrong, or it has no entry."""
        return find_page(self.message) if self.state in ("wrong", "warning") else ""


def find(name: str, check: Callable[[], Finding]) -> Finding:
    """Return what a check finds, without passwords in URLs.

    What it raises is a finding too, so that the others go on.
    """
    try:
        found = check()
    except CDNStackError as error:
        found = Finding(name, "wrong", error.message, error.hint, error)
    except Exception as error:
        message = f"This check itself failed: {type(error).__name__}: {error}"
        found = Finding(name, "wrong", message, "That is a fault of flask-cdn-stack: please report it.", error)
    return found._replace(message=hide_user_info(found.message), remedy=hide_user_info(found.remedy))


def begin(work: Callable[[], T]) -> Future[T]:
    """Begin some work beside this thread, and return what waits for it; a program that ends does not."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="examination", daemon=True).start()
    return future
