"""Credentials: found where boto3 looks for them, shared by all clients of a session, and had anew where they end early.

botocore keeps what it was given until the time that was named to it, and its errors do not say where to look.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Lock
from typing import Any

import botocore.session
from botocore import exceptions
from botocore.credentials import CredentialProvider, Credentials, ReadOnlyCredentials, create_credential_resolver

from ..errors import CredentialsError, hide_user_info
from .credential_givers import refuse_giver
from .failures import EXPIRED_CODES

#: Asks for the code of an MFA device, with the words to ask in.
AskCode = Callable[[str], str]

#: How credentials came that were given as they are.
GIVEN = frozenset({"env", "explicit"})

# Seconds for which a renewal that was in vain counts: many threads may want one at once.
_IN_VAIN = 1.0

# A request that is refused more often with ever new credentials has another fault.
_MOST_ATTEMPTS = 5

# botocore reads what a program or a service answers as if it were always in order.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
_FAILURES = (exceptions.BotoCoreError, exceptions.ClientError, OSError, *_UNREADABLE)

_SIGNED = "flask_cdn_stack.signed"


def open_session(profile: str | None) -> botocore.session.Session:
    """Return a session of botocore's, with a profile or what the environment says."""
    return botocore.session.Session(profile=profile)


def set_givers(session: botocore.session.Session, region: str, ask_code: AskCode | None) -> None:
    """Let a session find its credentials by boto3's rules, and in this region those that a service gives.

    :param ask_code: None where there is nobody to ask.
    """
    session.register_component("credential_provider", _Chain(session, region, ask_code or _refuse_code))


def refuse_code(device: str) -> CredentialsError:
    """Return the error for a role that wants a code where there is nobody to ask for it."""
    return CredentialsError(
        f"The role wants the code of the MFA device {device}, and there is no terminal to ask for it on.",
        "Take it on where there is one, and pass on what `aws configure export-credentials --format env` prints there, "
        "or use a profile without mfa_serial.",
    )


def read_device(prompt: str) -> str:
    """Return the MFA device that botocore's question is about."""
    return prompt.rpartition(" for ")[2].rstrip(": ")


def renew_for(client: Any, session: botocore.session.Session) -> None:
    """Let a client send a request again, with new credentials, that is refused because the old ones ended.

    Such a request was not carried out, so this holds for those too that are never repeated otherwise.
    """
    credentials = session.get_credentials()
    if not isinstance(credentials, LastingCredentials):
        return

    def remember(request: Any, **rest: Any) -> None:
        request.context[_SIGNED] = credentials.get_frozen_credentials()

    def renew(response: Any, attempts: int, request_dict: dict[str, Any], **rest: Any) -> float | None:
        code = response[1].get("Error", {}).get("Code") if response else None
        if code not in EXPIRED_CODES or attempts >= _MOST_ATTEMPTS:
            return None
        signed = request_dict["context"].get(_SIGNED)
        return 0.0 if signed and credentials.renew(signed) else None

    client.meta.events.register("before-sign", remember)
    client.meta.events.register("needs-retry", renew)


def find_end(credentials: Credentials) -> datetime | None:
    """Return when credentials end, as far as their giver says it."""
    if isinstance(credentials, LastingCredentials):
        return credentials.ends
    return getattr(credentials, "_expiry_time", None)


