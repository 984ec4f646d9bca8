"""How the checks are run, and how what came of them is written down."""

from __future__ import annotations

import time
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from flask_cdn_stack.verify.faults import find_fault
from flask_cdn_stack.verify.junit import render_junit
from flask_cdn_stack.verify.model import Check, PublishedFile, VerifyReport
from flask_cdn_stack.verify.packing import unpack
from flask_cdn_stack.verify.run import WORKERS, choose_files, choose_kinds, verify
from flask_cdn_stack.verify.viewer import Viewer
from tests.verify.fake_cdn import HOST, FakeCDN, pack

_KEYS = [f"{number}.{kind}" for number in range(100) for kind in ("js", "css")]
_FILES = [PublishedFile(f"https://{HOST}/{key}", key, "") for key in _KEYS]


def test_a_sample_is_the_same_each_time() -> None:
    """Whatever else comes or goes, and in whatever order they are."""
    chosen = choose_files(_FILES, 10)

    assert len(chosen) == 10
    assert choose_files(_FILES[::-1], 10) == chosen
    kept = [file for file in _FILES if file in chosen or file.key.endswith("css")]
    assert choose_files(kept, 10) == chosen
    assert {file.key.partition(".")[2] for file in chosen} == {"js", "css"}


def test_a_few_of_each_kind() -> None:
    """Of rare kinds as many as of others, and not too many in all."""
    rare = PublishedFile("", "font.woff2", "")

    assert sorted(file.key.rpartition(".")[2] for file in choose_kinds([*_FILES, rare])) == [
        "css",
        "css",
        "js",
        "js",
        "woff2",
    ]
    assert len(choose_kinds([rare._replace(key=f"a.{number}") for number in range(50)])) == 12


def test_many_files(cdn: FakeCDN) -> None:
    """Each is asked for once, over a few connections that are kept; progress is told of each."""
    cdn.files = {f"static/{number:03}.txt": ("text/plain", b"x") for number in range(500)}
    told: list[tuple[int, int]] = []
    with Viewer(cdn.way) as viewer:
        report = verify(cdn.publish(), viewer, progress=lambda done, total: told.append((done, total)))

    assert (report.failed, len(report.checked)) == ((), 500)
    assert told == [(number, 500) for number in range(1, 501)]
    assert len({asked.path for asked in cdn.asked if asked.path.endswith("txt")}) == 500
    assert cdn.connections <= WORKERS + 1


def test_a_sample_is_all_that_is_asked_for(cdn: FakeCDN) -> None:
    """The others are not looked at, in no way."""
    cdn.files = {f"static/{number:03}.txt": ("text/plain", b"x") for number in range(50)}
    subject = cdn.publish()
    with Viewer(cdn.way) as viewer:
        report = verify(subject, viewer, sample=3)

    assert set(report.checked) == {file.url for file in choose_files(subject.files, 3)}
    assert len({asked.path for asked in cdn.asked if asked.path.endswith("txt")}) == 3


def test_an_interrupt(cdn: FakeCDN) -> None:
    """Ends what is under way at once, however long a server takes."""
    cdn.files = {f"static/{number}.txt": ("text/plain", b"x") for number in range(50)}
    cdn.fault = lambda asked, given: replace(given, waits=0.0 if asked.path == "/static/0.txt" else 3.0)

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Viewer(cdn.way) as viewer:
        verify(cdn.publish(), viewer, progress=interrupt)

    assert time.monotonic() - began < 2


def test_junit() -> None:
    """A case for each URL, with all that is wrong there, and one for each check; nothing of a server's is markup."""
    url = f"https://{HOST}/a.js"
    hostile = '"]]><x>&\x00\x1b\ud800\ufffe'
    findings = (find_fault("type", url, found=hostile, wanted="b"), find_fault("cache", url, found="a", wanted="b"))
    text = render_junit(
        VerifyReport((url, f"{url}2"), findings, (Check("type", 2, 1), Check("hit", 0, 0, ("not seen",)))), 1.5
    )

    root = ElementTree.fromstring(text.encode())

    counts = {"tests": "4", "failures": "1", "errors": "0"}
    assert root.attrib == {**counts, "name": "flask-cdn-stack verify", "time": "1.500"}
    cases = [(case.get("classname"), case.get("name"), len(case.findall("failure"))) for case in root.iter("testcase")]
    assert cases == [("url", url, 1), ("url", f"{url}2", 0), ("check", "type", 0), ("check", "hit", 0)]
    (failure,) = root.iter("failure")
    assert '"]]><x>&\ufffd\ufffd\ufffd\ufffd' in str(failure.get("message"))
    assert "cache: Cache-Control a, not b. `flask-cdn-stack deploy` sends" in str(failure.text)
    assert [node.text for node in root.iter("system-out")] == ["2 looked at", "0 looked at; not seen"]


@pytest.mark.parametrize("data", [b"", b"x", pack("gzip", b"x")[:-1]])
def test_what_is_not_packed(data: bytes) -> None:
    """Is nothing, and so is what is cut off."""
    assert unpack("gzip", data, 10) is None


def test_unpacking_has_an_end() -> None:
    """One byte more than is expected tells that it is too long."""
    assert unpack("gzip", pack("gzip", b"x" * 1_000_000), 5) == b"xxxxxx"
