"""What is said of the place before a question: at a terminal it is seen with each command that asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.cli.call import Call
from tests.conftest import write_files

_OPTIONS = dict.fromkeys(("settings", "stage", "region", "profile", "endpoint_url"))


def _place(monkeypatch: pytest.MonkeyPatch, folder: Path, **options: str) -> str:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    call = Call({**_OPTIONS, "verbose": False, "no_color": False, **options})
    assert call.output.place is not None
    return call.output.place()


def test_another_providers_bucket_lies_in_no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody there knows what an AWS account is, and nobody is asked."""
    place = _place(monkeypatch, tmp_path, endpoint_url="https://s3.shop.example", region="eu-west-1")

    assert place == "At https://s3.shop.example, region eu-west-1."


def test_an_account_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leaves the region and the stage, and the reason."""
    write_files(tmp_path, {"flask-cdn-stack.yml": "stages: {live: {region: eu-west-2}}"})

    place = _place(monkeypatch, tmp_path, endpoint_url="http://127.0.0.1:9", stage="live")

    assert place.startswith("Account not known, region eu-west-2, stage live. AWS could not be reached")


def test_offline_nobody_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The question about files whose folder is gone is asked there, too."""
    monkeypatch.chdir(tmp_path)

    assert Call({**_OPTIONS, "verbose": False, "no_color": False, "offline": True}).output.place is None
