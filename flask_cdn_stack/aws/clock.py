"""Compares this machine's clock with AWS's, and shows whether AWS answers at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

from .failures import translate_errors
from .session import Connection


class Answer(NamedTuple):
    """The host that answered, and how far this machine's clock is ahead of its; None if it gave no time."""

    host: str
    ahead: timedelta | None


def ask_time(connection: Connection, service: str, now: Callable[[], datetime]) -> Answer:
    """Send an unsigned request to a service, and compare the ``Date`` of its answer with this machine's clock.

    The service answers such a request without credentials, if only to refuse it.

    :param now: returns this machine's time, with its time zone.
    :raises UnreachableError: the service does not answer.
    :raises SettingsError: the proxy, the CA bundle or the endpoint cannot be used.
    """
    url, proxy = connection.url(service), connection.proxy(service)
    parts = urlsplit(url)
    http = URLLib3Session(
        verify=connection.ca_bundle(service) or True,  # type: ignore[arg-type]  # a path, too
        proxies={parts.scheme: proxy} if proxy else {},
        timeout=min(60, connection.timeout),
    )
    try:
        with translate_errors(f"{service}:GET", url):
            answer = http.send(AWSRequest("GET", url).prepare())
    finally:
        http.close()
    return Answer(parts.hostname or "", _compare(answer.headers.get("Date", ""), now()))


def _compare(date: str, now: datetime) -> timedelta | None:
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return None
    return now - (theirs if theirs.tzinfo else theirs.replace(tzinfo=UTC))
