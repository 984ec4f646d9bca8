"""The CDN's host: whether it can be reached, its certificate, the TLS that it takes, and plain http."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from typing import Any

import pytest

from flask_cdn_stack.verify.connections import Way
from flask_cdn_stack.verify.faults import find_fault
from flask_cdn_stack.verify.host import check_certificate, check_plain_http
from flask_cdn_stack.verify.model import Finding, Note, Rules, Subject, VerifyReport
from flask_cdn_stack.verify.run import verify
from flask_cdn_stack.verify.viewer import Limits, Viewer
from tests.servers.tls_front import Authority, TLSFront
from tests.verify.fake_cdn import HOST, FakeCDN, Given

_LIMITS = Limits(connect=2, repeats=0, pause=0.0)
_HTTPS = Subject(HOST, https=True, files=())
_DAY = 86_400


def way_to(front: TLSFront, authority: Authority | None) -> Way:
    """Return the way to a server, whatever it is asked as."""
    return Way(lambda host: ("127.0.0.1", front.port), authorities=str(authority.certificate) if authority else None)


def look(way: Way, subject: Subject = _HTTPS) -> VerifyReport:
    """Look at a subject."""
    with Viewer(way, _LIMITS) as viewer:
        return verify(subject, viewer)


def test_no_such_name(cdn: FakeCDN) -> None:
    """It is one finding, and none of the files is asked for."""
    report = look(Way(), replace(cdn.publish(), host="nobody.invalid"))

    assert report.checked == ()
    assert [(finding.url, finding.check) for finding in report.failed] == [("http://nobody.invalid/", "host")]
    assert "not known to DNS" in report.failed[0].problem
    assert "CNAME" in report.failed[0].remedy
    assert cdn.asked == []


def test_nobody_answers(cdn: FakeCDN) -> None:
    """As of a distribution that is not known everywhere yet."""
    report = look(Way(lambda host: ("127.0.0.1", 9)), cdn.publish())

    assert report.failed == (find_fault("unreachable", f"http://{HOST}/", reason="Connection refused"),)


@pytest.mark.parametrize(("host", "trusts"), [(HOST, False), ("other.example", True)])
def test_a_certificate_that_is_not_good(front: TLSFront, authority: Authority, host: str, trusts: bool) -> None:
    """Because nobody knows who made it, or because it is for another name, as that of an alias that is missing."""
    (finding,) = look(way_to(front, authority if trusts else None), replace(_HTTPS, host=host)).failed

    assert (finding.check, finding.url) == ("certificate", f"https://{host}/")
    assert f"not good for {host}: " in finding.problem


@pytest.mark.parametrize(("is_own", "days", "left"), [(True, 5, 24), (True, 0, 29), (False, 28, 1), (False, 5, None)])
def test_a_certificate_that_ends(
    front: TLSFront, authority: Authority, is_own: bool, days: int, left: int | None
) -> None:
    """Is spoken of while there is time: a month before for ACM's, which are renewed earlier; others are so later."""
    subject = replace(_HTTPS, rules=Rules(is_own=is_own))
    with Viewer(way_to(front, authority), _LIMITS) as viewer:
        found = list(check_certificate(viewer, subject, time.time() + days * _DAY))

    wanted = [] if left is None else [f"its certificate ends in {left} day{'s' * (left > 1)}"]
    assert [outcome.problem for outcome in found if isinstance(outcome, Finding)] == wanted


@pytest.mark.parametrize(
    ("policy", "least", "is_wrong"),
    [
        ("TLSv1.3_2025", ssl.TLSVersion.TLSv1_2, True),
        ("TLSv1.3_2025", ssl.TLSVersion.TLSv1_3, False),
        ("TLSv1.2_2021", ssl.TLSVersion.TLSv1_2, False),
        (None, ssl.TLSVersion.TLSv1_2, False),
    ],
)
def test_tls_that_is_too_old(
    cdn: FakeCDN, authority: Authority, policy: str | None, least: ssl.TLSVersion, is_wrong: bool
) -> None:
    """A version that the settings do not allow is offered, and should be refused."""
    authority.server.minimum_version = least
    subject = replace(_HTTPS, rules=Rules(tls_policy=policy))
    with TLSFront(cdn.url, authority) as front, Viewer(way_to(front, authority), _LIMITS) as viewer:
        found = list(check_certificate(viewer, subject, time.time() - _DAY))

    fault = find_fault("old-tls", subject.address, version="TLS 1.2", policy=policy)
    assert [outcome for outcome in found if isinstance(outcome, Finding)] == ([fault] if is_wrong else [])


_RIGHT = {"Location": f"https://{HOST}/static/logo.svg"}


@pytest.mark.parametrize(
    ("wanted", "status", "headers", "is_right"),
    [
        ("redirect-to-https", 301, _RIGHT, True),
        ("redirect-to-https", 301, {"Location": f"http://{HOST}/"}, False),
        ("redirect-to-https", 200, {}, False),
        ("https-only", 403, {}, True),
        ("https-only", 200, {}, False),
        ("allow-all", 200, {}, True),
    ],
)
def test_plain_http(cdn: FakeCDN, wanted: str, status: int, headers: dict[str, str], is_right: bool) -> None:
    """Gets what the settings say; of a CDN that is not a stack's that is only said."""
    cdn.fault = lambda asked, given: Given(status, headers)
    file = cdn.publish().files[1]._replace(url=f"https://{HOST}/static/logo.svg")

    def ask(**more: Any) -> list[object]:
        with Viewer(cdn.way, _LIMITS) as viewer:
            subject = replace(_HTTPS, rules=Rules(plain_http=wanted, **more))
            found = list(check_plain_http(viewer, file, subject))
        return [outcome for outcome in found if isinstance(outcome, Finding | Note)]

    fault = find_fault("plain-http", f"http://{HOST}/static/logo.svg", status=status, wanted=wanted)
    assert ask() == ([] if is_right else [fault])
    assert ask(is_own=False) == (
        [] if is_right else [Note("http", f"plain http is answered with {status}, not redirected to https")]
    )


def test_it_stops_answering(cdn: FakeCDN) -> None:
    """After many files in a row without an answer, the others are not asked for, and counted."""
    cdn.files = {f"static/{number}.txt": ("text/plain", b"x") for number in range(300)}
    cdn.fault = lambda asked, given: None

    report = look(cdn.way, cdn.publish())

    (stopped,) = (finding for finding in report.failed if finding.check == "host")
    assert (len(report.checked), stopped.problem) == (64, "it stopped answering; 236 files were not requested")
