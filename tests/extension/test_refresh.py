"""When a manifest is looked at again: by whom, how often, and what pages get meanwhile."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flask_cdn_stack import CDN
from flask_cdn_stack.errors import ManifestError, MissingAssetError
from flask_cdn_stack.extension.manifest_source import read_manifest
from tests.extension.shop import LOCAL, on_cdn, open_shop

if TYPE_CHECKING:
    from .conftest import Clock, Source, Work


def test_a_new_manifest(clock: Clock, source: Source, work: Work) -> None:
    """Is read in the background once an interval is over; the page that notices does not wait."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=60)
    assert shop.ask() == on_cdn("abc")
    source.text = "def  static/bah.js\n"
    clock.now += 59.9
    assert (shop.ask(), work.waiting) == (on_cdn("abc"), [])
    clock.now += 0.1
    assert {shop.ask() for _ in range(5)} == {on_cdn("abc")}
    assert (len(source.known), len(work.waiting)) == (1, 1)
    work.run()
    assert shop.ask() == on_cdn("def")
    assert source.known == [(), ("abc  static/bah.js\n",)]


def test_one_reading_for_each_interval(clock: Clock, source: Source, work: Work) -> None:
    """However many pages there are; URLs built before are still remembered when the manifest has not changed."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=60)
    for _ in range(10):
        for _ in range(12):
            assert shop.ask() == on_cdn("abc")
            work.run()
            clock.now += 5
    assert len(source.known) == 10
    assert shop.built == 1 + 9


def test_no_refresh(clock: Clock, source: Source, work: Work) -> None:
    """Without CDN_MANIFEST_REFRESH a manifest that was read is not looked at again, whatever was missing in it."""
    shop = open_shop(clock, source, work)
    for _ in range(100):
        shop.ask()
        shop.ask("nope.js")
        clock.now += 1e6
    assert (len(source.known), work.waiting) == (1, [])


def test_failures(clock: Clock, source: Source, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    """Keep the manifest at hand, in strict mode too, and are logged once until it was read again."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=60, CDN_STRICT=True)
    shop.ask()
    for source.failure in ("gone", "gone", "other", "", "gone", ""):
        shop.pass_time(600)
        assert shop.ask() == on_cdn("abc")
    assert [record.getMessage()[:5] for record in caplog.records] == ["gone ", "gone "]
    assert all("The manifest read before goes on being used" in record.getMessage() for record in caplog.records)
    assert {(record.name, record.levelno) for record in caplog.records} == {("flask_cdn_stack", logging.WARNING)}


