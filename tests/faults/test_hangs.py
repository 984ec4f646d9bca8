"""Requests that are never answered: how long a user waits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS
from tests.conftest import Result
from tests.faults.site import Site, check_message, provision, through
from tests.faults.test_faults import BEFORE, KINDS, check_unpublished, make_rule, make_tree, options, repair
from tests.servers.fault_proxy import FaultProxy, Rule

#: Seconds until the deploy ends where one request, or every one of its kind, is not answered. The time-outs are 60
#: seconds, three times, for what boto3 asks and 300 for what obstore does; a change of the state is tried six times.
PATIENCE = {"once": 400, "for good": 2000}


def _deploy(site: Site, kind: str, rule: Rule, seconds: float) -> tuple[Result, float]:
    began = time.monotonic()
    with FaultProxy(site.aws.endpoint_url, [rule]) as proxy:
        process = site.program.start("deploy", *options(kind), environment=through(proxy))
        with process:
            stdout, stderr = process.communicate(timeout=seconds)
    return Result(process.returncode, stdout, stderr), time.monotonic() - began


@pytest.fixture
def sites(local_aws: LocalAWS, tmp_path: Path, request: pytest.FixtureRequest) -> list[Site]:
    """A site for each kind of request, because all of them wait at the same time."""
    made = []
    for number, kind in enumerate(KINDS):
        name = f"hang-{request.node.callspec.params['often'].replace(' ', '-')}-{number}"
        site = provision(local_aws, tmp_path / name / "project", "query", name)
        site.publish(BEFORE)
        site.write(make_tree(kind))
        made.append(site)
    return made


@pytest.mark.full_matrix
@pytest.mark.parametrize("often", PATIENCE)
def test_hang(sites: list[Site], often: str) -> None:
    """The deploy ends by itself, well or with one message, and the next one repairs everything."""
    rules = [make_rule(Rule("hang"), kind, **({"times": 1} if often == "once" else {})) for kind in KINDS]
    if often == "for good":
        rules = [replace(rule, nth=()) for rule in rules]
    with ThreadPoolExecutor(len(KINDS)) as pool:
        ended = list(pool.map(_deploy, sites, KINDS, rules, [PATIENCE[often]] * len(rules)))

    for kind, (result, seconds) in zip(KINDS, ended, strict=True):
        print(f"{kind}: exit {result.exit_code} after {seconds:.0f} s: {result.stderr.splitlines()[-2:]}")
    for site, kind, (result, _) in zip(sites, KINDS, ended, strict=True):
        if result.exit_code:
            check_message(result)
            check_unpublished(site)
        repair(site, kind)
