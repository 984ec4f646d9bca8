"""Processes of this host, and whether they live."""

from __future__ import annotations

import os
import platform
import pwd
import subprocess
import sys

from flask_cdn_stack.release.process import deployer_name, find_start, process_lives, this_process


def test_a_process_lives_until_it_has_ended() -> None:
    """One that ended and was not waited for has ended, too; one of another user counts as alive, or is not judged."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    assert child.stdin
    started = find_start(child.pid)
    assert process_lives(child.pid, started)
    child.stdin.close()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert process_lives(child.pid, started) is False
    child.wait()
    assert process_lives(child.pid, started) is False
    assert process_lives(1, None) is not False


def test_an_id_that_was_given_out_again() -> None:
    """Another process has this one's id, if it was started at another moment."""
    process = this_process()

    assert process.started is not None
    assert process_lives(process.pid, process.started) is True
    assert process_lives(process.pid, process.started - 1) is False
    assert process_lives(process.pid, None) is None


def test_ids_that_no_process_has() -> None:
    """A record may say anything."""
    assert process_lives(10**30, 1) is None
    assert process_lives(0, None) is None
    assert process_lives(-1, None) is None


def test_who_deploys() -> None:
    """Is the user that runs this process, on this machine."""
    assert deployer_name() == f"{pwd.getpwuid(os.getuid()).pw_name}@{platform.node()}"
