"""A real account with ``--aws``, a local AWS without; and nothing that leaves this machine unless it is given."""

from __future__ import annotations

import socket
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from flask_cdn_stack.aws.network import is_loopback
from tests.conftest import leave_out_user
from tests.live.account import Account, RealAccount, open_local, open_real, start_local
from tests.live.domains import read_domain
from tests.live.estimate import PARTS, estimate, find_shortages
from tests.live.local_gaps import NOT_LOCAL
from tests.live.names import new_run
from tests.live.sites import Site, Sites
from tests.live.sweep import Say, between_sweeps

_FOLDER = Path(__file__).parent
_ORDER = [part.module for part in PARTS]

#: How the modules begin that are about the suite itself, and never need an account.
_SUITE = "test_suite"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put tests in the order of risk, and skip what can be done on one side only, with why."""
    places = [place for place, item in enumerate(items) if item.path.parent == _FOLDER]
    ordered = sorted((items[place] for place in places), key=_rank)
    for place, item in zip(places, ordered, strict=True):
        items[place] = item
        if reason := _reason_to_skip(item, bool(config.getoption("--aws"))):
            item.add_marker(pytest.mark.skip(reason=reason))


def _rank(item: pytest.Item) -> int:
    return _ORDER.index(item.path.stem) if item.path.stem in _ORDER else len(_ORDER)


def _reason_to_skip(item: pytest.Item, real: bool) -> str:
    if real:
        return "It is about the suite, and runs without --aws." if item.path.stem.startswith(_SUITE) else ""
    names = (item.name, item.name.partition("[")[0])
    why = next((NOT_LOCAL[key] for name in names if (key := f"{item.path.stem}::{name}") in NOT_LOCAL), "")
    return f"It needs --aws: {why}" if why else ""


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say before anything is asked of a real account what it will take and cost."""
    chosen = _chosen(items)
    if not config.getoption("--aws") or not chosen:
        return []
    expected = estimate(chosen, has_domain=bool(config.getoption("--aws-domain")))
    return [f"tests/live in a real account: {expected}. What earlier runs left is taken away first."]


def _chosen(items: list[pytest.Item]) -> set[str]:
    return {item.path.stem for item in items if item.path.parent == _FOLDER} & set(_ORDER)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Keep the user's account out, and everything that is not on this machine, unless it is asked for.

    From before the fixtures of the session are made until after those that end with the test.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        if item.path.parent == _FOLDER and not item.config.getoption("--aws"):
            leave_out_user(monkeypatch)
            _seal(monkeypatch)
        return (yield)


@pytest.fixture(autouse=True)
def clean_environment() -> None:
    """Leave the environment as it is in this folder: it is the user's only where it is to be."""


def _seal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process look for no name, and connect to no address, that is not on loopback."""
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def look_up_here(host: Any, *arguments: Any, **options: Any) -> Any:
        _require_loopback(host)
        return look_up(host, *arguments, **options)

    def connect_here(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX:
            _require_loopback(address[0])
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    monkeypatch.setattr(socket.socket, "connect", connect_here)


def _require_loopback(host: Any) -> None:
    name = host.decode() if isinstance(host, bytes) else host or "localhost"
    if not is_loopback(f"//[{name}]" if ":" in name else f"//{name}"):
        raise AssertionError(f"{name} is not on this machine.")


@pytest.fixture(scope="session")
def account(request: pytest.FixtureRequest) -> Iterator[Account]:
    """The account, with nothing of the suite's in it at first, and in the end."""
    if request.config.getoption("--aws"):
        found, say = _open_real(request.config), _narrator(request.config)
        say(f"AWS account {found.number}, region {found.region}, run {found.run}")
        yield from between_sweeps(found, say)
        return
    with start_local() as aws:
        yield from between_sweeps(open_local(aws.endpoint_url, new_run()), lambda text: None)


def _open_real(config: pytest.Config) -> Account:
    if hasattr(config, "workerinput"):
        pytest.exit("With --aws all tests run in one process: each worker would make all the stacks.", 4)
    try:
        domain = read_domain(config.getoption("--aws-domain"), config.getoption("--aws-hosted-zone-id"))
        return open_real(config.getoption("--aws-region"), config.getoption("--aws-profile"), domain)
    except (BotoCoreError, ClientError, ValueError) as error:
        pytest.exit(f"--aws: {error}", 4)


def _narrator(config: pytest.Config) -> Say:
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    return lambda text: terminal.write_line(text) if terminal else None


@pytest.fixture(scope="session")
def sites(
    request: pytest.FixtureRequest, account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sites]:
    """The stacks of the run; in a real account all that are needed are begun at once."""
    items, at_once = request.session.items, set[str]()
    if isinstance(account, RealAccount):
        chosen = _chosen(items)
        for shortage in find_shortages(account, estimate(chosen).stacks):
            pytest.exit(shortage, 4)
        at_once = {name for item in items if (name := _parameters(item).get("site"))}
    made = Sites(account, tmp_path_factory.mktemp("live"), sorted(at_once))
    yield made
    made.close()


def _parameters(item: pytest.Item) -> dict[str, Any]:
    return dict(item.callspec.params) if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}


@pytest.fixture
def site(request: pytest.FixtureRequest, sites: Sites) -> Site:
    """The project of the configuration that the test names, with its first files published."""
    found = sites.find(request.param)
    found.publish_first_files()
    return found
