"""First runs of ``provision`` that know nothing of each other."""

from __future__ import annotations

from pathlib import Path

from tests.cli.terminal import run_in_terminal
from tests.conftest import Result
from tests.live.account import Account
from tests.live.sites import Site, make_site


def run_twice(site: Site) -> list[Result]:
    """Run ``provision`` twice at once, to the end."""
    started = [site.program.start("provision", "--yes") for _ in range(2)]
    ended = [process.communicate(timeout=site.account.stack_patience) for process in started]
    return [Result(process.returncode, *streams) for process, streams in zip(started, ended, strict=True)]


def states(site: Site) -> list[str]:
    """Return the state of every stack of this name that there ever was."""
    pages = site.account.client("cloudformation").get_paginator("list_stacks").paginate()
    return [item["StackStatus"] for page in pages for item in page["StackSummaries"] if item["StackName"] == site.stack]


def test_two_at_once_and_a_no_beside_them(account: Account, tmp_path: Path) -> None:
    """One stack is made, once; who came second and who declines take nothing of it away."""
    site, results = make_site(account, tmp_path, "first", {}), list[Result]()

    declined = run_in_terminal(
        site.program,
        "provision",
        answer=b"n\n",
        meanwhile=lambda: results.extend(run_twice(site)),
    )

    assert 0 in [result.exit_code for result in results], results
    assert declined.exit_code == 4, declined.stdout
    for result in [*results, declined]:
        assert result.exit_code in (0, 1, 4), result
        assert "Traceback" not in result.stdout + result.stderr
    assert states(site) == ["CREATE_COMPLETE"]
    site.deploy()
    (path, *_) = site.paths
    assert site.view(path).status == 200
