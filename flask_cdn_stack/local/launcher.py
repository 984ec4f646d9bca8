"""Start and stop the local AWS as a child process."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from ..errors import CDNStackError, MissingExtraError
from .state_folder import lock_folder, state_settings

_HOST = "127.0.0.1"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0

# What a Python process needs of its surroundings. Everything else stays out, above all AWS_* and MiniStack's own names.
_INHERITED = {
    *("HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PATH", "TMPDIR"),
    *("APPDATA", "PATHEXT", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP", "USERPROFILE"),
    *("PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONPATH", "PYTHONPYCACHEPREFIX"),
}

# What a session of its own is on POSIX: Ctrl-C in the console does not reach it.
_OWN_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)

_CHILD_SETTINGS = {
    "BIND_HOST": _HOST,
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
    # These two would listen on every interface, on ports of their own.
    "IOT_MTLS_ENABLED": "0",
    "SFTP_ENABLED": "0",
    # At its start MiniStack removes the containers of every other MiniStack that it finds.
    "DOCKER_HOST": "unix:///nonexistent/docker.sock",
}


class LocalAWS:
    """A local AWS on loopback, for as long as the ``with`` block runs.

    :param environment: surroundings of the child. Only what Python itself needs is passed on.
    :param port: 0 picks a free one at each start.
    :param state_folder: keeps the state from one run to the next. None: in memory, gone at the end.
    :param module: what the child runs.
    :param settings: further variables for the child, such as ``AUTH``.
    """

    def __init__(
        self,
        port: int = 0,
        state_folder: Path | None = None,
        *,
        environment: Mapping[str, str],
        module: str = "flask_cdn_stack.local.server",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._wanted_port = port
        self._state_folder = state_folder
        self._inherited = {name: value for name, value in environment.items() if name in _INHERITED}
        self._module = module
        self._settings = dict(settings or {})
        self._child: _Child | None = None
        self._lock: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        """Port of the running server."""
        return self._running.port

    @property
    def endpoint_url(self) -> str:
        """Where the AWS API is, and every distribution with it."""
        return f"http://{_HOST}:{self.port}"

    @property
    def process_id(self) -> int:
        """Process id of the running server."""
        return self._running.process.pid

    @property
    def environment(self) -> dict[str, str]:
        """Variables that send an AWS client here. The credentials open nothing."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def replace_account(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return ``environment`` with this server in place of every ``AWS_*`` variable of the user's."""
        kept = {name: value for name, value in environment.items() if not name.startswith("AWS_")}
        nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return {**kept, **nothing, **self.environment}

    def start(self) -> None:
        """Start the server and wait until it answers.

        :raises MissingExtraError: MiniStack is not installed.
        :raises CDNStackError: the port or the state folder is taken, or the server ended before it answered.
        """
        self.launch()
        self.wait_until_ready()

    def launch(self) -> None:
        """Start the server without waiting for it, as whoever has something else to do meanwhile.

        :raises MissingExtraError: MiniStack is not installed.
        :raises CDNStackError: the port or the state folder is taken.
        """
        if self._child is not None:
            raise RuntimeError("This local AWS is running already.")
        if importlib.util.find_spec("ministack") is None:
            raise MissingExtraError(
                "The local AWS is not installed.", 'Install it with: pip install "flask-cdn-stack[local]"'
            )
        port = reserve_port(self._wanted_port)
        try:
            if self._state_folder is not None:
                self._lock = lock_folder(self._state_folder)
            self._child = _Child(port, _command(self._module), self._child_environment(port), self._lock)
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self) -> None:
        """Wait until a server that was launched answers; end it where it does not.

        :raises CDNStackError: it ended, or did not answer in time.
        """
        try:
            self._running.wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server, with its state saved. Does nothing when it is not running."""
        child, self._child = self._child, None
        lock, self._lock = self._lock, None
        try:
            if child is not None:
                child.end()
        finally:
            if lock is not None:
                lock.close()

    @property
    def _running(self) -> _Child:
        if self._child is None:
            raise RuntimeError("This local AWS is not running.")
        return self._child

    def _child_environment(self, port: int) -> dict[str, str]:
        environment = {**self._inherited, "LOG_LEVEL": "WARNING", **self._settings, **_CHILD_SETTINGS}
        environment["GATEWAY_PORT"] = str(port)
        folders = [*_folder_to_import_from(self._module), *filter(None, [environment.get("PYTHONPATH")])]
        if folders:
            environment["PYTHONPATH"] = os.pathsep.join(folders)
        if self._state_folder is not None:
            environment.update(state_settings(self._state_folder.absolute()))
        return environment


class _Child:
    """The running process."""

    def __init__(self, port: int, command: list[str], environment: dict[str, str], lock: IO[bytes] | None) -> None:
        self.port = port
        # Health answers carry this name, so another server on the port is not taken for ours.
        self._name = secrets.token_hex(8)
        # A session of its own: Ctrl-C in the terminal reaches us only, and we end it in order.
        self.process = subprocess.Popen(
            command,
            env={**environment, "MINISTACK_EDITION": self._name},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            creationflags=_OWN_GROUP,
            # It saves even when we are killed, and holds the folder until it has.
            pass_fds=[lock.fileno()] if lock and sys.platform != "win32" else [],
        )
        self._output: deque[str] = deque(maxlen=20)
        self._reader = threading.Thread(target=self._read_output, name="local-aws-output", daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self.process.poll() is not None:
                raise self._failure(f"The local AWS ended before it answered (exit code {self.process.returncode}).")
            if time.monotonic() > deadline:
                raise self._failure(f"The local AWS did not answer within {_START_SECONDS:.0f} seconds.")
            time.sleep(0.02)

    def end(self) -> None:
        try:
            self._ask_to_end()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
        finally:
            # Reached too when the user presses Ctrl-C again while we wait.
            if self.process.poll() is None:
                self._kill()
            self._close()

    def _ask_to_end(self) -> None:
        if sys.platform == "win32":
            _stream(self.process.stdin).close()
        else:
            self.process.terminate()

    def _kill(self) -> None:
        if sys.platform == "win32":
            self.process.kill()
        else:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _close(self) -> None:
        self._reader.join(5)
        _stream(self.process.stdin).close()
        _stream(self.process.stdout).close()

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=5)
        try:
            connection.request("GET", "/_ministack/health")
            return bool(json.load(connection.getresponse())["edition"] == self._name)
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
            return False
        finally:
            connection.close()

    def _failure(self, message: str) -> CDNStackError:
        if self.process.poll() is not None:
            self._reader.join(5)
        return CDNStackError("\n".join([message, *self._output]), "Its last lines are above; try another --port.")

    def _read_output(self) -> None:
        for line in _stream(self.process.stdout):
            self._output.append(line.decode(errors="replace").rstrip())


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream


def reserve_port(port: int) -> int:
    """Return a port that is free on 127.0.0.1 just now: the one asked for, or any for 0.

    :raises CDNStackError: it is taken.
    """
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise CDNStackError(
                f"Port {port} on {_HOST} cannot be used: {error.strerror}.", "Choose another with --port."
            ) from error
        return int(probe.getsockname()[1])


def _command(module: str) -> list[str]:
    # -P: modules in the user's working folder must not stand in for ours or for Python's.
    return [sys.executable, "-P", "-m", module]


def _folder_to_import_from(module: str) -> list[str]:
    """Return the folder to put on the child's path, unless it is there anyway."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    folder = Path(spec.origin).absolute().parents[module.count(".")]
    return [] if folder.name in ("site-packages", "dist-packages") else [str(folder)]
