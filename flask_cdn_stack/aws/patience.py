"""Retries requests that follow an operation of AWS, which goes on even while AWS does not answer."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from ..errors import AWSError, CredentialsError
from .failures import EXPIRED_CODES, is_away, is_busy
from .pauses import growing_pauses

if TYPE_CHECKING:
    from .session import Connection

#: Seconds before a request is repeated, at first and at most. Each pause is shortened by up to half at random, so that
#: runs that were refused together do not repeat together.
PAUSES = (1.0, 20.0)

#: Seconds without an answer, or without valid credentials, after which a request is given up.
AWAY_SECONDS = 900.0

T = TypeVar("T")


class Patience:
    """Repeats requests that only read: without end while AWS is busy, and long enough for an outage or a login.

    The user is told once of each.

    :param say: called with a sentence for the user.
    :param sleep: waits for a number of seconds.
    :param clock: returns seconds, and goes on during a sleep.
    :param chance: returns a random number from 0 to 1.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        sleep: Callable[[float], None],
        clock: Callable[[], float],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._say, self._sleep, self._clock, self._chance = say, sleep, clock, chance
        self._told: set[str] = set()

    def ask(self, connection: Connection, read: Callable[[], T]) -> T:
        """Return the result of ``read``, which is repeated until it succeeds.

        :raises AWSError: AWS refused, or there was no answer for :data:`AWAY_SECONDS`.
        """
        pauses = growing_pauses(*PAUSES, factor=2)
        began: float | None = None
        while True:
            try:
                return read()
            except AWSError as error:
                if not self.bears(connection, error):
                    raise
                if is_busy(error):
                    began = None
                elif began is None:
                    began = self._clock()
                elif self._clock() - began > AWAY_SECONDS:
                    raise
            self._sleep(next(pauses) * (1 - self._chance() / 2))

    def bears(self, connection: Connection, error: AWSError) -> bool:
        """Return whether an error may pass, and tell the user the first time."""
        if is_busy(error):
            text = f"AWS is busy ({error.code}). This run keeps asking until it answers."
        elif is_away(error):
            text = f"{error.message} What is under way goes on by itself; this run keeps asking."
        elif isinstance(error, CredentialsError) and _may_return(connection, error):
            text = f"{error.message} {error.remedy} This run waits for new ones; what is under way goes on by itself."
        else:
            return False
        kind = "busy" if is_busy(error) else type(error).__name__
        if kind not in self._told:
            self._told.add(kind)
            self._say(text)
        return True


def _may_return(connection: Connection, error: CredentialsError) -> bool:
    """Return whether the credentials may come back: they have ended, or their provider gives none at present."""
    if error.__cause__ is None or not connection.renews_credentials:
        return False
    return not error.code or error.code in EXPIRED_CODES
