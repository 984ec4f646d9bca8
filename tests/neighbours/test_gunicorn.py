"""gunicorn's workers, forked from a master that has loaded the app, and has done all that its workers do."""

from __future__ import annotations

import os
import socket
from contextlib import closing
from http.client import HTTPConnection

import pytest

from tests.conftest import write_files

from .workshop import SECONDS, Workshop, ended

NEEDS = "gunicorn"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")


def ask_worker(workshop: Workshop, kind: str, first: str, config: str = "") -> str:
    """Start a server whose master does something first, and return what its worker answers when it is told to work."""
    # What it would open for commands is in the user's home.
    write_files(workshop.folder, {"gunicorn.conf.py": f"control_socket_disable = True\n{config}"})
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (host, port), number = listener.getsockname(), listener.fileno()
        arguments = ("--preload", f"--worker-class={kind}", f"--bind=fd://{number}", "shop:app")
        environment = {"FIRST": first}
        master = workshop.start(
            "-m", "gunicorn", *arguments, environment=environment, pass_fds=[number], start_new_session=True
        )
        with ended(master), closing(HTTPConnection(host, port, timeout=SECONDS)) as client:
            client.request("GET", "/worker")
            return client.getresponse().read().decode()


PATCHING = "from gevent import monkey\nmonkey.patch_all()\n"


@pytest.mark.parametrize(("kind", "config"), [("sync", ""), ("gevent", PATCHING)], ids=["sync", "gevent"])
def test_a_preloaded_app(workshop: Workshop, kind: str, config: str) -> None:
    """Uploads and sees new manifests, in the master and in its worker."""
    assert ask_worker(workshop, kind, "work('master')", config) == "done by worker", workshop.output
    workshop.expect_uploads("master", "worker")


def test_threads_that_are_replaced_after_the_first_page(workshop: Workshop) -> None:
    """By gevent's worker, as it does unless it is told otherwise, do not matter."""
    assert ask_worker(workshop, "gevent", "ask()") == "done by worker", workshop.output
    workshop.expect_uploads("worker")


def test_tls_that_is_replaced_after_an_upload(workshop: Workshop) -> None:
    """Is boto3's end in that process, and is told in a sentence that says what to do."""
    assert "500" in ask_worker(workshop, "gevent", "work('master')")
    assert "AWSError: boto3 cannot be used in this process: it was loaded before gevent" in workshop.output
    assert "in gunicorn.conf.py." in workshop.output
