"""Expected failures, as exceptions with a message, a hint what to do next, and an exit code.

::

    CDNStackError                exit 1
      SettingsError              exit 2   settings file, option or CDN_* value
      AppError                   exit 2   the Flask app does not import
      AssetError                 exit 2   a file that cannot be published under its name
        SecretError                      a file that is likely to be a secret
      AssetReadError             exit 1   a file that cannot be read, or changes while it is read
      ManifestError              exit 1   a manifest that is missing or damaged
      MissingAssetError          exit 1   strict mode: an asset that the manifest does not name
      LocalFileError             exit 1   a generated file that cannot be written
      MissingExtraError          exit 1   an optional package that is not installed
      RefusedError               exit 4   a safety check refused, or the user did
      StateError                 exit 1   the record in the bucket is damaged or newer than this tool
      PartialDeployError         exit 1   some uploads failed, nothing was published
      LeaseError                 exit 1   a run was stopped for so long that another may have taken its place
      AWSError                   exit 1   AWS refused or could not be reached
        CredentialsError
        UnreachableError
        ConflictError                    a conditional write failed; caught by its caller
        StackNotFoundError
        StackFailedError
"""

from __future__ import annotations

import errno
import re
from contextlib import suppress
from typing import TYPE_CHECKING

from .loading import loading

if TYPE_CHECKING:
    from typing import Self


#: This package's own codes: a file whose name cannot be published, and one that cannot be read.
BAD_NAME, UNREADABLE = "BadName", "Unreadable"


class CDNStackError(Exception):
    """An expected failure.

    :param message: what is wrong, and where.
    :param hint: what to do next, on the command line; may be empty.
    :param code: the kind of failure, for callers that handle it: AWS's own code, or one of this module's; may be empty.
    """

    exit_code = 1
    remedy_code = ""

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code

    def add_hint(self, hint: str, separator: str = " ") -> None:
        """Append a sentence to the hint, such as what happens to an interrupted operation."""
        self.hint = f"{self.hint}{separator}{hint}" if self.hint else hint

    @classmethod
    def unreadable(cls, subject: str, error: OSError, otherwise: str = "", *, code: str = "") -> Self:
        """Return the error for a file that the operating system does not let us read.

        :param subject: the file, as the message names it.
        :param otherwise: the hint if none is known for the system's reason; only then the error has the ``code``.
        """
        hint = way_out(error)
        return cls(
            f"{subject} cannot be read: {error.strerror or error}.", hint or otherwise, code="" if hint else code
        )

    @property
    def see(self) -> str:
        """URL of the documentation on this failure: its troubleshooting entry, or AWS's reason; empty if none."""
        # The import may fail: a web server may have reached its limit of open files.
        with suppress(OSError), loading:
            from .troubleshooting import find_failure_page

            return find_failure_page(self.message, self.remedy_code)
        return ""

    @property
    def text(self) -> str:
        """The message, and on a line of its own the hint."""
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __str__(self) -> str:
        see = self.see
        return f"{self.text}\nSee {see}" if see else self.text


class SettingsError(CDNStackError):
    """The settings file, an option or a ``CDN_*`` value is wrong."""

    exit_code = 2


class AppError(CDNStackError):
    """The Flask app could not be loaded."""

    exit_code = 2


class AssetError(CDNStackError):
    """A file cannot be published under its name."""

    exit_code = 2


class SecretError(AssetError):
    """A file that is likely to be a secret would be published."""


class AssetReadError(CDNStackError):
    """A file cannot be read, or changed while it was being read."""

    @classmethod
    def changed(cls, file: str) -> Self:
        """Return the error for a file that has changed since the deploy was planned."""
        return cls(f"{file} changed while it was being deployed.", "Deploy again when it is at rest.")


class ManifestError(CDNStackError):
    """A manifest is missing or damaged."""


class MissingAssetError(CDNStackError):
    """``CDN_STRICT`` is on, and an asset is missing."""


class LocalFileError(CDNStackError):
    """A generated file cannot be written."""


class MissingExtraError(CDNStackError):
    """An optional package is needed and not installed."""


class RefusedError(CDNStackError):
    """A safety check, or the user, refused."""

    exit_code = 4


class StateError(CDNStackError):
    """The record kept in the bucket cannot be used."""


class PartialDeployError(CDNStackError):
    """Some uploads failed; nothing was published."""


class LeaseError(CDNStackError):
    """A run was stopped for so long that another run may write the keys that it has claimed."""


class AWSError(CDNStackError):
    """AWS refused a request, or could not be reached.

    :param code: AWS's error code; empty if there was no answer.
    :param status: the HTTP status of the answer; 0 if there was none, or it is not known.
    """

    def __init__(self, message: str, hint: str = "", *, code: str = "", status: int = 0) -> None:
        super().__init__(message, hint, code=code)
        self.status = status


class CredentialsError(AWSError):
    """No AWS credentials, or credentials that no longer work.

    :param remedy: what to do, as a sentence.
    :param then_retry: add to the hint that the command has to be run again.
    """

    def __init__(
        self, message: str, remedy: str = "", *, then_retry: bool = False, code: str = "", status: int = 0
    ) -> None:
        hint = f"{remedy.removesuffix('.')}, then retry." if then_retry else remedy
        super().__init__(message, hint, code=code, status=status)
        self.remedy = remedy


class UnreachableError(AWSError):
    """AWS did not answer; the request may or may not have been carried out."""


class ConflictError(AWSError):
    """A conditional write found that the object had changed."""


class StackNotFoundError(AWSError):
    """The stack has not been provisioned."""


class StackFailedError(AWSError):
    """An operation on the stack failed, or the stack is in a state in which it cannot be used.

    :param remedy_code: the code of AWS's reason in the table of known failures; empty if it is not in it.
    """

    def __init__(self, message: str, hint: str = "", *, remedy_code: str = "") -> None:
        super().__init__(message, hint)
        self.remedy_code = remedy_code


_WAYS_OUT = {
    (errno.EMFILE, errno.ENFILE): "Let more files be open at once (`ulimit -n 1024`), then retry.",
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG): "Free space, then retry.",
    (errno.EROFS,): "Work in a folder that can be written to.",
    (errno.ENAMETOOLONG,): "Give it a shorter name.",
    (errno.EACCES, errno.EPERM): "Change its permissions, then retry.",
    (errno.ELOOP,): "It is a link that leads to itself; replace it.",
}


def way_out(error: OSError, otherwise: str = "") -> str:
    """Return what to do about an error of the operating system; ``otherwise`` if that is not known."""
    return next((hint for codes, hint in _WAYS_OUT.items() if error.errno in codes), otherwise)


def hide_user_info(text: str) -> str:
    """Return a text without the user names and passwords in its URLs."""
    return re.sub(r"(?<=://)[^/\s]*@", "", text)


def show_text(text: str) -> str:
    """Return a text for display: without user names and passwords in URLs, and with C1 control characters escaped.

    A file name may contain such characters, and terminals act on them.
    """
    return re.sub("[\x7f-\x9f]", lambda found: f"\\x{ord(found[0]):02x}", hide_user_info(text))
