"""What ``verify`` checks, and what it finds, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..troubleshooting import find_page


class PublishedFile(NamedTuple):
    """A URL of the published release, and the response that it should give; None for what is not known.

    :param key: the decoded path, without leading slash.
    :param checksum: the SHA-256, in hex, of its bytes; if ``may_be_packed``, of the bytes before compression.
    :param encoding: the ``Content-Encoding`` that it is stored with.
    :param may_be_packed: it is stored with gzip if that saves enough.
    :param others: further headers, as pairs of name and value.
    """

    url: str
    key: str
    checksum: str
    size: int | None = None
    content_type: str | None = None
    cache_control: str | None = None
    encoding: str = ""
    may_be_packed: bool = False
    others: tuple[tuple[str, str], ...] = ()


class Page(NamedTuple):
    """A page and the URLs that it names; ``problem`` says why it could not be read.

    ``broken`` holds the URLs on the page's own host that cannot be fetched, each with the reason.
    """

    url: str
    references: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Rules:
    """How the CDN should serve, by the settings.

    :param origins: the origins whose pages may use the files by CORS; ``*`` for all.
    :param is_own: the CDN is a stack of this tool, so it should serve as the settings say. Of a CDN that is managed
        elsewhere, only what breaks pages is a fault.
    :param sends_cors: the CORS headers come from the settings.
    :param compresses: the edge compresses text.
    :param plain_http: ``delivery.viewer_protocol``.
    :param tls_policy: ``delivery.tls_policy`` if there is an alias; CloudFront's own domain names have a fixed policy.
    """

    origins: tuple[str, ...] = ()
    is_own: bool = True
    sends_cors: bool = True
    compresses: bool = True
    plain_http: str = "redirect-to-https"
    tls_policy: str | None = None


@dataclass(frozen=True)
class Subject:
    """The CDN to check, and what is published there.

    :param host: as in URLs, with a port that is not the default one.
    :param https: viewers use HTTPS.
    :param is_local: the CDN is a local AWS, which does not do everything that CloudFront does.
    :param has_bucket: the only origin is a bucket.
    :param bucket: the bucket's own URL, without a slash at its end; empty if there is none to check.
    :param prefix: the origin path in the bucket, with a slash at its end; URLs do not show it.
    """

    host: str
    https: bool
    files: tuple[PublishedFile, ...]
    rules: Rules = Rules()
    pages: tuple[Page, ...] = ()
    is_local: bool = False
    has_bucket: bool = True
    bucket: str = ""
    prefix: str = ""

    @property
    def address(self) -> str:
        """Scheme and host of the CDN's URLs, without a slash at the end."""
        return f"{'https' if self.https else 'http'}://{self.host}"


class Finding(NamedTuple):
    """A fault at a URL: the check that found it, the problem, and the remedy."""

    url: str
    check: str
    problem: str
    remedy: str

    @property
    def see(self) -> str:
        """Address of what the documentation says of it; empty where it has no entry."""
        return find_page(self.problem)


class Looked(NamedTuple):
    """A check was made once; counts the checks, whatever they found."""

    check: str


class Note(NamedTuple):
    """A remark of a check that is not a fault."""

    check: str
    text: str


#: What a check yields.
Outcome = Finding | Looked | Note


class Check(NamedTuple):
    """A check's totals: how often it was made, how often it found a fault, and its notes."""

    name: str
    looked: int
    wrong: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class VerifyReport:
    """The result of ``verify``: the URLs that were fetched, the faults, and the totals of each check."""

    checked: tuple[str, ...]
    failed: tuple[Finding, ...]
    checks: tuple[Check, ...]
