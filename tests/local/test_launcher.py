"""The child process: where it listens, what it keeps, and that it ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.local import launcher
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.local.state_folder import lock_folder
from tests.cli.observing import is_alive
from tests.conftest import wait_until
from tests.local.published_site import client

_ROOT = Path(launcher.__file__).parents[2]
_STATE_LISTENING = "0A"

_PARENT = """
import os, pathlib, sys, time
from flask_cdn_stack.local.launcher import LocalAWS
with LocalAWS(environment=os.environ, state_folder=pathlib.Path(sys.argv[1])) as aws:
    print(aws.process_id, flush=True)
    time.sleep(60)
"""


def _listening_addresses(process_id: int) -> set[str]:
    """Return local address and port, in the kernel's notation, of each socket that the process listens on."""
    inodes = {os.readlink(link) for link in Path(f"/proc/{process_id}/fd").iterdir() if link.is_symlink()}
    rows = [
        line.split()
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/{process_id}/net/{table}").read_text(encoding="utf-8").splitlines()[1:]
    ]
    return {row[1] for row in rows if row[3] == _STATE_LISTENING and f"socket:[{row[9]}]" in inodes}


def _is_free(state_folder: Path) -> bool:
    try:
        lock_folder(state_folder).close()
    except CDNStackError:
        return False
    return True


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux")
def test_it_listens_on_loopback_only(local_aws: LocalAWS) -> None:
    """One socket, whatever MiniStack would open of its own accord."""
    assert _listening_addresses(local_aws.process_id) == {f"0100007F:{local_aws.port:04X}"}


def test_it_takes_the_place_of_the_user_s_account(local_aws: LocalAWS) -> None:
    """No profile, token or region of the user's is left."""
    theirs = {"PATH": "/bin", "AWS_PROFILE": "work", "AWS_SESSION_TOKEN": "secret", "AWS_REGION": "eu-west-1"}

    assert local_aws.replace_account(theirs) == {
        "PATH": "/bin",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{local_aws.port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs Linux")
def test_the_child_sees_nothing_of_the_user_s_account() -> None:
    """Neither credentials nor settings of a MiniStack of theirs."""
    theirs = {**os.environ, "AWS_PROFILE": "work", "AWS_ACCESS_KEY_ID": "AKIA", "BIND_HOST": "0.0.0.0", "USE_SSL": "1"}

    with LocalAWS(environment=theirs) as aws:
        seen = Path(f"/proc/{aws.process_id}/environ").read_text(encoding="utf-8").split("\0")

    assert not [entry for entry in seen if entry.startswith(("AWS_", "USE_SSL"))]
    assert "BIND_HOST=127.0.0.1" in seen


def test_state_survives_the_parent_s_end(tmp_path: Path) -> None:
    """A closed input is an orderly end too."""
    aws = LocalAWS(environment=os.environ, state_folder=tmp_path)
    aws.start()
    client(aws, "s3").create_bucket(Bucket="kept")
    child = aws._running.process
    assert child.stdin is not None
    child.stdin.close()
    child.wait(15)
    aws.stop()

    with LocalAWS(environment=os.environ, state_folder=tmp_path) as again:
        assert [bucket["Name"] for bucket in client(again, "s3").list_buckets()["Buckets"]] == ["kept"]


def test_a_state_folder_has_one_user(tmp_path: Path) -> None:
    """A second local AWS is refused while the first one runs, and welcome after."""
    with LocalAWS(environment=os.environ, state_folder=tmp_path) as aws:
        second = LocalAWS(environment=os.environ, state_folder=tmp_path)
        with pytest.raises(CDNStackError, match="is in use: another local AWS") as caught:
            second.start()
        assert str(tmp_path) in caught.value.message
        assert client(aws, "s3").list_buckets()["Buckets"] == []

    with second:
        assert second.port


def test_a_killed_parent_frees_its_state_folder(tmp_path: Path) -> None:
    """Its lock file stays and says nothing, once the server has saved."""
    command = [sys.executable, "-c", _PARENT, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        assert not _is_free(tmp_path)
        process.kill()
        process.wait(15)
        assert wait_until(lambda: _is_free(tmp_path))

    assert (tmp_path / "lock").exists()
    with LocalAWS(environment=os.environ, state_folder=tmp_path) as aws:
        assert aws.port


def test_a_server_that_outlives_its_parent_keeps_the_folder(tmp_path: Path) -> None:
    """The folder is free when the last process that writes to it has ended."""
    aws = LocalAWS(environment=os.environ, state_folder=tmp_path)
    aws.start()
    assert aws._lock is not None
    aws._lock.close()  # as the kernel does for a killed parent
    with pytest.raises(CDNStackError, match="is in use"):
        LocalAWS(environment=os.environ, state_folder=tmp_path).start()

    aws.stop()
    assert _is_free(tmp_path)


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """Is named."""
    (tmp_path / "file").touch()

    with pytest.raises(CDNStackError, match=r"file/state cannot be used: Not a directory\."):
        LocalAWS(environment=os.environ, state_folder=tmp_path / "file/state").start()


def test_without_a_folder_nothing_is_kept() -> None:
    """It starts empty, more than once from one object, and is gone after the block."""
    aws = LocalAWS(environment=os.environ)
    for _ in range(2):
        with aws:
            process_id = aws.process_id
            assert client(aws, "s3").list_buckets()["Buckets"] == []
            client(aws, "s3").create_bucket(Bucket="gone")

        assert not is_alive(process_id)
        with pytest.raises(RuntimeError, match="not running"):
            _ = aws.endpoint_url


def test_ctrl_c_does_not_reach_the_server(local_aws: LocalAWS) -> None:
    """A terminal signals a process group; the server has its own."""
    assert os.getpgid(local_aws.process_id) == local_aws.process_id != os.getpgrp()


def test_a_port_that_is_taken_is_named() -> None:
    """With the option that helps."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CDNStackError, match=f"Port {port} .*\n.*--port"):
            LocalAWS(port, environment=os.environ).start()


def test_a_child_that_ends_early_has_its_last_words_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are all there is to go by."""
    (tmp_path / "broken_server.py").write_text("raise SystemExit('No more room.')\n")
    monkeypatch.syspath_prepend(tmp_path)
    aws = LocalAWS(environment=os.environ, module="broken_server")

    with pytest.raises(CDNStackError, match=r"exit code 1\).\nNo more room."):
        aws.start()

    with pytest.raises(RuntimeError, match="not running"):
        _ = aws.port


def test_a_chosen_port_is_used(local_aws: LocalAWS) -> None:
    """Also right after another server had it."""
    with LocalAWS(environment=os.environ) as first:
        port = first.port

    with LocalAWS(port, environment=os.environ) as second:
        assert second.endpoint_url == f"http://127.0.0.1:{port}"


def test_a_module_in_the_working_folder_is_not_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's project may well hold a queue.py."""
    (tmp_path / "queue.py").write_text("raise SystemExit('wrong queue')\n")
    monkeypatch.chdir(tmp_path)

    with LocalAWS(environment=os.environ) as aws:
        assert aws.port
