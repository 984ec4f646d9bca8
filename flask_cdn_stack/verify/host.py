"""Checks of the CDN's host: its name, its certificate, its TLS versions, and plain HTTP."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import cast

from ..quantities import count
from .faults import find_fault
from .model import Finding, Looked, Note, Outcome, PublishedFile, Subject
from .viewer import NAME_UNKNOWN, WRONG_CERTIFICATE, NoAnswerError, Viewer

#: A certificate that expires within so many days is a fault. ACM renews its own 60 days ahead (ACM user guide,
#: "Managed certificate renewal"); others do so later.
_DAYS, _DAYS_OF_OTHERS = 30, 3

_REDIRECTS = (301, 302, 307, 308)


def reach(viewer: Viewer, subject: Subject) -> Finding | None:
    """Connect to the host; return the finding if that fails, else None."""
    try:
        viewer.reach(subject.address)
    except NoAnswerError as error:
        return _judge(subject, error)
    return None


def check_certificate(viewer: Viewer, subject: Subject, now: float) -> Iterator[Outcome]:
    """Check when the certificate expires, and that the host refuses TLS versions that the settings do not allow.

    :param now: in epoch seconds.
    """
    if not subject.https:
        yield Note("certificate", "not looked at: plain http, on this machine")
        return
    yield Looked("certificate")
    try:
        with closing(viewer.connect(subject.address)) as connection:
            found = cast("ssl.SSLSocket", connection.sock).getpeercert() or {}
    except NoAnswerError as error:
        yield _judge(subject, error)
        return
    days = int((ssl.cert_time_to_seconds(str(found["notAfter"])) - now) / 86_400)
    if days < (_DAYS if subject.rules.is_own else _DAYS_OF_OTHERS):
        yield find_fault("certificate-ends", f"{subject.address}/", days=count(days, "day"))
    yield from _check_tls(viewer, subject)


def check_plain_http(viewer: Viewer, file: PublishedFile | None, subject: Subject) -> Iterator[Outcome]:
    """Check how a request over plain HTTP is answered."""
    if subject.is_local or not subject.https or ":" in subject.host:
        yield Note("http", "not looked at: on this machine, or on a port of its own")
        return
    wanted, url = subject.rules.plain_http, "http" + (file.url if file else f"{subject.address}/").removeprefix("https")
    try:
        answer = viewer.ask(url, size=file.size if file else None)
    except NoAnswerError:
        yield Note("http", "plain http is not answered")
        return
    leads = answer.status in _REDIRECTS and answer.headers.get("location", "").startswith(f"{subject.address}/")
    is_right = {"allow-all": True, "https-only": answer.status == 403}.get(wanted, leads)
    if is_right or subject.rules.is_own:
        yield Looked("http")
    if is_right:
        return
    if subject.rules.is_own:
        yield find_fault("plain-http", url, status=answer.status, wanted=wanted)
    else:
        yield Note("http", f"plain http is answered with {answer.status}, not redirected to https")


def _judge(subject: Subject, error: NoAnswerError) -> Finding:
    code = {NAME_UNKNOWN: "name-unknown", WRONG_CERTIFICATE: "wrong-certificate"}.get(error.code, "unreachable")
    return find_fault(code, f"{subject.address}/", host=subject.host, reason=error.reason)


def _check_tls(viewer: Viewer, subject: Subject) -> Iterator[Outcome]:
    policy = subject.rules.tls_policy
    if policy is None:
        return
    newest, version = (
        (ssl.TLSVersion.TLSv1_2, "TLS 1.2") if policy.startswith("TLSv1.3") else (ssl.TLSVersion.TLSv1_1, "TLS 1.1")
    )
    yield Looked("certificate")
    try:
        viewer.connect(subject.address, _make_old(newest)).close()
    except NoAnswerError:
        return  # refused, as it should be; or this machine does not support so old a version, so it cannot be tested
    yield find_fault("old-tls", subject.address, version=version, policy=policy)


def _make_old(newest: ssl.TLSVersion) -> ssl.SSLContext:
    # Only the handshake is tried, and it should fail; nothing is sent, so the certificate does not matter.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, newest
    return context
