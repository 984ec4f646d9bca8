"""What is suggested for a name that is not a setting: never the opposite of what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from flask_cdn_stack.compat.misspelt import find_meant
from flask_cdn_stack.compat.peer_settings import PEER_SETTINGS

from .replay import DATA

NAMES = [setting.name for setting in PEER_SETTINGS]
PEER_NAMES = sorted(
    {name for peer in json.loads((DATA / "peer_names.json").read_text("utf-8")).values() for name in peer["settings"]}
)


def find_opposites(name: str) -> Iterator[str]:
    """Yield what somebody may write who wants the opposite of a setting."""
    start, _, rest = name.partition("_")
    for no in ("NO", "NOT", "UN", "IN", "NON", "DIS", "DISABLE", "WITHOUT", "SKIP", "IGNORE", "DE"):
        yield from (f"{start}_{no}{rest}", f"{start}_{no}_{rest}", f"{name}_{no}", f"{no}_{name}")
        yield name.replace("USE_", f"USE_{no}_")
    yield from (f"{name}_OFF", f"{name}_DISABLED", f"{name}_DISABLE", name.replace("USE_", "AVOID_"))
    yield name.replace("HTTPS", "HTTP") if "HTTPS" in name else name.replace("HTTP", "HTTPS")
    yield name.replace("HTTPS", "HTTPP")


@pytest.mark.parametrize("name", PEER_NAMES)
def test_the_opposite_is_never_suggested(name: str) -> None:
    """Nor anything else for it."""
    found = {written: find_meant(written, NAMES) for written in find_opposites(name) if written not in NAMES}
    assert {written: meant for written, meant in found.items() if meant} == {}


@pytest.mark.parametrize("name", PEER_NAMES)
def test_a_slip_of_the_pen(name: str) -> None:
    """Is told: the last letter twice, two letters swapped, one left out."""
    last = name[:-2] + name[:-3:-1]
    for written in (name + name[-1], last, name[:-1]):
        meant = find_meant(written, NAMES)
        assert meant in (name, None) if written not in NAMES else meant == written
        assert meant or "HTTP" in name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("CDN_TIME_STAMP", "CDN_TIMESTAMP"),
        ("S3_BUCKETNAME", "S3_BUCKET_NAME"),
        ("S3_GZIP_ONLY_EXT", "FLASKS3_GZIP_ONLY_EXTS"),
        ("CDN_HTPS", "CDN_HTTPS"),
        ("S3_KEY", None),
    ],
)
def test_others(written: str, meant: str | None) -> None:
    """Words run together or apart, and the newer name of what has no older one."""
    assert find_meant(written, NAMES) == meant
