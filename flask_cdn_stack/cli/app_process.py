"""Loads the Flask app in a Python process of its own, at the same time as this one works.

An app may change its interpreter while it loads: gevent and eventlet replace threads and sockets, and others change the
working directory, the environment or signal handlers. None of that affects the process that uploads.
"""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Self

from ..errors import AppError, CDNStackError
from .app import SEE_TRACEBACK, AppPlace, find_given, load_app
from .group import list_causes

#: Seconds after which the process is killed if it does not end by itself once it has answered.
END_SECONDS = 5

_START = "import sys; sys.path[:] = {path!r}; from {module} import answer_once; answer_once({order}, {answer})"


class Question(NamedTuple):
    """A function of this package to call with the app, and its further arguments."""

    place: AppPlace
    look: Callable[..., Any]
    arguments: tuple[Any, ...]


class Answer(NamedTuple):
    """The function's result, or the failure and its causes by name and text, because pickle drops an error's causes."""

    found: Any = None
    failure: CDNStackError | None = None
    causes: tuple[tuple[str, str], ...] = ()


class AppHere:
    """Loads the app in this process, if another one cannot; has the same methods as :class:`AppProcess`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def ask(self, place: AppPlace, look: Callable[..., Any], *arguments: Any) -> None:
        """Keep the question until :meth:`answer` is called."""
        self._question = Question(place, look, arguments)

    def answer(self) -> Any:
        """Load the app, call the function with it, and return the result."""
        return self._question.look(load_app(self._question.place), *self._question.arguments)


class AppProcess:
    """Loads the app in another process, which a ``with`` block starts and ends."""

    def __enter__(self) -> Self:
        order, ordering = _open_pipe()
        answering, answer = _open_pipe()
        self._order, self._answer = open(ordering, "wb"), open(answering, "rb")
        try:
            self._process = _start(order, answer)
        except OSError as error:
            raise AppError(f"The app's process could not be started: {error.strerror or error}.") from error
        finally:
            os.close(order)
            os.close(answer)
        return self

    def __exit__(self, *details: object) -> None:
        self._order.close()
        self._answer.close()
        try:
            self._process.wait(END_SECONDS if details[0] is None else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, place: AppPlace, look: Callable[..., Any], *arguments: Any) -> None:
        """Tell the process to load the app and to call a function with it; to be called once.

        :param look: a module's function, called with the app and the ``arguments``; all of them must be picklable.
        """
        with suppress(BrokenPipeError), self._order:  # if the process has ended, answer() says why
            pickle.dump(Question(place, look, arguments), self._order)

    def answer(self) -> Any:
        """Wait for the function, and return its result.

        :raises CDNStackError: the error that the function raised, or why the app did not load.
        """
        try:
            found, failure, causes = pickle.load(self._answer)
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._ended() from error
        if failure is not None:
            raise failure from _chain(causes)
        return found

    def _ended(self) -> AppError:
        code = self._process.wait()
        how = f"signal {-code} ended it" if code < 0 else f"it ended with {code}"
        return AppError(f"The process that loads the app ended before it had loaded it: {how}.", SEE_TRACEBACK)


#: A process in which the app is loaded: another, or this one.
LoadedApp = AppProcess | AppHere


def open_app() -> LoadedApp:
    """Return another process for the app; or this one, if ``flask`` got a function to create it, and on Windows."""
    given = find_given()
    is_made = given is not None and given.create_app is not None
    return AppHere() if is_made or os.name != "posix" or not sys.executable else AppProcess()


def _open_pipe() -> tuple[int, int]:
    if sys.platform == "win32":
        raise RuntimeError("On Windows the app is loaded here, see open_app().")
    import fcntl

    # If standard streams are closed, a pipe could get their descriptors, which the process uses itself.
    low = os.pipe()
    reader, writer = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in low)
    for end in low:
        os.close(end)
    return reader, writer


def _start(order: int, answer: int) -> subprocess.Popen[bytes]:
    start = _START.format(path=sys.path, module=__name__, order=order, answer=answer)
    options = [f"-W{option}" for option in sys.warnoptions]
    # Apps that print do so to standard error; standard input stays open for debuggers.
    return subprocess.Popen([sys.executable, *options, "-c", start], stdout=2, pass_fds=(order, answer))


def answer_once(order: int, answer: int) -> None:
    """Read one question from a pipe, load the app for it, and write the answer to another pipe.

    :param order: the descriptor to read from; if it is closed without a question, nothing is done.
    :param answer: the descriptor to write to.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the other process says that the command was aborted
    _load_ahead()
    try:
        with open(order, "rb") as stream:
            question: Question = pickle.load(stream)
    except EOFError:
        return
    found = _answer(question)
    with suppress(BrokenPipeError), open(answer, "wb") as stream:
        pickle.dump(found, stream)


def _load_ahead() -> None:
    # These imports take longest, and the question has not arrived yet.
    import flask.cli  # noqa: F401

    from ..assets import collect  # noqa: F401
    from ..extension import cdn  # noqa: F401


def _answer(question: Question) -> Answer:
    try:
        return Answer(question.look(load_app(question.place), *question.arguments))
    except CDNStackError as error:
        return Answer(failure=error, causes=tuple(list_causes(error)))


def _chain(causes: tuple[tuple[str, str], ...]) -> Exception | None:
    chained: Exception | None = None
    for name, text in reversed(causes):
        cause = type(name, (Exception,), {})(text)
        cause.__cause__, chained = chained, cause
    return chained
