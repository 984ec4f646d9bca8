"""The generated config file: its text, and how it is written without overwriting files of the user's.

The generated file is plain Python, contains no secret, changes only with the stack, and finds the manifest relative to
itself, so that ``from_object``, ``from_pyfile``, an import and a zipapp all give the same values.
"""

from __future__ import annotations

import ast
import errno
import json
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

from .config_keys import CONFIG_KEYS
from .errors import LocalFileError, RefusedError, way_out
from .manifest import HEADER as MANIFEST_HEADER
from .regular_files import NotRegularError, open_regular, read_regular

#: First line of a config file that this tool wrote.
HEADER = "# flask-cdn-stack config: written by `provision` and `deploy`; change flask-cdn-stack.yml instead."

#: Largest generated file, in bytes, that is read.
MAX_BYTES = 256 * 1024 * 1024

#: State of a generated file: up to date, outdated, missing, or not written by this tool.
FileState = Literal["current", "stale", "absent", "foreign"]

# Windows does not replace a file that another process, such as a virus scanner, has open (Microsoft's system error
# codes, ERROR_ACCESS_DENIED and ERROR_SHARING_VIOLATION); these are the seconds between retries.
_IN_USE = (5, 32)
_WAITS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.6)

# The text after the colon may differ between versions of this tool.
_HEADER_START = HEADER[: HEADER.index(":") + 1]


class ConfigValues(NamedTuple):
    """The values of the generated config file.

    ``manifest`` is the manifest's path relative to the folder of the config file, with ``/`` between its parts, or None
    if no manifest is written.
    """

    domain: str | None
    https: bool | None = None
    manifest: str | None = None
    checksum_length: int | None = None
    fingerprint: str = "query"
    keep_names: tuple[str, ...] = ()
    local_names: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ("static",)
    extra_urls: tuple[str, ...] = ()

    def literals(self) -> dict[str, Any]:
        """Return the values by key, in the order of the file; the manifest's location is left relative."""
        values = {key.name: key.default for key in CONFIG_KEYS if key.generated}
        return values | {
            "CDN_DOMAIN": self.domain,
            "CDN_HTTPS": self.https,
            "CDN_TIMESTAMP": self.manifest is None,
            "CDN_MANIFEST": self.manifest is not None,
            "CDN_MANIFEST_URL": self.manifest,
            "CDN_FINGERPRINT": self.fingerprint,
            "CDN_CHECKSUM_LENGTH": self.checksum_length,
            "CDN_KEEP_NAMES": list(self.keep_names),
            "CDN_LOCAL_NAMES": list(self.local_names),
            "CDN_ENDPOINTS": list(self.endpoints),
            "CDN_OVERRIDE_FLASK_URL_FOR": True,
            **({"CDN_EXTRA_URLS": list(self.extra_urls)} if self.extra_urls else {}),
        }


def render_python(values: ConfigValues) -> str:
    """Return the text of the config file; equal values give equal text."""
    literals = values.literals()
    lines = [f"{name} = {_literal(value)}" for name, value in literals.items()]
    if values.manifest is not None:
        located = f"os.path.join(os.path.dirname(os.path.abspath(__file__)), {_literal(values.manifest)})"
        if values.manifest.startswith("../"):
            located = f"os.path.normpath({located})"
        lines[list(literals).index("CDN_MANIFEST_URL")] = f"CDN_MANIFEST_URL = {located}"
        lines[:0] = ["import os", ""]
    return "\n".join([HEADER, *lines]) + "\n"


def render_json(values: ConfigValues, folder: Path) -> str:
    """Return the values as one JSON object, for ``app.config.from_file``; ``folder`` is the config file's folder."""
    return json.dumps(_located(values, folder), indent=2) + "\n"


def render_env(values: ConfigValues, folder: Path) -> str:
    """Return the values as ``FLASK_CDN_...`` variables, for ``Config.from_prefixed_env``, quoted for a shell."""
    import shlex

    lines = []
    for name, value in _located(values, folder).items():
        text = value if isinstance(value, str) else json.dumps(value)
        lines.append(f"FLASK_{name}={shlex.quote(text)}\n")
    return "".join(lines)


def read_config_file(path: Path) -> dict[str, Any]:
    """Return the literal values of a config file that this tool wrote; empty if there is none.

    :raises LocalFileError: the file cannot be read or is damaged.
    """
    if not is_own_file(path):
        return {}
    values: dict[str, Any] = {}
    try:
        for node in ast.parse(read_regular(path, MAX_BYTES)).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant() | ast.List() as value):
                    values[name] = ast.literal_eval(value)
        _check_values(values)
    except (OSError, SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error) or "it is nested too deeply"
        raise LocalFileError(
            f"{path} cannot be read: {reason}.", "Fix it, or delete it and run `flask-cdn-stack config --write`."
        ) from error
    return values


def _check_values(values: dict[str, Any]) -> None:
    # These two are used as they are if nothing else gives them.
    for name, kind in (("CDN_DOMAIN", str), ("CDN_HTTPS", bool)):
        if not isinstance(value := values.get(name), kind | None):
            raise ValueError(f"{name} is {value!r:.60}")


