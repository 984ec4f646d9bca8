"""Runs of the program that meet accidents on their way to the local AWS."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from tests.conftest import Result
from tests.faults.site import Site
from tests.forking import Forked
from tests.servers.fault_proxy import FaultProxy
from tests.servers.fault_rules import Rule

#: How long a process is stopped, at most: another may be waiting for it.
STOPPED_SECONDS = 4

#: What happens at a request: the process is killed and the request carried out or not; it is stopped until the others
#: have ended; or, of all requests, some are refused or lose their answer for a while, which a run survives.
Accident = Literal["killed", "killed after", "stopped", "busy", "lost answers", "conflict"]

ACCIDENTS: tuple[Accident, ...] = ("killed", "killed after", "killed", "stopped", "busy", "lost answers", "conflict")

_OWN = r"/\.flask-cdn-stack/"

_RULES = {
    "busy": [Rule("status", probability=0.3, times=2)],
    "lost answers": [Rule("drop_response", method="PUT", probability=0.5, times=2)],
    "conflict": [Rule("status", method="PUT", path=_OWN, times=1, status=409, error="ConditionalRequestConflict")],
}


@dataclass
class Watched:
    """A run, and the accident that it meets, at request ``at`` (from 1) where it is at one.

    ``look`` is called at each of its requests.
    """

    site: Site
    command: str
    options: tuple[str, ...]
    look: Callable[[], object]
    at: int = 0
    accident: Accident | None = None
    ahead: float = 0
    met: bool = False
    stopped: bool = False
    result: Result | None = None
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _waking: threading.Lock = field(default_factory=threading.Lock)
    _started: threading.Event = field(default_factory=threading.Event)

    def __str__(self) -> str:
        met = f", {self.accident} at {self.at}" if self.accident else ""
        return f"{self.command} {' '.join(self.options)}{met}: " + (
            f"{self.result.exit_code} {self.result.stderr[-300:]!r}" if self.result else "not ended"
        )

    @property
    def was_killed(self) -> bool:
        """Whether it did not end by itself."""
        return self.result is not None and self.result.exit_code == -signal.SIGKILL

    def plan(self, dice: Random, stops: bool) -> None:
        """Choose an accident."""
        kinds = [kind for kind in ACCIDENTS if kind != "stopped" or stops]
        self.accident, self.at = dice.choice(kinds), dice.choice([dice.randint(1, 8), dice.randint(1, 40)])

    def start(self, aws_url: str, seed: int) -> None:
        """Begin."""
        rules = _RULES.get(self.accident or "", ())
        self._proxy = FaultProxy(aws_url, rules, seed=seed).start()
        numbers = itertools.count(1)

        def on_request(index: int, method: str, path: str) -> bool:
            with self._asking:
                if self.met and self.accident != "stopped":
                    return False
                self.look()
                if (method, path) == ("POST", "/") or next(numbers) != self.at:
                    return True
                return self._meet()

        self._proxy.on_request = on_request
        environment = {"AWS_ENDPOINT_URL": self._proxy.url, "TEST_CLOCK_AHEAD": str(self.ahead)}
        self.running: Forked = self.site.program.fork(self.command, "--json", *self.options, environment=environment)
        self._started.set()

    def _meet(self) -> bool:
        self._started.wait(10)
        if self.accident in ("killed", "killed after"):
            self.met = True
            self.running.kill()
            return self.accident == "killed after"
        if self.accident == "stopped":
            self.met = self.stopped = True
            os.kill(self.running.pid, signal.SIGSTOP)
            threading.Timer(STOPPED_SECONDS, self.wake).start()
        return True

    def wake(self) -> None:
        """Let it go on, if it is stopped."""
        with self._waking:
            if self.stopped:
                self.stopped = False
                os.kill(self.running.pid, signal.SIGCONT)

    def end(self) -> None:
        """Wait for its end, and for the end of its requests."""
        self.wake()
        self.result = self.running.end()
        self._proxy.stop()
