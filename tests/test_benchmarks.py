"""The benchmarks run, and the documentation shows their tables. Nothing here looks at the time that it takes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.local import __main__ as local
from benchmarks.local.rows import AMOUNTS as LOCAL_AMOUNTS
from benchmarks.local.rows import STATUS
from benchmarks.local.rows import make_rows as make_local_rows
from benchmarks.table import RATIO, Row, markers, middle, render_rst, render_text, write_table
from benchmarks.url_for.__main__ import PAGE, TABLE, main
from benchmarks.url_for.rows import AMOUNTS, COMPARISONS

PAGE_TEXT = PAGE.read_text("utf-8")

MET = Row("Counting", "fingers", RATIO, 0.5, (0.2, 0.25, 0.9), "fast")
MISSED = Row("Waiting", "", "ms", 5, (7.0,))
UNMEASURED = Row("Guessing", "", "MB", None)
TOO_FEW = Row("Hitting", "", "hits", 1_000, (999.0,), at_least=True)


def read_table(page: str, name: str) -> list[list[str]]:
    """Return the cells of a table on a page, row by row, without its headings."""
    begin, end = markers(name)
    table = page.partition(begin)[2].partition(end)[0].rstrip("\n")
    return [re.split(r"\n     - ?", row.rstrip("\n")) for row in table.split("\n   * - ")[2:]]


def test_url_for_runs_and_has_all_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """A run with tiny numbers measures every row but those of the peers."""
    assert main(["--without-peers", "--rounds", "1", "--calls", "50", "--names", "20", "--json"]) == 0

    rows = json.loads(capsys.readouterr().out)
    assert [row["work"] for row in rows] == [row.work for row in (*COMPARISONS, *AMOUNTS)]
    peers = [row.peer_case is not None for row in COMPARISONS] + [False for _ in AMOUNTS]
    assert [row["median"] is None for row in rows] == peers


def test_docs_have_the_same_rows() -> None:
    """The page's table has the rows that a run gives, in their order and with their targets."""
    shown = read_table(PAGE_TEXT, TABLE)
    rows = [row.row(defaultdict(list, {row.case: [(1.0, 1.0)]})) for row in COMPARISONS]
    rows += [row.row(defaultdict(list)) for row in AMOUNTS]
    expected = [(row.work, row.against, row.cells()[4]) for row in rows]
    assert [(cells[0], cells[1], cells[4]) for cells in shown] == expected


@pytest.mark.long
def test_local_runs_and_has_all_rows(capsys: pytest.CaptureFixture[str]) -> None:
    """A run with a few hits and files measures every row, and the page has the same rows, with their targets."""
    assert local.main(["--rounds", "1", "--hits", "5", "--urls", "3", "--json"]) == 0

    found = {row["work"]: row["median"] for row in json.loads(capsys.readouterr().out)}
    assert list(found) == [amount.work for amount in LOCAL_AMOUNTS]
    assert all(found.values())
    assert found[next(amount.work for amount in LOCAL_AMOUNTS if amount.name == STATUS)] <= 6
    rows = make_local_rows(defaultdict(list))
    shown = read_table(local.PAGE.read_text("utf-8"), local.TABLE)
    assert [(cells[0], cells[4]) for cells in shown] == [(row.work, row.cells()[4]) for row in rows]


def test_table_says_what_is_met() -> None:
    """A median is held against its limit; what was not measured or promised is neither met nor missed."""
    assert [row.is_met for row in (MET, MISSED, UNMEASURED, TOO_FEW)] == [True, False, None, False]
    assert MET.cells() == ("Counting", "fingers", "1/4", "1/5 to 1/1.11", "1/2", "met")
    assert MISSED.cells() == ("Waiting", "", "7 ms", "", "5 ms", "missed")
    assert TOO_FEW.cells()[4:] == ("1000 hits at least", "missed")
    assert UNMEASURED.cells() == ("Guessing", "", "not measured", "", "", "")
    assert render_text([MET]).splitlines()[1].split()[-2:] == ["met", "fast"]


def test_middle_is_a_pair_that_was_measured() -> None:
    """The pair of the median ratio counts, not the medians of both sides."""
    assert middle([(1.0, 10.0), (9.0, 10.0), (4.0, 20.0)]) == (4.0, 20.0)


def test_table_is_written_in_its_place(tmp_path: Path) -> None:
    """Writing a table again changes nothing, and what is around it stays."""
    page = tmp_path / "page.rst"
    page.write_text("Before\n\n.. a: the table begins\n.. a: the table ends\n\nAfter\n", "utf-8")
    table = render_rst([MET, UNMEASURED], "Caption")
    write_table(page, "a", table)
    once = page.read_text("utf-8")
    write_table(page, "a", table)
    assert page.read_text("utf-8") == once
    assert once.startswith("Before\n\n.. a: the table begins\n\n.. list-table:: Caption\n")
    assert once.endswith("\n     -\n\n.. a: the table ends\n\nAfter\n")
