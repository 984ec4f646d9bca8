"""``create_all`` of files that look like secrets: uploaded as Flask-S3 does, with a warning."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from flask_cdn_stack.compat.create_all import create_all
from tests.compat.s3_account import Account

FILES = {"static/a.js": "1", "static/id_rsa": "x", "static/notes.txt": "-----BEGIN PRIVATE KEY-----\n"}


@pytest.mark.parametrize(
    ("pattern", "named"), [(None, ["static/id_rsa", "static/notes.txt"]), (r"\.(js|txt)$", ["static/notes.txt"])]
)
def test_secrets(
    account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture, pattern: str | None, named: list[str]
) -> None:
    """They are named before anything is sent, with the argument that leaves them out."""
    caplog.set_level(logging.INFO, "flask_cdn_stack")
    create_all(account.make_app(tmp_path, FILES, FLASKS3_PREFIX="v1"), filepath_filter_regex=pattern)

    first, *_ = caplog.records
    assert first.levelname == "WARNING"
    assert "filepath_filter_regex" in first.getMessage()
    assert first.getMessage().splitlines()[1:] == [f"  {tmp_path}/{name}" for name in named]
    assert account.list_keys() == ["v1/static/a.js", *(f"v1/{name}" for name in named)]


def test_no_secrets(account: Account, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said of them."""
    create_all(account.make_app(tmp_path, {"static/a.js": "1", "static/ca.pem": "-----BEGIN CERTIFICATE-----\n"}))

    assert caplog.records == []
