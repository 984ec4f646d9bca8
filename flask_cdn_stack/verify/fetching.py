"""Fetching one URL through the CDN, and comparing its response with the manifest."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import UnreachableError
from .connections import FindAddress, Way
from .viewer import Answer, Limits, NoAnswerError, Viewer

#: No retries: the caller wants to see the first response.
_ONCE = Limits(repeats=0)


@dataclass(frozen=True)
class CheckedURL:
    """A URL that was fetched. ``problem`` is empty if the response was as expected."""

    url: str
    content_type: str
    size: int
    problem: str


def fetch(url: str, find_address: FindAddress, headers: dict[str, str] | None = None) -> Answer:
    """Fetch a URL without following redirects.

    :raises UnreachableError: no server answers.
    """
    with Viewer(Way(find_address), _ONCE) as viewer:
        try:
            return viewer.ask(url, headers, keep=True)
        except NoAnswerError as error:
            raise UnreachableError(str(error), "Check that the CDN's host is reachable.") from error


def check_url(url: str, checksum: str | None, content_type: str, find_address: FindAddress) -> CheckedURL:
    """Fetch a URL and compare its bytes and content type.

    :param checksum: the manifest's SHA-256, in hex; None if it has none.
    """
    answer = fetch(url, find_address)
    served = answer.headers.get("content-type", "")
    if answer.status != 200:
        problem = f"status {answer.status}"
    elif checksum is None:
        problem = "not in the manifest"
    elif answer.checksum != checksum:
        problem = "other bytes than the manifest says"
    elif served != content_type:
        problem = f"content type {served or 'missing'}, not {content_type}"
    else:
        problem = ""
    return CheckedURL(url, served, answer.size, problem)
