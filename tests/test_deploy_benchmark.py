"""The benchmark of the deploy runs, its table is reckoned right, and the documentation shows it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.deploy.__main__ import PAGE, TABLE, main, parse
from benchmarks.deploy.processes import LAUNCH
from benchmarks.deploy.rounds import Bench, Key, Run, Runs, take_turns
from benchmarks.deploy.rows import ROWS, Amount, Beside, Comparison, Growth, make_rows
from benchmarks.deploy.servers import find_servers
from benchmarks.deploy.tools import AWS, BOTO3, CREATE_ALL, OURS, RCLONE, S5CMD, TOOLS, find_programs
from benchmarks.deploy.workloads import CASES, MINISTACK, Case, Workload
from benchmarks.table import Row, markers

#: First deploys with and without a relay, second ones, and one with a distribution.
ASKED = ("delayed", "many", "changed")

SMALL = Case("small", Workload(2_000, 10_000), tuple(TOOLS))


def make_runs(seconds: dict[Key, dict[int, float]]) -> Runs:
    """Return runs of which only the time is known."""
    runs: Runs = defaultdict(dict)
    for key, rounds in seconds.items():
        runs[key] = {number: Run(amount, 1.0) for number, amount in rounds.items()}
    return runs


@pytest.mark.long
def test_a_tiny_run_measures_all_that_is_here(capsys: pytest.CaptureFixture[str]) -> None:
    """A run with twenty files fills every row asked for whose tool and server are installed, and no other."""
    programs = find_programs(None)
    servers, tools = tuple(find_servers(programs)), Bench(Path(), programs, {}, None, 1, print).names_of_tools()

    def is_here(part: Comparison | Beside | Amount | Growth, row: Row) -> bool:
        if isinstance(part, Comparison):
            return part.case in ASKED and part.peer in tools and row.work.endswith(servers)
        return isinstance(part, Amount) and part.case in ASKED

    only = ("--without-peers", "--rounds", "1", "--scale", "0.002", "--only", ",".join(ASKED), "--json")
    assert main(only) == 0

    rows = json.loads(capsys.readouterr().out)
    expected = [is_here(part, row) for part in ROWS for row in part.rows(defaultdict(dict))]
    assert [row["median"] is not None for row in rows] == expected
    found = {row["work"]: row["median"] for row in rows}
    assert found["Nothing changed, 10,000 files of 2 KB: S3 requests"] == 1
    assert found["One file changed, 2,000 files of 10 KB: invalidations"] == 1
    assert found["One file changed, 2,000 files of 10 KB: S3 requests"] > 1


def test_ratios_are_those_of_the_same_round() -> None:
    """A round in which only one side was measured does not count."""
    ours, peer = Key("small", MINISTACK, OURS), Key("small", MINISTACK, S5CMD)
    runs = make_runs({ours: {0: 2.0, 1: 3.0, 2: 100.0}, peer: {0: 4.0, 1: 3.0, 3: 1.0}})

    first, second = Comparison("small", S5CMD, 1.1).rows(runs)

    assert first.samples == (0.5, 1.0)
    assert first.note == "2.50 to 3.50 s"
    assert first.is_met is True
    assert (first.work, first.against) == ("First deploy, 2,000 files of 10 KB, MiniStack", "s5cmd")
    assert (second.samples, second.is_met) == ((), None)


def test_a_target_of_four_times_as_fast_is_missed_by_three() -> None:
    """The limit of a ratio is a share of the peer's time."""
    runs = make_runs({Key("delayed", MINISTACK, OURS): {0: 2.0}, Key("delayed", MINISTACK, BOTO3): {0: 6.0}})
    row = next(Comparison("delayed", BOTO3, 1 / 4).rows(runs))
    assert row.cells()[2:] == ("1/3", "", "1/4", "missed")


@pytest.mark.parametrize(
    ("seconds", "ratio"),
    [
        pytest.param((1.0, 10.0, 100.0), 1.0, id="linear"),
        pytest.param((1.5, 10.5, 100.5), 1.0, id="linear after a start"),
        pytest.param((1.0, 10.0, 190.0), 2.0, id="a further file takes twice as long"),
    ],
)
def test_growth_leaves_out_the_start(seconds: tuple[float, float, float], ratio: float) -> None:
    """What each further file costs counts, not what the process costs."""
    names = [case.name for case in CASES if case.family == "growth"]
    runs = make_runs({Key(name, MINISTACK, OURS): {0: time} for name, time in zip(names, seconds, strict=True)})
    (row,) = Growth().rows(runs)
    assert row.samples == pytest.approx((ratio,))


def test_requests_are_counted_apart_from_invalidations() -> None:
    """CloudFront's request is not one to S3."""
    runs: Runs = defaultdict(dict)
    runs[Key("changed", MINISTACK, OURS)][0] = Run(1.0, 1.0, {"GetObject": 1, "PutObject": 4, "CreateInvalidation": 1})
    rows = {row.work: row for row in make_rows(runs) if row.samples}
    assert {work: row.samples for work, row in rows.items()} == {
        "One file changed, 2,000 files of 10 KB: S3 requests": (5,),
        "One file changed, 2,000 files of 10 KB: invalidations": (1,),
    }
    assert all(row.is_met for row in rows.values())


def test_slow_tools_take_part_in_every_third_round() -> None:
    """The others take part in each, and the first of them is another one in the next."""
    rounds = [[tool.name for tool in take_turns(SMALL, set(TOOLS), number)] for number in range(4)]
    assert rounds[0] == [OURS, S5CMD, RCLONE, BOTO3, AWS, CREATE_ALL]
    assert rounds[1:3] == [[S5CMD, OURS], [OURS, S5CMD]]
    assert sorted(rounds[3]) == sorted(rounds[0])


def test_a_process_ends_with_its_launcher(tmp_path: Path) -> None:
    """Nothing is left behind when the benchmark is interrupted."""
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    command = [sys.executable, str(LAUNCH), str(tmp_path / "report"), sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as launcher:
        assert launcher.stdout is not None
        number = int(launcher.stdout.readline())
        launcher.terminate()
    assert json.loads((tmp_path / "report").read_text("utf-8"))["code"] == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--write", "--without-peers"),
        ("--write", "--only", "small"),
        ("--only", "tiny"),
    ],
    ids=" ".join,
)
def test_options_that_make_no_table_are_refused(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """A page gets a whole table or none."""
    with pytest.raises(SystemExit):
        parse(arguments)
    assert "error: --" in capsys.readouterr().err


def test_docs_have_the_same_rows() -> None:
    """The page's table has the rows that a run gives, in their order and with their targets."""
    begin, end = markers(TABLE)
    table = PAGE.read_text("utf-8").partition(begin)[2].partition(end)[0]
    shown = [re.split(r"\n     - ?", row) for row in table.split("\n   * - ")[2:]]
    expected = [(row.work, row.against, row.cells()[4]) for row in make_rows(defaultdict(dict))]
    assert [(cells[0], cells[1], cells[4]) for cells in shown] == expected
