"""What every test stands on: a clean environment, a local AWS for the session, and the program as a user runs it."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import settings

from flask_cdn_stack.local.launcher import LocalAWS
from tests.forking import Forked, can_fork, fork, remember_models
from tests.forking import Result as Result

if TYPE_CHECKING:
    from tests.servers.services import Service

#: The checkout, for tests that look at files beside the package.
ROOT = Path(__file__).parent.parent

# An example takes as long as the machine's other work lets it.
settings.register_profile("unhurried", settings.default, deadline=None)
settings.load_profile("unhurried")

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "CI", "LD_LIBRARY_PATH", "PYTEST_XDIST_WORKER")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the project's own options."""
    parser.addoption("--full-matrix", action="store_true", help="Run the tests marked full_matrix too; an hour.")
    parser.addoption("--long", action="store_true", help="Run the tests marked long too; five minutes.")
    parser.addoption(
        "--installs",
        action="store_true",
        help="Run the tests marked installs too; they need the extra dev and the network.",
    )
    parser.addoption(
        "--soak-steps", type=int, help="Take so many steps in each soak; 200 with the program take minutes."
    )
    parser.addoption("--settings-examples", type=int, help="Draw so many settings files; 5000 take some minutes.")
    parser.addoption("--soak-seed", type=int, help="Begin the soaks with another seed.")
    parser.addoption("--write-pictures", action="store_true", help="Draw the pictures of terminals anew.")
    parser.addoption("--aws", action="store_true", help="Run tests/live in a real AWS account, which costs money.")
    parser.addoption("--aws-region", default="us-east-1", help="The account's region for --aws.")
    parser.addoption("--aws-profile", help="The profile whose credentials --aws uses.")
    parser.addoption("--aws-domain", help="A domain whose names --aws may use, such as shop.example.")
    parser.addoption("--aws-hosted-zone-id", help="The public zone of that domain, in the account.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Let ``-n auto`` be two workers more than there are processors, because there are always tests that wait.

    Whoever has nothing left to do takes over tests of the others.
    """
    if config.option.dist == "no":
        config.option.dist = "worksteal"
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what runs only when asked for, and begin with what takes longest."""
    longest = ("test_program_soak.py", "test_crash.py", "test_docs.py")
    items.sort(key=lambda item: item.path.name not in longest)
    for marker in ("full_matrix", "long", "installs"):
        if not config.getoption(marker):
            config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker(marker)])
            items[:] = [item for item in items if not item.get_closest_marker(marker)]


def pytest_collection_finish() -> None:
    """Let nobody look for garbage among the tests themselves."""
    gc.freeze()


def require(present: object, part: str) -> None:
    """Skip a test whose part is missing on this machine; in CI, where everything must be there, fail it."""
    if present:
        return
    _fail_or_skip(f"{part} is not installed")


