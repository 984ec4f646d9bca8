"""What is shown while CloudFormation is at work, and how to leave."""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from flask_cdn_stack.aws.cloudformation import Change, Event
from flask_cdn_stack.cli.output import Output
from flask_cdn_stack.cli.stack_table import draw_stack
from flask_cdn_stack.cli.stack_view import StackView
from flask_cdn_stack.cli.stack_words import state_color, time_left_text
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.stack.progress import StackProgress
from tests.cli.observing import find_stack
from tests.cli.screen import UNDER_WAY, Glyph, read_text, watch
from tests.conftest import Program, program_environment, wait_until

_BEGAN = datetime(2026, 1, 1, 12, tzinfo=UTC)
_DISTRIBUTION = "AWS::CloudFront::Distribution"
_AGREE = (r"Go ahead\? \[y/N\]", b"y\n")


def follow(*told: tuple[float, str, str, str]) -> StackProgress:
    """Return what came of a creation's events."""
    progress = StackProgress()
    progress.expect([Change("Add", "Bucket", "AWS::S3::Bucket", ""), Change("Add", "Distribution", _DISTRIBUTION, "")])
    for item in told:
        progress.take(event(*item))
    return progress


def event(seconds: float, name: str, kind: str, status: str) -> Event:
    """Return what happened then."""
    return Event(f"{name}{seconds}", _BEGAN + timedelta(seconds=seconds), name, kind, status, "")


def draw(progress: StackProgress, seconds: float, width: int = 80) -> str:
    """Return what the table shows after so many seconds."""
    now, console = _BEGAN.timestamp() + seconds, Console(file=io.StringIO(), width=width)
    with console.capture() as capture:
        console.print(draw_stack(progress, "shop-cdn", now, time_left_text(progress.seconds_left(now))))
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


_BEGINNING = [
    (0, "shop-cdn", "AWS::CloudFormation::Stack", "CREATE_IN_PROGRESS"),
    (1, "Bucket", "AWS::S3::Bucket", "CREATE_IN_PROGRESS"),
    (23, "Bucket", "AWS::S3::Bucket", "CREATE_COMPLETE"),
    (24, "Distribution", _DISTRIBUTION, "CREATE_IN_PROGRESS"),
]


def test_one_table_of_all_resources() -> None:
    """The clock of what is under way moves, and so does the estimate."""
    progress = follow(*_BEGINNING)

    assert draw(progress, 86) == (
        "Resource      State               Time  Type\n"
        "Bucket        CREATE_COMPLETE     0:22  S3::Bucket\n"
        "Distribution  CREATE_IN_PROGRESS  1:02  CloudFront::Distribution\n"
        "shop-cdn  CREATE_IN_PROGRESS  1:26  about 4 min left (estimate)"
    )
    assert draw(progress, 270).endswith("4:30  less than a minute left (estimate)")
    assert draw(progress, 4000).endswith("1:06:40  takes longer than usual")
    assert "Distribution  pending" in draw(follow(*_BEGINNING[:2]), 2)


def test_what_is_undone() -> None:
    """Is not called done."""
    failed = [(60, "Distribution", _DISTRIBUTION, "CREATE_FAILED"), (61, *_BEGINNING[0][1:3], "ROLLBACK_IN_PROGRESS")]
    undone = [(62, "Bucket", "AWS::S3::Bucket", "DELETE_COMPLETE")]

    shown = draw(follow(*_BEGINNING, *failed, *undone), 99)

    assert re.search(r"^Bucket +DELETE_COMPLETE \(undone\)", shown, re.MULTILINE)
    assert re.search(r"^Distribution +CREATE_FAILED +0:36", shown, re.MULTILINE)
    assert shown.endswith("shop-cdn  ROLLBACK_IN_PROGRESS  1:39")


@pytest.mark.parametrize(("estimates", "left"), [(True, "about 4 min left (estimate)"), (False, "")])
def test_a_local_aws_takes_no_time(estimates: bool, left: str, tmp_path: Path) -> None:
    """So nothing is said of it."""
    project = load_project(tmp_path)
    view = StackView(Output(as_json=True), project, estimates, lambda: _BEGAN.timestamp() + 86)
    waiting = view.waiting()
    view.progress.expect([Change("Add", "Distribution", _DISTRIBUTION, "")])
    with waiting.following():
        for item in (_BEGINNING[0], _BEGINNING[3]):
            waiting.on_event(event(*item))
        assert view.time_left() == left

    # What follows, such as a creation after a deletion, is an operation of its own.
    assert view.progress.resources(0) == []


