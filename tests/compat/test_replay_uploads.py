"""What Flask-S3 was seen to upload is uploaded the same, save for the differences that the documentation lists."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compat.s3_account import Account
from tests.compat.upload_replay import CASES, Difference, Replay, name_case
from tests.conftest import ROOT
from tests.servers.fault_proxy import FaultProxy

#: Where a difference is listed that many cases have.
EVERYWHERE = "upload:*"

#: A case that has each of those.
TYPICAL = "force-mimetype"


@pytest.fixture
def replay(request: pytest.FixtureRequest, account: Account, tmp_path: Path) -> Iterator[Replay]:
    """The case that the test names, in a bucket of its own."""
    with FaultProxy(account.endpoint_url) as proxy:
        yield Replay(request.param, account, proxy, tmp_path)


def read_rows() -> list[dict[str, str]]:
    """Return the rows of the documentation's table that are about uploads."""
    with (ROOT / "docs/how-to/peer-differences.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case"].startswith("upload:")]


def listed(name: str) -> set[Difference]:
    """Return the differences that the table lists for a case."""
    return {(row["theirs"], row["ours"]) for row in read_rows() if row["case"] == name}


@pytest.mark.parametrize("replay", CASES, indirect=True, ids=name_case)
def test_case(replay: Replay) -> None:
    """Differs from the peer exactly as listed."""
    found = replay.find_differences()

    assert found - listed(EVERYWHERE) == listed(replay.name)


@pytest.mark.parametrize("replay", [case for case in CASES if case["id"] == TYPICAL], indirect=True)
def test_what_is_listed_for_all_cases(replay: Replay) -> None:
    """Is found in a typical one."""
    assert listed(EVERYWHERE) <= replay.find_differences()


def test_the_table() -> None:
    """Names only cases that there are, each difference once, each with a reason."""
    rows = read_rows()
    times = Counter((row["case"], row["theirs"], row["ours"]) for row in rows)

    assert {row["case"] for row in rows} <= {EVERYWHERE, *map(name_case, CASES)}
    assert set(times.values()) == {1}
    assert all(row["reason"].endswith(".") for row in rows)
