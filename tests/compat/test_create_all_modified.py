"""Flask-S3's upload: only what has changed, and what fails."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack.compat.create_all import create_all
from flask_cdn_stack.errors import AWSError, PartialDeployError
from tests.compat.s3_account import Account
from tests.conftest import write_files
from tests.servers.fault_proxy import FaultProxy, Rule

FILES = {"static/a.js": "a", "static/ü/b c.js": "b", "static/css/app.css": "css"}
HASHES = "/.file-hashes"


@pytest.fixture
def proxy(account: Account) -> Iterator[FaultProxy]:
    with FaultProxy(account.endpoint_url) as running:
        yield running


@pytest.fixture
def app(account: Account, proxy: FaultProxy, tmp_path: Path) -> Flask:
    """An app of three files that uploads what has changed, by way of the proxy."""
    config = {"FLASKS3_ONLY_MODIFIED": True, "FLASKS3_ENDPOINT_URL": proxy.url}
    return account.make_app(tmp_path, FILES, **config)


def sha1(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


def read_hashes(account: Account) -> Any:
    return json.loads(account.body(".file-hashes"))


def puts(proxy: FaultProxy) -> list[str]:
    """Return what was put since the last call, by the end of its path."""
    paths = [request.path.partition("?")[0] for request in proxy.log if request.method == "PUT"]
    proxy.log.clear()
    return sorted(path.rpartition("/")[2] for path in paths if path.count("/") > 1)


def test_the_hash_file(account: Account, app: Flask) -> None:
    """Has the SHA-1 of each local file by its key, as Flask-S3 writes and reads it."""
    create_all(app)

    assert read_hashes(account) == {f"/{key}": sha1(text) for key, text in FILES.items()}
    assert account.list_keys() == [".file-hashes", *sorted(FILES)]


def test_only_changed_files(account: Account, app: Flask, proxy: FaultProxy, tmp_path: Path) -> None:
    """Are uploaded; where there are none, nothing is written."""
    create_all(app)
    assert puts(proxy) == [".file-hashes", "a.js", "app.css", "b%20c.js"]

    create_all(app)
    assert puts(proxy) == []

    write_files(tmp_path, {"static/a.js": "changed", "static/new.js": "new"})
    create_all(app)
    assert puts(proxy) == [".file-hashes", ".file-hashes", "a.js", "new.js"]
    assert account.body("static/a.js") == b"changed"
    assert read_hashes(account)["/static/a.js"] == sha1("changed")


def test_entries_of_other_files(account: Account, app: Flask, proxy: FaultProxy, tmp_path: Path) -> None:
    """Stay: of files that the filter leaves out, that are gone here, or that another app uploaded."""
    create_all(app)
    app.config["FLASKS3_PREFIX"] = "other"
    (tmp_path / "static/a.js").unlink()
    create_all(app, filepath_filter_regex="^css")

    assert read_hashes(account).keys() == {f"/{key}" for key in FILES} | {"/other/static/css/app.css"}
    puts(proxy)
    create_all(app)
    assert puts(proxy) == [".file-hashes", "b%20c.js"]


def test_force_refresh(account: Account, app: Flask, proxy: FaultProxy) -> None:
    """Uploads everything, as after a change of headers."""
    create_all(app)
    puts(proxy)
    app.config["FLASKS3_HEADERS"] = {"Cache-Control": "no-cache"}
    create_all(app, force_refresh=True)

    assert [name for name in puts(proxy) if not name.startswith(".")] == ["a.js", "app.css", "b%20c.js"]
    assert account.head("static/a.js")["CacheControl"] == "no-cache"
    assert read_hashes(account).keys() == {f"/{key}" for key in FILES}


def test_twins_are_known_by_themselves(account: Account, app: Flask, proxy: FaultProxy) -> None:
    """When they are switched on later, they are uploaded although their originals have not changed."""
    app.config.update(FLASKS3_BUCKET_NAME=None, FLASKS3_ONLY_MODIFIED=None)
    app.config.update(S3_BUCKET_NAME=account.bucket, S3_ONLY_MODIFIED=True)
    create_all(app)
    puts(proxy)
    app.config["USE_GZIP"] = True
    create_all(app)

    assert [name for name in puts(proxy) if not name.startswith(".")] == ["a.js.gz", "app.css.gz", "b%20c.js.gz"]
    assert read_hashes(account)["/static/a.js.gz"] == sha1("a")


@pytest.mark.parametrize("content", [b"{", b"[1]", b'{"/static/a.js": 7}', b"[" * 200_000], ids=range(4))
def test_a_damaged_hash_file(account: Account, app: Flask, content: bytes) -> None:
    """Says nothing, and is replaced."""
    account.s3.create_bucket(Bucket=account.bucket)
    account.s3.put_object(Bucket=account.bucket, Key=".file-hashes", Body=content)
    create_all(app)

    assert read_hashes(account) == {f"/{key}": sha1(text) for key, text in FILES.items()}


def test_a_run_that_is_killed(account: Account, app: Flask, proxy: FaultProxy, tmp_path: Path) -> None:
    """Leaves no entry for what it may have uploaded: the old file is uploaded again."""
    create_all(app)
    write_files(tmp_path, {"static/a.js": "changed"})
    written: list[str] = []

    def lose_all_but_the_first(index: int, method: str, path: str) -> bool:
        if method == "PUT" and path.endswith(HASHES):
            written.append(path)
            return len(written) == 1
        return True

    proxy.on_request = lose_all_but_the_first
    with pytest.raises(PartialDeployError):
        create_all(app)
    assert account.body("static/a.js") == b"changed"
    assert "/static/a.js" not in read_hashes(account)

    proxy.on_request = None
    write_files(tmp_path, {"static/a.js": "a"})
    create_all(app)

    assert account.body("static/a.js") == b"a"
    assert read_hashes(account)["/static/a.js"] == sha1("a")


def test_a_lost_answer(account: Account, app: Flask, proxy: FaultProxy) -> None:
    """To the writing of hashes is no conflict with oneself."""
    proxy.rules.add(Rule("drop_response", method="PUT", path=HASHES, times=1))
    create_all(app)

    assert read_hashes(account).keys() == {f"/{key}" for key in FILES}
    assert puts(proxy).count(".file-hashes") == 1


def test_an_upload_that_fails(
    account: Account, app: Flask, proxy: FaultProxy, caplog: pytest.LogCaptureFixture
) -> None:
    """Is named at the end, when the others are done; it has no entry."""
    caplog.set_level(logging.INFO, "flask_cdn_stack")
    proxy.rules.add(Rule("status", method="PUT", path=r"a\.js", status=403, error="AccessDenied"))
    with pytest.raises(PartialDeployError) as caught:
        create_all(app)

    assert caught.value.message.splitlines() == [
        f"Uploaded 2 of 3 files for {account.bucket}; these failed:",
        f"  static/a.js: AWS denied s3:PutObject on arn:aws:s3:::{account.bucket}/static/a.js.",
    ]
    assert caught.value.hint.startswith("Allow that action")
    assert read_hashes(account).keys() == {f"/{key}" for key in FILES} - {"/static/a.js"}
    assert caplog.messages[-1] == f"Uploaded 2 files to {account.bucket}; 0 had not changed."


def test_hashes_that_cannot_be_written(account: Account, app: Flask, proxy: FaultProxy) -> None:
    """Are one more failure beside those of files."""
    proxy.rules.add(Rule("status", method="PUT", path=HASHES, status=403, error="AccessDenied"))
    with pytest.raises(PartialDeployError, match=r"3 of 3 files for .*; these failed:\n  \.file-hashes: AWS denied"):
        create_all(app)


def test_hashes_that_cannot_be_read(account: Account, app: Flask, proxy: FaultProxy) -> None:
    """End the run before anything is uploaded."""
    proxy.rules.add(Rule("status", method="GET", path=HASHES, status=403, error="AccessDenied"))
    with pytest.raises(AWSError, match="AWS denied s3:GetObject"):
        create_all(app)

    assert puts(proxy) == []


def test_credentials_that_expire(account: Account, app: Flask, proxy: FaultProxy, tmp_path: Path) -> None:
    """Stop what was not begun, which is counted."""
    write_files(tmp_path, {f"static/more/{number:03}.js": "x" for number in range(400)})
    proxy.rules.add(Rule("status", method="PUT", path=r"\.js", status=400, error="ExpiredToken"))
    with pytest.raises(PartialDeployError, match=r"The AWS credentials have expired(.|\n)* more were not begun"):
        create_all(app)