class LastingCredentials(Credentials):
    """Credentials as all clients of a session hold them; what is behind them is exchanged when it ends early."""

    def __init__(self, source: Credentials, find: Callable[[], Credentials | None], profile: str) -> None:
        self.method = source.method
        self._source, self._find, self._profile = source, find, profile
        self._renewing = Lock()
        self._tried = float("-inf")
        self._error: CredentialsError | None = None

    @property
    def access_key(self) -> str | None:  # type: ignore[override]
        """The access key's id."""
        return self.get_frozen_credentials().access_key

    @property
    def secret_key(self) -> str | None:  # type: ignore[override]
        """The access key's secret."""
        return self.get_frozen_credentials().secret_key

    @property
    def token(self) -> str | None:  # type: ignore[override]
        """The session token, if there is one."""
        return self.get_frozen_credentials().token

    @property
    def account_id(self) -> str | None:
        """The account's id, where the giver says it."""
        return getattr(self.get_frozen_credentials(), "account_id", None)

    @property
    def ends(self) -> datetime | None:
        """When the giver says that those of this moment end; None where it does not."""
        return find_end(self._source)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the credentials of this moment, renewed if their time is over.

        :raises CredentialsError: they cannot be had any more.
        """
        with explained(self.method, self._profile):
            return self._source.get_frozen_credentials()

    def renew(self, refused: ReadOnlyCredentials) -> bool:
        """Ask for others than those that were refused, as a new process would, and say whether there are any.

        :raises CredentialsError: they cannot be had any more.
        """
        with self._renewing:
            if self.get_frozen_credentials() != refused:
                return True
            if time.monotonic() - self._tried > _IN_VAIN:
                self._error = None
                try:
                    if self._replace(refused):
                        return True
                except CredentialsError as error:
                    self._error = error
                self._tried = time.monotonic()
            if self._error is not None:
                raise self._error
            return False

    def _replace(self, refused: ReadOnlyCredentials) -> bool:
        found = self._find()
        # The place that they come from stays: an app that is loaded later may set its own.
        if found is None or found.method != self.method:
            return False
        with explained(self.method, self._profile):
            is_other = found.get_frozen_credentials() != refused
        if is_other:
            self._source = found
        return is_other


class _Chain:
    """What a session asks for its credentials: botocore's providers in their order."""

    def __init__(self, session: botocore.session.Session, region: str, ask_code: AskCode) -> None:
        self._session, self._region, self._ask_code = session, region, ask_code
        self._profile = session.profile or "default"

    def load_credentials(self) -> Credentials | None:
        """Return what the first provider gives that gives any."""
        found = self._find(self._session)
        if found is None or found.method in GIVEN:
            return found
        return LastingCredentials(found, self._find_anew, self._profile)

    def _find_anew(self) -> Credentials | None:
        return self._find(open_session(self._session.profile))

    def _find(self, session: botocore.session.Session) -> Credentials | None:
        resolver = create_credential_resolver(session, region_name=self._region)
        # botocore would ask by itself, on a terminal or not.
        resolver.get_provider("assume-role")._prompter = self._ask_code  # type: ignore[attr-defined]
        for provider in resolver.providers:
            if (found := self._ask(provider)) is not None:
                return found
        return None

    def _ask(self, provider: CredentialProvider) -> Credentials | None:
        with explained(provider.METHOD or "", self._profile):
            found: Credentials | None = provider.load()
        return found


@contextmanager
def explained(method: str, profile: str) -> Iterator[None]:
    """Turn whatever a provider of botocore's raises into an error that says whose it is and what to do."""
    try:
        yield
    except (exceptions.ProfileNotFound, exceptions.HTTPClientError, exceptions.ConnectionError):
        raise
    except _FAILURES as error:
        raise refuse_giver(method, profile, error, _reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        text = f"{error.filename or 'the operating system says'}: {error.strerror}"
    elif isinstance(error, exceptions.ClientError):
        details = error.response.get("Error", {})
        text = f"{error.operation_name} was answered with {details.get('Code')}, {details.get('Message')}"
    elif isinstance(error, exceptions.BotoCoreError):
        text = str(error.kwargs.get("error_msg") or error)
    else:
        text = f"what it answers cannot be read ({error})"
    # Of what a program says as it fails, the last line is the reason.
    return hide_user_info(text.strip().rpartition("\n")[2]).rstrip(".")


def _refuse_code(prompt: str) -> str:
    raise refuse_code(read_device(prompt))