@pytest.mark.parametrize(
    ("refresh", "pauses"),
    [
        (None, [10, 20, 40, 80, 160, 320, 600, 600]),
        (5, [10, 20, 40, 80, 160, 320, 600, 600]),
        (60, [60, 60, 60, 80, 160, 320, 600, 600]),
    ],
)
def test_pauses_after_failures(clock: Clock, source: Source, work: Work, refresh: float, pauses: list[int]) -> None:
    """Double from 10 to 600 seconds, and are never shorter than the interval; a success ends them."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=refresh)
    source.failure = "gone"
    asked = []
    for _ in range(sum(pauses) + 1):
        shop.ask()
        if work.waiting:
            asked.append(int(clock.now))
            work.run()
        clock.now += 1
    assert [later - sooner for sooner, later in zip([1000, *asked], asked, strict=False)] == pauses
    source.failure = ""
    shop.pass_time(1000)
    source.failure = "gone"
    clock.now += (refresh or 0) - 1
    assert (shop.ask(), work.waiting) == (on_cdn("abc"), [])


def test_a_server_that_is_dead_for_weeks(clock: Clock, source: Source, work: Work) -> None:
    """Is asked on, however often it failed: the pause of the 1,100th failure would be more than a float can be."""
    shop = open_shop(clock, source, work)
    source.failure = "gone"
    for number in range(1100):
        assert shop.ask() == LOCAL
        work.run()
        assert len(source.known) == number + 1
        clock.now += 600
    source.failure = ""
    shop.ask()
    work.run()
    assert shop.ask() == on_cdn("abc")


def test_a_dead_server_at_the_start(clock: Clock, source: Source, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    """Only the first page reads; without CDN_MANIFEST_REFRESH too the server is asked again, in the background."""
    shop = open_shop(clock, source, work)
    source.failure = "gone"
    for _ in range(10):
        assert shop.ask() == LOCAL
        clock.now += 5
    assert (len(source.known), len(work.waiting)) == (1, 4)
    work.run()
    source.failure = ""
    clock.now += 600
    assert shop.ask() == LOCAL
    work.run()
    assert shop.ask() == on_cdn("abc")
    clock.now += 1e6
    assert (shop.ask(), work.waiting) == (on_cdn("abc"), [])
    [record] = caplog.records
    assert "Every URL stays the app's own. It is looked for again" in record.getMessage()


def test_strict_with_a_dead_server(clock: Clock, source: Source, work: Work, caplog: pytest.LogCaptureFixture) -> None:
    """Every page has the error, none has to wait for it, and it ends when the server is back."""
    shop = open_shop(clock, source, work, CDN_STRICT=True)
    source.failure = "gone"
    for _ in range(3):
        with pytest.raises(ManifestError, match="gone"):
            shop.ask()
    assert len(source.known) == 1
    source.failure = ""
    clock.now += 10
    with pytest.raises(ManifestError, match="gone"):
        shop.ask()
    work.run()
    assert shop.ask() == on_cdn("abc")
    with pytest.raises(MissingAssetError):
        shop.ask("nope.js")
    assert caplog.records == []


@pytest.mark.parametrize("refresh", [None, 60])
def test_local_files(clock: Clock, tmp_path: Path, work: Work, refresh: float | None) -> None:
    """Are read once, missing ones too; with CDN_MANIFEST_REFRESH they are looked at once for each interval."""
    file = tmp_path / "m.txt"
    shop = open_shop(clock, read_manifest, work, CDN_MANIFEST_URL=file, CDN_MANIFEST_REFRESH=refresh)
    seen = [shop.ask()]
    for checksum in ("abc", "def", ""):
        if checksum:
            file.write_text(f"{checksum}  static/bah.js\n")
        else:
            file.unlink()
        clock.now += 60
        shop.ask()
        assert len(work.waiting) == (refresh is not None)
        work.run()
        seen.append(shop.ask())
    assert seen == [LOCAL, *([on_cdn("abc"), on_cdn("def"), on_cdn("def")] if refresh else [LOCAL] * 3)]


def test_reload_during_a_reading(clock: Clock, source: Source, work: Work) -> None:
    """What CDN.reload read is not replaced by what was begun before it, nor by a failure."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=60)
    shop.ask()
    for late in ("old  static/bah.js\n", ""):
        clock.now += 60
        shop.ask()
        source.text, source.failure = "new  static/bah.js\n", ""
        CDN.reload(shop)
        source.text, source.failure = late, "" if late else "gone"
        work.run()
        assert shop.ask() == on_cdn("new")
    assert shop.extensions["cdn"].states.current.failures == 0


def test_work_that_is_lost(clock: Clock, source: Source, work: Work) -> None:
    """Where a reading never ends, as after a fork, another is begun an interval later."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=60)
    shop.ask()
    source.text = "def  static/bah.js\n"
    clock.now += 60
    shop.ask()
    work.waiting.clear()
    shop.pass_time(60)
    assert shop.ask() == on_cdn("def")


def test_readings_longer_than_the_interval(clock: Clock, source: Source, work: Work) -> None:
    """Are used nevertheless, though pages come meanwhile."""
    shop = open_shop(clock, source, work, CDN_MANIFEST_REFRESH=1)
    shop.ask()
    source.text = "def  static/bah.js\n"

    def pass_time() -> None:
        for _ in range(3):
            clock.now += 0.9
            shop.ask()

    source.during = pass_time
    for _ in range(5):
        shop.pass_time(1)
    assert shop.ask() == on_cdn("def")
