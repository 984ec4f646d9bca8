"""Finds credentials where boto3 does, shares them between a session's clients, and renews them if they end early.

botocore keeps credentials until their given end, and its errors do not say which provider failed.
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

#: Asks the user for the code of an MFA device; takes the prompt.
AskCode = Callable[[str], str]

#: botocore's names of the sources whose credentials cannot be renewed.
GIVEN = frozenset({"env", "explicit"})

# Seconds for which a failed renewal is not tried again: many threads may want one at once.
_IN_VAIN = 1.0

# Most attempts for a request; one that is refused with ever new credentials has another problem.
_MOST_ATTEMPTS = 5

# botocore does not check the answer of a program or service: a malformed one raises these.
_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
_FAILURES = (exceptions.BotoCoreError, exceptions.ClientError, OSError, *_UNREADABLE)

_SIGNED = "flask_cdn_stack.signed"


def open_session(profile: str | None) -> botocore.session.Session:
    """Return a botocore session, for a profile or as the environment says."""
    return botocore.session.Session(profile=profile)


def set_givers(session: botocore.session.Session, region: str, ask_code: AskCode | None) -> None:
    """Make a session find its credentials by boto3's rules; services that give them are called in this region.

    :param ask_code: asks for the code of an MFA device; None if there is nobody to ask.
    """
    session.register_component("credential_provider", _Chain(session, region, ask_code or _refuse_code))


def refuse_code(device: str) -> CredentialsError:
    """Return the error for a role that needs an MFA code if there is nobody to ask for it."""
    return CredentialsError(
        f"The role wants the code of the MFA device {device}, and there is no terminal to ask for it on.",
        "Assume it where there is one, and run here the lines that `aws configure export-credentials --format env` "
        "prints there, or use a profile without mfa_serial.",
    )


def read_device(prompt: str) -> str:
    """Return the MFA device in botocore's prompt."""
    return prompt.rpartition(" for ")[2].rstrip(": ")


def renew_for(client: Any, session: botocore.session.Session) -> None:
    """Make a client retry, with new credentials, a request that is refused because the old ones have ended.

    Such a request was not carried out, so even requests that are otherwise not retried are sent again.
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
    """Return when credentials end; None if their provider does not say it."""
    if isinstance(credentials, LastingCredentials):
        return credentials.ends
    return getattr(credentials, "_expiry_time", None)


class LastingCredentials(Credentials):
    """The credentials that all clients of a session share; they are replaced if they end early."""

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
        """The account's id, if the provider says it."""
        return getattr(self.get_frozen_credentials(), "account_id", None)

    @property
    def ends(self) -> datetime | None:
        """When the present credentials end; None if the provider does not say it."""
        return find_end(self._source)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the present credentials, renewed if they have ended.

        :raises CredentialsError: there are no valid ones any more.
        """
        with explained(self.method, self._profile):
            return self._source.get_frozen_credentials()

    def renew(self, refused: ReadOnlyCredentials) -> bool:
        """Find other credentials than the refused ones, as a new process would, and return whether there are any.

        :raises CredentialsError: the provider gave none.
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
        # Only from the same provider: an app that is loaded later may set its own credentials.
        if found is None or found.method != self.method:
            return False
        with explained(self.method, self._profile):
            is_other = found.get_frozen_credentials() != refused
        if is_other:
            self._source = found
        return is_other


class _Chain:
    """Asks botocore's credential providers in their order; used by a session in place of botocore's own chain."""

    def __init__(self, session: botocore.session.Session, region: str, ask_code: AskCode) -> None:
        self._session, self._region, self._ask_code = session, region, ask_code
        self._profile = session.profile or "default"

    def load_credentials(self) -> Credentials | None:
        """Return the credentials of the first provider that has any."""
        found = self._find(self._session)
        if found is None or found.method in GIVEN:
            return found
        return LastingCredentials(found, self._find_anew, self._profile)

    def _find_anew(self) -> Credentials | None:
        return self._find(open_session(self._session.profile))

    def _find(self, session: botocore.session.Session) -> Credentials | None:
        resolver = create_credential_resolver(session, region_name=self._region)
        # botocore itself would ask for the code even without a terminal.
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
    """Turn an error of a botocore provider into one that names the provider and says what to do."""
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
    # The last line of a failed program's output is the reason.
    return hide_user_info(text.strip().rpartition("\n")[2]).rstrip(".")


def _refuse_code(prompt: str) -> str:
    raise refuse_code(read_device(prompt))
