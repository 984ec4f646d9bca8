"""The Flask app in a Python process of its own, which loads beside this one.

An app may do what it likes to its interpreter while it is loaded: gevent and eventlet replace threads and sockets, and
others change the working directory, the environment or what happens at a signal. None of that reaches the process
that uploads.
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

#: Seconds that the process has to end by itself, when the app's data are here.
END_SECONDS = 5

_START = "import sys; sys.path[:] = {path!r}; from {module} import answer_once; answer_once({order}, {answer})"


class Question(NamedTuple):
    """What is wanted of the app, found in it by a function of this package with these arguments besides it."""

    place: AppPlace
    look: Callable[..., Any]
    arguments: tuple[Any, ...]


class Answer(NamedTuple):
    """What was found; or the failure, with the names and texts of its causes, which do not come along with it."""

    found: Any = None
    failure: CDNStackError | None = None
    causes: tuple[tuple[str, str], ...] = ()


class AppHere:
    """The app in this very process, where no other one can load it: a context manager as :class:`AppProcess`."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        pass

    def ask(self, place: AppPlace, look: Callable[..., Any], *arguments: Any) -> None:
        """Take note of a question."""
        self._question = Question(place, look, arguments)

    def answer(self) -> Any:
        """Load the app, and return what was asked for."""
        return self._question.look(load_app(self._question.place), *self._question.arguments)


class AppProcess:
    """A context manager that begins with starting the process, and ends with its end."""

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
        """Let the app be loaded, and a function look for something in it; asked once.

        :param look: a function of a module, given the app and the ``arguments``; all of it goes by pickle.
        """
        with suppress(BrokenPipeError), self._order:  # the answer says why nobody is there
            pickle.dump(Question(place, look, arguments), self._order)

    def answer(self) -> Any:
        """Wait until the function has returned, and return what it did.

        :raises CDNStackError: what the function raised, or why the app did not load.
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


#: Where the app may be loaded.
LoadedApp = AppProcess | AppHere


def open_app() -> LoadedApp:
    """Return the way to the app: by a process of its own, unless whoever made the ``flask`` command makes the app."""
    given = find_given()
    is_made = given is not None and given.create_app is not None
    return AppHere() if is_made or os.name != "posix" or not sys.executable else AppProcess()


def _open_pipe() -> tuple[int, int]:
    if sys.platform == "win32":
        raise RuntimeError("On Windows the app is loaded here, see open_app().")
    import fcntl

    # The process has use of its own for the descriptors of standard streams, which are free where those are closed.
    low = os.pipe()
    reader, writer = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 3) for end in low)
    for end in low:
        os.close(end)
    return reader, writer


def _start(order: int, answer: int) -> subprocess.Popen[bytes]:
    start = _START.format(path=sys.path, module=__name__, order=order, answer=answer)
    options = [f"-W{option}" for option in sys.warnoptions]
    # Standard output is for our data, and some apps print; standard input stays for those that debug.
    return subprocess.Popen([sys.executable, *options, "-c", start], stdout=2, pass_fds=(order, answer))


def answer_once(order: int, answer: int) -> None:
    """Load the app for the one question that comes by a pipe, and write the answer into another.

    :param order: the descriptor to read from; where nothing comes, nobody wants to know any more.
    :param answer: the descriptor to write to.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # whoever asked says that it was aborted
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
    # It takes longest, and the question is not here yet.
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