def test_a_narrow_terminal() -> None:
    """Shows less of the types; the rest has its place."""
    assert "Distribution  CREATE_IN_PROGRESS  1:02  CloudFr…" in draw(follow(*_BEGINNING), 86, width=48)


def test_at_the_end() -> None:
    """Nothing is pending any more, nor left."""
    ends = [(60, "Distribution", _DISTRIBUTION, "CREATE_COMPLETE"), (61, *_BEGINNING[0][1:3], "CREATE_COMPLETE")]

    assert draw(follow(*_BEGINNING, *ends), 99).endswith("shop-cdn  CREATE_COMPLETE  1:01")
    assert "Distribution  unchanged" in draw(follow(*_BEGINNING[:3], ends[1]), 99)


@pytest.mark.parametrize(
    ("status", "color"),
    [
        ("UPDATE_COMPLETE", "green"), ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "yellow"), ("CREATE_FAILED", "red"),
        ("ROLLBACK_IN_PROGRESS", "red"), ("UPDATE_ROLLBACK_COMPLETE", "red"), ("DELETE_SKIPPED", "yellow"), ("", None),
    ],
)  # fmt: skip
def test_colours(status: str, color: str | None) -> None:
    """Say how it stands; a rollback is the end of something that failed."""
    assert state_color(status) == color


def test_a_creation_at_a_terminal(slow_program: Program) -> None:
    """The table is drawn in its place, so each resource stands there once; the rest of the story goes on below."""
    seen = watch(slow_program, "provision", steps=[_AGREE, (UNDER_WAY, b"")])

    under_way = read_text(seen.steps[1])
    assert re.search(r"BucketPolicy +pending +S3::BucketPolicy", under_way)
    assert re.search(r"\S+-cdn  CREATE_IN_PROGRESS  0:0\d$", under_way)
    assert "CloudFormation is at work. Ctrl-C leaves it running." in under_way
    assert "estimate" not in under_way
    assert _colors(seen.steps[1], "IN_PROGRESS") == {"brown"}
    assert _colors(seen.steps[1], "COMPLETE") == {"green"}
    assert seen.exit_code == 0
    assert re.search(r"Distribution +CREATE_COMPLETE +0:0\d +CloudFront::Distribution", seen.text)
    assert "IN_PROGRESS" not in seen.text
    # The host is one that opens on this machine.
    host = re.search(r"│ CdnDomain +│ (\w+\.cloudfront\.localhost:\d+) +│", seen.text)
    assert host
    assert f"The CDN is http://{host[1]}." in seen.text
    assert "cloudfront.net" not in seen.text
    assert seen.text.endswith("Next: `flask-cdn-stack deploy`.")


def test_events_as_lines(program: Program) -> None:
    """With --json, in colour where the terminal has any: each has its moment and its state."""
    seen = watch(program, "provision", "--yes", "--json")

    assert re.search(r"^  \d\d:\d\d:\d\d  CREATE_IN_PROGRESS +Distribution$", seen.text, re.MULTILINE)
    assert _colors(seen.screen, "IN_PROGRESS") == {"brown"}
    assert _colors(seen.screen, "COMPLETE ") == {"green"}


def _colors(screen: Sequence[Sequence[Glyph]], status: str) -> set[str]:
    return {glyph.color for line in screen for glyph in line if status in glyph.text}


def test_ctrl_c_leaves_it_running(slow_program: Program) -> None:
    """And says how to come back; CloudFormation goes on to the end."""
    seen = watch(slow_program, "provision", steps=[_AGREE, (UNDER_WAY, b"\x03")])

    assert seen.exit_code == 4
    assert "Detached: CloudFormation goes on with the change." in seen.text
    assert "Follow it with `flask-cdn-stack status --follow`." in seen.text
    assert "Aborted" not in seen.text
    assert wait_until(lambda: (find_stack(slow_program) or {})["StackStatus"] == "CREATE_COMPLETE")


_STUBBORN = """
import time
from flask_cdn_stack.cli.serving import leave_at_second_interrupt
try:
    with leave_at_second_interrupt():
        print("begun", flush=True)
        time.sleep(60)
except KeyboardInterrupt:
    print("ending", flush=True)
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass
"""


def test_a_second_ctrl_c_leaves_at_once() -> None:
    """Whatever the program is doing to come to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", _STUBBORN], env=program_environment(None), stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout
        for line in ("begun\n", "ending\n"):
            assert process.stdout.readline() == line
            process.send_signal(signal.SIGINT)
        assert process.wait(10) == 4
