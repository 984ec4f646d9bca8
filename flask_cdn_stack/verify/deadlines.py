"""Deadlines for sockets: one that has been in use for too long is shut down."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Deadlines:
    """Shuts down sockets that are past their deadline, from a thread that starts with the first."""

    def __init__(self) -> None:
        self._ends: dict[socket.socket, float] = {}
        self._late: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_over = self._is_stopped = False

    @contextmanager
    def within(self, used: socket.socket, seconds: float) -> Iterator[None]:
        """Give the block a number of seconds in which to use a socket.

        :raises TimeoutError: the block took longer.
        """
        with self._changed:
            self._ends[used] = 0.0 if self._is_over else time.monotonic() + seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="deadlines", daemon=True)
                self._thread.start()
        failure: Exception | None = None
        try:
            yield
        except (OSError, ValueError, http.client.HTTPException) as error:
            failure = error
        finally:
            with self._changed:
                self._ends.pop(used, None)
                is_late = used in self._late
                self._late.discard(used)
        if is_late:  # a body that ends with the connection may look complete
            raise TimeoutError("It took too long.") from failure
        if failure is not None:
            raise failure

    def end_all(self) -> None:
        """End the deadline of all sockets now, later ones included."""
        with self._changed:
            self._is_over = True
            self._ends = dict.fromkeys(self._ends, 0.0)
            self._changed.notify()

    def stop(self) -> None:
        """End the thread."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._is_stopped:
                now = time.monotonic()
                for used in [one for one, end in self._ends.items() if end <= now]:
                    self._late.add(used)
                    del self._ends[used]
                    with suppress(OSError):
                        # Wakes a thread that waits for bytes; closing the socket would not.
                        socket.socket.shutdown(used, socket.SHUT_RDWR)
                self._changed.wait(0.1)