def _fail_or_skip(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_configure() -> None:
    """Let clients that tests open cost less, the next collection half of this one, and Ctrl-C end what tests start."""
    # A shell that starts the tests in the background has them, and what they start, ignore it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    remember_models()
    sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Return a function that has a folder made, once for all workers of a session: they wait for each other."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def make_folder(name: str, make: Callable[[Path], object]) -> Path:
        import fcntl  # Windows lacks it, and runs tests that make nothing

        folder, unfinished = shared / name, shared / f"{name}-unfinished"
        with open(shared / f"{name}.lock", "w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.exists():
                make(unfinished)
                unfinished.rename(folder)
        return folder

    return make_folder


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's AWS account, Flask app and options out of every test."""
    leave_out_user(monkeypatch)


def leave_out_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the user's AWS account, Flask app and options out of this process's environment."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "FLASK_", "NO_COLOR", "FORCE_COLOR")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(scope="session")
def local_aws() -> Iterator[LocalAWS]:
    """A local AWS, stricter than the package's own, for the whole session of this worker."""
    with LocalAWS(environment=os.environ, module="tests.servers.ministack_strict") as aws:
        yield aws


#: Gives the session's server of a name in :mod:`tests.servers.abilities`.
Services = Callable[[str], "Service"]


@pytest.fixture(scope="session")
def services(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    """Servers that speak like S3, each started when it is first asked for."""
    from tests.servers.services import Service, serve

    with ExitStack() as running:

        @cache
        def find(name: str) -> Service:
            if name == "ministack":
                aws = request.getfixturevalue("local_aws")
                return Service(name, aws.endpoint_url, ("test", "test"))
            return running.enter_context(serve(name, tmp_path_factory.mktemp(name)))

        yield find


def _end(running: subprocess.Popen[str]) -> Result:
    with running as process:
        stdout, stderr = process.communicate(timeout=120)
    return Result(process.returncode, stdout, stderr)


@dataclass(frozen=True)
class Program:
    """The program, run in a folder with an environment, as a user would."""

    folder: Path
    environment: Mapping[str, str]

    def __call__(
        self, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        """Run a command to its end."""
        return self.run_forked("-m", "flask_cdn_stack", *arguments, environment=environment, cwd=cwd)

    def run_forked(
        self, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        """Run Python with ``-m`` or ``-c`` to its end, in a process that begins with everything loaded."""
        if not can_fork(merged := self._environment(environment)):
            return _end(self._start(arguments, environment, cwd))
        return fork(arguments, cwd or self.folder, merged).end()

    def fork(self, *arguments: str, environment: Mapping[str, str] | None = None) -> Forked:
        """Start a command in such a process, which loads its app itself, without waiting for it."""
        surroundings = {**self._environment(environment), "TEST_APP_HERE": "1"}
        return fork(("-m", "flask_cdn_stack", *arguments), self.folder, surroundings)

    def run_python(self, *arguments: str) -> Result:
        """Run a Python program of the folder to its end."""
        return _end(self._start(arguments))

    def ok(self, *arguments: str) -> Result:
        """Run a command that must succeed."""
        result = self(*arguments)
        assert result.exit_code == 0, result.stderr
        return result

    def start(
        self, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[str]:
        """Start a command without waiting for it."""
        return self._start(("-m", "flask_cdn_stack", *arguments), environment, cwd)

    def _start(
        self, arguments: Sequence[str], environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=cwd or self.folder,
            env=self._environment(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def _environment(self, more: Mapping[str, str] | None) -> dict[str, str]:
        return {"XDG_CACHE_HOME": str(self.folder.parent / "cache"), **self.environment, **(more or {})}


def program_environment(aws: LocalAWS | None) -> dict[str, str]:
    """Return the environment of a user whose only account is the local AWS, or who has none."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT}
    kept |= {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error::DeprecationWarning:flask_cdn_stack"}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**kept, **nothing, "AWS_EC2_METADATA_DISABLED": "true", **(aws.environment if aws else {})}


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files by relative path; text is dedented."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())


def wait_until(condition: Callable[[], object], seconds: float = 20) -> bool:
    """Wait until a condition holds, and say whether it came to that."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def forget_modules(*packages: str) -> None:
    """Let the next test import apps of the same name anew."""
    for name in [name for name in sys.modules if name.partition(".")[0] in packages]:
        del sys.modules[name]


SHOP_APP = """
    from flask import Flask, render_template_string
    from flask_cdn_stack import CDN

    def create_app():
        app = Flask(__name__)
        app.config.from_object("cdn_config")
        CDN(app)

        @app.get("/")
        def index():
            return render_template_string("{{ url_for('static', filename=name) }}", name="css/app.css")

        return app
"""


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    """A folder with settings and a small app, ``shop``, of three static files. Its stack's name is its own."""
    folder = tmp_path / "project"
    write_files(
        folder,
        {
            "flask-cdn-stack.yml": f"app: shop\nstack: s{abs(hash(str(tmp_path))) % 10**12}-cdn\n",
            "shop/__init__.py": SHOP_APP,
            "shop/static/css/app.css": "body { color: black }\n",
            "shop/static/js/app.js": "console.log(1)\n",
            "shop/static/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
        },
    )
    return folder


@pytest.fixture
def program(project_folder: Path, local_aws: LocalAWS) -> Program:
    """The program in the project's folder, with the local AWS as its account."""
    return Program(project_folder, program_environment(local_aws))


@pytest.fixture
def make_program(local_aws: LocalAWS) -> Callable[[Path], Program]:
    """Return programs for other folders."""
    return lambda folder: Program(folder, program_environment(local_aws))
