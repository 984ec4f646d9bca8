"""The app in a process of its own: what it does there stays there, and how it ends is told."""

from __future__ import annotations

import sys
import textwrap
import time
from pathlib import Path

import pytest

from flask_cdn_stack.cli.app import AppPlace
from flask_cdn_stack.cli.app_process import AppHere, AppProcess, open_app
from tests.conftest import Program, write_files

_MAKE = "\nfrom flask import Flask\napp = Flask(__name__)\n"


def set_app(program: Program, text: str) -> None:
    """Write the module ``app`` with an app that does something first, and name it in the settings."""
    write_files(program.folder, {"app.py": textwrap.dedent(text) + _MAKE, "static/app.js": "1"})
    settings = program.folder / "flask-cdn-stack.yml"
    settings.write_text(settings.read_text().replace("app: shop", "app: app"))


_DEEDS = """
    import os, signal, socket, ssl, sys, threading

    def start(self):
        raise RuntimeError("no threads")

    threading.Thread.start = start
    socket.socket = ssl.SSLContext = os.replace = None
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:2"
    os.chdir("/")
    sys.setrecursionlimit(60)
"""


def test_what_an_app_does_to_its_interpreter(program: Program) -> None:
    """Does not reach the upload: threads, sockets, files, signals, environment, folder, recursion."""
    set_app(program, "")
    program.ok("provision", "--yes")
    with (program.folder / "app.py").open("a") as app:
        app.write(textwrap.dedent(_DEEDS))

    result = program.run_python("-m", "flask_cdn_stack", "deploy", "--json")

    assert [item["key"] for item in result.json["uploaded"]] == ["static/app.js"]


@pytest.mark.parametrize(
    ("deed", "how"),
    [
        ("import os\nos._exit(3)", "it ended with 3"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "signal 9 ended it"),
    ],
)
def test_an_app_that_ends_its_process(offline_program: Program, deed: str, how: str) -> None:
    """Is an expected failure: one message, and the config file is as it was."""
    set_app(offline_program, "")
    offline_program.ok("deploy", "--offline")
    before = {path: path.read_bytes() for path in offline_program.folder.glob("cdn_*")}
    set_app(offline_program, deed)

    result = offline_program("deploy", "--offline")

    assert result.exit_code == 2
    assert how in result.stderr
    assert "Traceback" not in result.stderr
    assert {path: path.read_bytes() for path in offline_program.folder.glob("cdn_*")} == before


def test_the_causes_of_a_failure(offline_program: Program) -> None:
    """Come along, for --verbose."""
    set_app(offline_program, "import nowhere")

    result = offline_program("deploy", "--offline", "--verbose")

    assert result.exit_code == 2
    assert "Cause: NoAppException: " in result.stderr
    assert "No module named 'nowhere'" in result.stderr
    assert "Cause:" not in offline_program("deploy", "--offline").stderr


def test_an_app_that_leaves_a_thread_behind(offline_program: Program) -> None:
    """Does not keep a deploy from ending."""
    set_app(offline_program, "import threading, time\nthreading.Thread(target=time.sleep, args=(100,)).start()")
    began = time.monotonic()

    offline_program.ok("deploy", "--offline")

    assert time.monotonic() - began < 60


def test_an_app_that_hooks_its_end(offline_program: Program, tmp_path: Path) -> None:
    """Is let end as it likes."""
    sign = tmp_path / "ended"
    set_app(offline_program, f"import atexit, pathlib\natexit.register(pathlib.Path({str(sign)!r}).touch)")

    offline_program.ok("deploy", "--offline")

    assert sign.exists()


_FLASK_GROUP = """
    import sys
    from flask import Flask
    from flask.cli import FlaskGroup

    sys.setrecursionlimit(2000)

    def create_app():
        assert sys.getrecursionlimit() == 2000, "another process"
        return Flask(__name__, static_folder="files", static_url_path="/files")

    FlaskGroup(create_app=create_app)(prog_name="manage")
"""


def test_a_command_that_makes_the_app_itself(offline_program: Program) -> None:
    """Has it made where it runs: there is no name by which another process could find it."""
    write_files(offline_program.folder, {"manage.py": _FLASK_GROUP, "files/a.js": "1"})

    result = offline_program.run_python("manage.py", "cdn", "deploy", "--offline")

    assert result.exit_code == 0, result.stderr
    assert "files/a.js" in (offline_program.folder / "cdn_manifest.txt").read_text()


_LOADED = """
    import sys
    from flask_cdn_stack.cli.main import main

    try:
        main()
    finally:
        print(sorted({"flask", "jinja2", "werkzeug"} & sys.modules.keys()), file=sys.stderr)
"""


def test_flask_is_not_loaded_here(offline_program: Program) -> None:
    """While the app's process loads it, this one gets on with the rest."""
    set_app(offline_program, "")
    write_files(offline_program.folder, {"program.py": _LOADED})

    result = offline_program.run_python("program.py", "deploy", "--offline")

    assert result.exit_code == 0, result.stderr
    assert result.stderr.splitlines()[-1] == "[]"


def test_nobody_asks() -> None:
    """Then the process ends by itself, with nothing said."""
    with AppProcess() as app:
        pass

    assert app._process.returncode == 0


def test_a_failure_ends_the_process() -> None:
    """At once: nobody waits for an app that is not needed any more."""
    began = time.monotonic()

    def fail() -> None:
        with AppProcess() as app:
            app.ask(AppPlace("sleeping", None, Path()), len)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    assert time.monotonic() - began < 4


def test_where_there_are_no_pipes_to_hand_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app is loaded here."""
    monkeypatch.setattr(sys, "executable", "")

    assert isinstance(open_app(), AppHere)
