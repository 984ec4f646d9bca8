"""The invalidation paths that are free each month, as the commands count them and warn of their end."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from flask_cdn_stack.release.state import State
from flask_cdn_stack.release.state_text import decode_state, encode_state
from tests.cli.observing import STATE_KEY, client, invalidations, outputs
from tests.cli.settings_file import add_settings
from tests.conftest import Program, write_files

WARNING = "Warning: The 1,000 invalidation paths that are free each month are used up"
CHANGES = {"shop/static/css/app.css": "body { color: teal }\n", "shop/static/js/app.js": "2\n"}


def _read_state(program: Program) -> State:
    found = client(program, "s3").get_object(Bucket=outputs(program)["BucketName"], Key=STATE_KEY)
    return decode_state(found["Body"].read())


def _ask(program: Program, paths: int) -> None:
    """Count paths as if they had been asked for."""
    state = _read_state(program)
    body = encode_state(replace(state, usage=state.usage.add(paths, time.time())))
    client(program, "s3").put_object(Bucket=outputs(program)["BucketName"], Key=STATE_KEY, Body=body)


@pytest.mark.parametrize(("asked", "paths", "warnings"), [(999, ["/static/*"], 0), (1000, ["/static/*"], 1)])
def test_a_deploy(deployed: Program, asked: int, paths: list[str], warnings: int) -> None:
    """Asks for fewer paths late in the month, and warns once where none is free; counting them costs no request."""
    _ask(deployed, asked)
    write_files(deployed.folder, CHANGES)

    preview, result = deployed.ok("deploy", "--dry-run", "--json"), deployed.ok("deploy", "--json")

    assert preview.json["invalidated"] == result.json["invalidated"] == paths
    assert invalidations(deployed) == [paths]
    assert (preview.stderr.count(WARNING), result.stderr.count(WARNING)) == (warnings, warnings)
    assert _read_state(deployed).usage.paths == asked + len(paths)
    assert result.json["requests"] == {"GetObject": 1, "PutObject": 5, "CreateInvalidation": 1}


def test_what_else_forgets(deployed: Program) -> None:
    """Deletions, a rollback and a prune are counted as well, and each command warns once."""
    _ask(deployed, 1000)
    write_files(deployed.folder, CHANGES)
    (deployed.folder / "shop/static/logo.svg").unlink()

    deletion = deployed.ok("deploy", "--delete", "--yes", "--json")
    assert deletion.json["deleted"] == ["static/logo.svg"]
    assert deletion.stderr.count(WARNING) == 1
    assert _read_state(deployed).usage.paths == 1002

    rollback = deployed.ok("rollback", "--yes", "--json")
    assert rollback.json["invalidated"] == ["/static/*"]
    assert rollback.stderr.count(WARNING) == 1
    assert _read_state(deployed).usage.paths == 1003

    add_settings(deployed.folder, "assets: {keep_releases: 1, keep_days: 0}")
    deployed.ok("deploy")
    before = _read_state(deployed).usage.paths
    prune = deployed.ok("prune", "--yes", "--json")
    assert prune.json["invalidated"] == ["/static/logo.svg*"]
    assert prune.stderr.count(WARNING) == 1
    assert _read_state(deployed).usage.paths == before + 1


def test_the_users_own_paths(deployed: Program) -> None:
    """Are asked for as they are, and not counted."""
    _ask(deployed, 1000)

    result = deployed.ok("deploy", "--invalidate", "/a", "--invalidate", "/b", "--json")

    assert result.json["invalidated"] == ["/a", "/b"]
    assert WARNING not in result.stderr
    assert _read_state(deployed).usage.paths == 1000