def is_own_file(path: Path) -> bool:
    """Return whether a file begins with the first line of this tool's config files or manifests.

    :raises LocalFileError: the file exists and cannot be read.
    """
    try:
        with open_regular(path) as file:
            line = file.readline(200).decode("utf-8", "replace").rstrip("\r\n")
            return line == MANIFEST_HEADER or line.startswith(_HEADER_START)
    except NotRegularError:
        return False
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            return False
        raise LocalFileError.unreadable(str(path), error) from error


def read_own_file(path: Path | None) -> str | None:
    """Return the text of a generated file; None if there is no file that this tool wrote.

    :param path: None if the settings ask for no such file.
    :raises LocalFileError: the file cannot be read.
    """
    if path is None or not is_own_file(path):
        return None
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8", "surrogateescape")
    except OSError as error:
        raise LocalFileError.unreadable(str(path), error) from error


def judge_file(path: Path, is_current: Callable[[str], bool]) -> FileState:
    """Return the state of a generated file; ``foreign`` is one that this tool did not write.

    :param is_current: returns whether the file's text is up to date.
    :raises LocalFileError: the file cannot be read.
    """
    if not os.path.lexists(path):
        return "absent"
    text = read_own_file(path)
    if text is None:
        return "foreign"
    return "current" if is_current(text) else "stale"


def check_writable(path: Path) -> None:
    """Check that a generated file can be written at ``path``.

    :raises RefusedError: there is a file that this tool did not write.
    :raises LocalFileError: the folder is missing or cannot be written to.
    """
    if not os.access(path.parent, os.W_OK | os.X_OK) or not path.parent.is_dir():
        reason = "its folder is not writable" if os.path.isdir(path.parent) else "its folder does not exist"
        raise LocalFileError(f"{path} cannot be written: {reason}.", "Create the folder or change its permissions.")
    if not is_own_file(path) and os.path.lexists(path):
        raise RefusedError(
            f"{path} exists and was not written by flask-cdn-stack; it is left as it is.",
            "Move it away, or name another file with config_file or manifest_file in the settings.",
        )


def write_guarded(path: Path, text: str) -> bool:
    """Write a generated file atomically, unless it already has this text; return whether it was written.

    Other processes read the old text or the new one, never a part.

    :raises RefusedError: there is a file that this tool did not write.
    :raises LocalFileError: the file cannot be written.
    """
    check_writable(path)
    if read_own_file(path) == text:
        return False
    replace_file(path, text)
    return True


def replace_file(path: Path, text: str) -> None:
    """Write a file atomically, and replace any file at its place.

    :raises LocalFileError: the file cannot be written; it is then unchanged.
    """
    try:
        _replace(Path(os.path.realpath(path)), text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise LocalFileError(
            f"{path} cannot be written: {error.strerror or error}.",
            way_out(error, "Free space or change the permissions, then retry."),
        ) from error


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet.

    :raises RefusedError: the file exists; it is left as it is.
    :raises LocalFileError: the file cannot be written; then there is none.
    """
    try:
        with open(path, "x", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            try:
                file.write(text)
                file.flush()
            except BaseException:
                path.unlink()
                raise
    except FileExistsError as error:
        raise RefusedError(f"{path} exists; it is left as it is.", "Move it away, then retry.") from error
    except OSError as error:
        raise LocalFileError(
            f"{path} cannot be written: {error.strerror or error}.",
            way_out(error, "Free space or change the permissions, then retry."),
        ) from error


def _replace(path: Path, data: bytes) -> None:
    before = path.stat() if path.exists() else None
    mode = before.st_mode & 0o777 if before else 0o666 & ~_umask()
    # Shortened, because the temporary name must not exceed the system's limit if the file's own is near it.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, mode)
        if before:
            _make_later(name, before.st_mtime)
        put_in_place(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def put_in_place(
    name: str,
    path: Path,
    replace: Callable[[str, Path], None] = os.replace,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Move a file to another's place; on Windows, wait up to two seconds for processes that have that one open.

    :param name: the file to move.
    :raises OSError: the file could not be replaced.
    """
    for seconds in _WAITS:
        try:
            return replace(name, path)
        except PermissionError as error:
            if getattr(error, "winerror", None) not in _IN_USE:
                raise
            sleep(seconds)
    replace(name, path)


def _make_later(name: str, before: float) -> None:
    """Set a file's time to at least a second after that of the file that it replaces.

    Python recognises outdated bytecode by its source's size and time in seconds (Python reference, "Cached bytecode
    invalidation"): after two texts of one size within a second, an app would still import the first.
    """
    if os.stat(name).st_mtime < int(before) + 1:
        os.utime(name, (int(before) + 1, int(before) + 1))


def _umask() -> int:
    value = os.umask(0)
    os.umask(value)
    return value


def _literal(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    # In double quotes, as every formatter writes a string. JSON's escapes are Python's own up to U+FFFF only.
    return json.dumps(value) if isinstance(value, str) and value.isascii() else ascii(value)


def _located(values: ConfigValues, folder: Path) -> dict[str, Any]:
    literals = values.literals()
    if values.manifest is not None:
        literals["CDN_MANIFEST_URL"] = os.path.normpath(folder.absolute() / values.manifest)
    return literals
