"""What is shown of a deploy: one work, however many phases it has."""

from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console
from rich.table import Table

from flask_cdn_stack.cli.output import Output
from flask_cdn_stack.cli.upload_bar import UploadBar
from flask_cdn_stack.cli.upload_progress import UploadProgress
from tests.cli.screen import watch
from tests.conftest import Program, write_files
from tests.servers.fault_proxy import FaultProxy, Rule

#: Files that are sent while the others are hashed, and those others.
_FILES = {f"shop/static/{number}.js": "x" * 1000 for number in range(21)}
_SHEETS = {f"shop/static/{number}.css": "body {}\n" for number in range(4)}


class FakeClock:
    """A clock that is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def draw(bar: UploadBar) -> str:
    """Return the words beside a bar."""
    console = Console(width=120)
    with console.capture() as capture:
        console.print(bar.draw())
    return capture.get().strip("━╸╺ \n")


def test_files_bytes_rate_and_time_left() -> None:
    """Each as soon as it is known; nothing stands for what is not."""
    clock = FakeClock()
    bar = UploadBar(Console(), clock)
    bar.expect(28, 40_000)
    assert draw(bar) == "0 of 28 files, 0 bytes of 40.0 kB"
    clock.now = 3
    bar.move(3, 6000)
    assert draw(bar) == "3 of 28 files, 6.0 kB of 40.0 kB, 2.0 kB/s, 0:17 left"
    # The rest was hashed meanwhile, and there is more to send.
    bar.expect(30, 46_000)
    assert draw(bar) == "3 of 30 files, 6.0 kB of 46.0 kB, 2.0 kB/s, 0:20 left"
    bar.move(30, 46_000)
    clock.now = 23
    assert draw(bar) == "30 of 30 files, 46.0 kB of 46.0 kB, 2.0 kB/s"


def test_one_file() -> None:
    """Has no rate, and no question mark in its place."""
    bar = UploadBar(Console(), FakeClock())
    bar.expect(1, 24)
    bar.move(1, 24)

    assert draw(bar) == "1 of 1 file, 24 bytes of 24 bytes"


@pytest.mark.parametrize(
    ("rest", "lines"),
    [(1, ["Uploading 3 objects (30 bytes) ..."]),
     (4, ["Uploading 3 objects (30 bytes) ...", "Uploading 6 objects (60 bytes) in all ..."])],
)  # fmt: skip
def test_two_phases_are_one_work(rest: int, lines: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A line says how much it is, and another one where it turned out to be more."""
    progress = UploadProgress(Output())
    progress.sending(3, 30)
    for key in "ab":
        progress.uploaded(key, 10)
    progress.sending(rest, rest * 10)

    assert capsys.readouterr().err.splitlines() == lines


def test_many_files_without_a_terminal(provisioned: Program) -> None:
    """One number for all that is sent, before and after everything is hashed."""
    write_files(provisioned.folder, _FILES | _SHEETS)

    lines = provisioned.ok("deploy").stderr.splitlines()

    size = sum(map(len, (_FILES | _SHEETS).values())) + 23 + 15 + 41
    assert [line for line in lines if "Uploading" in line] == [f"Uploading 28 objects ({size / 1000:.1f} kB) ..."]
    assert any(line.endswith("28 of 28 objects uploaded.") for line in lines)


def test_many_files_at_a_terminal(provisioned: Program) -> None:
    """A spinner until something is sent, of which nothing stays, and one bar to the end."""
    write_files(provisioned.folder, _FILES | _SHEETS)
    rules = [
        Rule("delay", method="PUT", path=r"/[12]\.css$", seconds=1.5),
        Rule("delay", method="GET", seconds=0.5, times=1),
    ]
    with FaultProxy(provisioned.environment["AWS_ENDPOINT_URL"], rules) as proxy:
        seen = watch(
            provisioned,
            "deploy",
            steps=[
                (r"[⠋-⠿] (Loading the app, and collecting its files|Hashed \d+ of 28 files)", b""),
                (r"\b2\d of 28 files", b""),
            ],
            environment={"AWS_ENDPOINT_URL": proxy.url},
        )

    assert seen.exit_code == 0
    assert re.search(
        r"^━+[━╸╺]* 28 of 28 files, 2\d\.\d kB of 2\d\.\d kB(, \d+\.\d [kM]B/s)?$", seen.text, re.MULTILINE
    )
    assert not re.search("Loading|Hashed", seen.text)
    assert "28 of 28 objects uploaded." in seen.text


def test_a_bar_is_drawn_by_time() -> None:
    """Two thousand files that have been sent at once change numbers, and draw nothing."""
    drawn = []

    class CountedBar(UploadBar):
        def draw(self) -> Table:
            drawn.append(1)
            return super().draw()

    bar = CountedBar(Console(file=io.StringIO(), force_terminal=True))
    bar.expect(2000, 2_000_000)
    began = time.perf_counter()
    with bar.live:
        for number in range(1, 2001):
            bar.move(number, number * 1000)

    assert len(drawn) <= 4 + 10 * (time.perf_counter() - began)
