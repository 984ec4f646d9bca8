"""Findings of ``doctor``, one for each check, and how checks run at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Literal, NamedTuple, TypeVar

from ..errors import CDNStackError, hide_user_info
from ..troubleshooting import find_page

#: ``wrong`` prevents work with AWS, ``warning`` may, and ``skipped`` was not checked.
State = Literal["ok", "warning", "wrong", "skipped"]

T = TypeVar("T")


class Finding(NamedTuple):
    """The result of one check, and what to do about it; ``error`` is the exception that the check raised, if any."""

    name: str
    state: State
    message: str
    remedy: str = ""
    error: Exception | None = None

    @property
    def see(self) -> str:
        """URL of the documentation's entry on the message; empty if nothing is wrong, or there is no entry."""
        return find_page(self.message) if self.state in ("wrong", "warning") else ""


def find(name: str, check: Callable[[], Finding]) -> Finding:
    """Run a check and return its finding, without passwords in URLs.

    An exception becomes a finding too, so that the other checks go on.
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
    """Start some work in a daemon thread, and return a future of its result."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="examination", daemon=True).start()
    return future
