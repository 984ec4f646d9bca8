"""Explains how to set up AWS, if a command finds no credentials at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..aws.failures import NO_CREDENTIALS
from ..errors import CredentialsError

_STEPS = """\
If AWS is not set up on this machine yet:
1. Create an account: https://docs.aws.amazon.com/accounts/latest/reference/getting-started.html
2. Let this machine log in to it: https://docs.aws.amazon.com/cli/latest/userguide/getting-started-quickstart.html
3. Run `flask-cdn-stack doctor`, which says what is missing, then this command again.
What it would cost is estimated by `flask-cdn-stack cost`; the page "Use a real AWS account" goes through all of it."""


@contextmanager
def explaining_account() -> Iterator[None]:
    """Add the steps to an account and credentials to the error, if the block finds no credentials."""
    try:
        yield
    except CredentialsError as error:
        if error.code == NO_CREDENTIALS:
            error.add_hint(_STEPS, "\n")
        raise
