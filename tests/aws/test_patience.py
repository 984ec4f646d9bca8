"""How long is asked for what is followed, and what the user is told of it."""

from __future__ import annotations

from typing import cast

import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, EndpointConnectionError

from flask_cdn_stack.aws.failures import translate_errors
from flask_cdn_stack.aws.patience import AWAY_SECONDS, PAUSES, Patience
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.errors import AWSError, CredentialsError

AWAY = EndpointConnectionError(endpoint_url="http://x")
NOT_GIVEN = CredentialsError("Nobody is logged in.", "Log in.")
NOT_GIVEN.__cause__ = CredentialRetrievalError(provider="custom-process", error_msg="log in")


def answer(code: str, status: int = 400) -> ClientError:
    details = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(details, "DescribeStacks")  # type: ignore[arg-type]


class Someone:
    """Stands for a connection, and asks with patience for what fails a number of times."""

    def __init__(self, renews: bool = True) -> None:
        self.renews_credentials = renews
        self.pauses: list[float] = []
        self.said: list[str] = []
        chances = iter([0.0, 1.0] * 10_000)
        self.patience = Patience(self.said.append, self.pauses.append, self._clock, lambda: next(chances))

    def _clock(self) -> float:
        return sum(self.pauses)

    def ask(self, error: Exception, times: int) -> str:
        """Ask for what gives an answer after so many errors."""
        left = [error] * times

        def read() -> str:
            with translate_errors("cloudformation:DescribeStacks", "stack shop-cdn"):
                if left:
                    raise left.pop()
            return "the answer"

        return self.patience.ask(cast("Connection", self), read)


BUSY = [answer("Throttling"), answer("TooManyRequestsException", 429), answer("InternalFailure", 500), answer("", 503)]


@pytest.mark.parametrize("error", BUSY)
def test_busy(error: Exception) -> None:
    """AWS is asked without end, less and less often and never in step with others; the user is told once."""
    someone = Someone()

    assert [someone.ask(error, 300), someone.ask(error, 1)] == ["the answer"] * 2

    assert sum(someone.pauses) > AWAY_SECONDS
    assert someone.pauses[:6] == [1, 1, 4, 4, 16, 10]
    assert max(someone.pauses) == PAUSES[1]
    assert len(someone.said) == 1
    assert someone.said[0].startswith("AWS is busy (")


@pytest.mark.parametrize("error", [AWAY, NOT_GIVEN, answer("ExpiredToken"), answer("RequestExpired")])
def test_away(error: Exception) -> None:
    """A network that is away, and credentials that somebody may log in for, are waited for some time."""
    someone = Someone()

    assert someone.ask(error, 30) == "the answer"
    assert len(someone.said) == 1
    assert "goes on by itself" in someone.said[0]
    with pytest.raises(AWSError):
        someone.ask(error, 3000)
    assert AWAY_SECONDS < sum(someone.pauses) < 3 * AWAY_SECONDS


@pytest.mark.parametrize(
    ("error", "renews"),
    [
        (answer("AccessDenied", 403), True),
        (answer("InvalidClientTokenId", 403), True),
        (answer("ValidationError"), True),
        (answer("ExpiredToken"), False),
    ],
)
def test_what_does_not_pass(error: Exception, renews: bool) -> None:
    """Ends it at once, without a word: its own message is enough."""
    someone = Someone(renews)

    with pytest.raises(AWSError):
        someone.ask(error, 1)

    assert (someone.pauses, someone.said) == ([], [])
