"""Deploys by each tool in turns, round by round, and keeps what was measured."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from .processes import run_process
from .project import write_project
from .relay import Relay
from .servers import Bucket, Server, account
from .tools import CREATE_ALL, OURS, TOOLS, Program, Tool
from .workloads import Case, Workload

ROOT = Path(__file__).parents[2]

#: What is slow takes part in each round whose number is a multiple of it.
SLOW_ROUNDS = 3


@dataclass(frozen=True)
class Run:
    """One run of a tool; ``requests`` are those that our own counts by name."""

    seconds: float
    megabytes: float
    requests: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Key:
    """What a run belongs to: the case, who served, who deployed, and whether nothing had changed."""

    case: str
    server: str
    tool: str
    again: bool = False


#: The runs by the number of their round.
Runs = defaultdict[Key, dict[int, Run]]


@dataclass(frozen=True)
class Bench:
    """What takes part, and where.

    :param folder: where the workloads are written.
    :param flask_s3: the folder in which Flask-S3 is installed, or None.
    :param tell: is told of each run.
    """

    folder: Path
    programs: Mapping[str, Program]
    servers: Mapping[str, Server]
    flask_s3: Path | None
    scale: float
    tell: Callable[[str], None]

    def measure(self, cases: Sequence[Case], rounds: int, deadline: float) -> tuple[Runs, int]:
        """Measure the cases; return the runs and how many rounds there were until the deadline.

        :param deadline: when no further round is begun, by the monotonic clock.
        """
        runs: Runs = defaultdict(dict)
        number = 0
        while number < rounds and (not number or time.monotonic() < deadline):
            for case in (case for case in cases if not case.is_slow or number % SLOW_ROUNDS == 0):
                for key, run in self._measure_case(case, number):
                    runs[key][number] = run
                    self.tell(f"round {number + 1}: {_describe(key)}: {run.seconds:.2f} s, {run.megabytes:.0f} MB")
            number += 1
        return runs, number

    def names_of_tools(self) -> set[str]:
        """Return the tools that can be run here."""
        here = {name for name, tool in TOOLS.items() if not tool.program or tool.program in self.programs}
        return here if self.flask_s3 else here - {CREATE_ALL}

    def _measure_case(self, case: Case, number: int) -> Iterator[tuple[Key, Run]]:
        workload = case.workload.scaled(self.scale)
        files = self._write_files(workload)
        for server, tool in product(case.servers, take_turns(case, self.names_of_tools(), number)):
            if server in self.servers:
                for again, run in self._deploy(case, workload, files, self.servers[server], tool):
                    yield Key(case.name, server, tool.name, again), run

    def _write_files(self, workload: Workload) -> Path:
        folder = self.folder / f"{workload.files}-files-of-{workload.size}-{workload.sheets}-{workload.suffix}"
        if not folder.exists():
            workload.write(folder)
        return folder

    def _deploy(
        self, case: Case, workload: Workload, files: Path, server: Server, tool: Tool
    ) -> Iterator[tuple[bool, Run]]:
        with TemporaryDirectory(prefix="deploy-", dir=self.folder) as name, server(Path(name)) as port:
            bucket = Bucket(port, "bench")
            project = Path(name, "project")
            write_project(project, files, bucket.name)
            for again in (False, True) if tool.name in case.again else (False,):
                with reached(port, case.delay) as through:
                    arguments = tool.arguments({"port": through, "files": files, "bucket": bucket.name}, again=again)
                    yield again, self._run(tool, arguments, account(through, Path(name)), project)
                if (arrived := bucket.count_files()) != workload.files:
                    raise SystemExit(f"{tool.name}: {arrived} of {workload.files} files arrived.")

    def _run(self, tool: Tool, arguments: Sequence[str], environment: Mapping[str, str], project: Path) -> Run:
        program = str(self.programs[tool.program].path) if tool.program else sys.executable
        if not tool.program:
            places = os.pathsep.join(map(str, filter(None, (ROOT, self.flask_s3))))
            environment = {**environment, "PYTHONPATH": places}
        done = run_process([program, *arguments], environment, project)
        requests = json.loads(done.output)["requests"] if tool.name == OURS else {}
        return Run(done.seconds, done.megabytes, requests)


def take_turns(case: Case, here: Collection[str], number: int) -> list[Tool]:
    """Return the tools of a case that take part in a round, in their order there."""
    tools = [TOOLS[name] for name in case.tools if name in here]
    tools = [tool for tool in tools if number % SLOW_ROUNDS == 0 or not tool.is_slow]
    first = number % len(tools)
    return tools[first:] + tools[:first]


@contextmanager
def reached(port: int, delay: float) -> Iterator[int]:
    """Give the port under which a server is reached: with a delay, a relay's."""
    if not delay:
        yield port
        return
    with Relay(port, delay) as relay:
        yield relay.port


def _describe(key: Key) -> str:
    return f"{key.case}{' again' if key.again else ''}, {key.server}, {key.tool}"
