"""What is looked at, and what was found: frozen values, without behaviour of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ..troubleshooting import find_page


class PublishedFile(NamedTuple):
    """A URL of the published release, and what it should answer. None: that is not known.

    :param key: the decoded path, without leading slash.
    :param checksum: the SHA-256, in hex, of its bytes as they are without ``encoding``, if that is optional.
    :param encoding: the ``Content-Encoding`` that it is stored with.
    :param may_be_packed: it is stored with gzip if that pays, and ``checksum`` is that of what was packed.
    :param others: further headers by their names.
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
    """A page that was read, and the URLs that it names; ``problem`` says why it could not be read.

    ``broken`` are those of its own host that cannot be had, each with what is answered instead.
    """

    url: str
    references: tuple[str, ...] = ()
    broken: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Rules:
    """How the CDN is to serve, by the settings.

    :param origins: the origins whose pages may use files; ``*`` for any, none for no other.
    :param is_own: it is a stack of ours, which serves as the settings say. Of a CDN that others look after, only what
        pages cannot do without is a fault.
    :param sends_cors: the headers for pages of other origins come from the settings.
    :param compresses: the edge compresses text.
    :param plain_http: ``delivery.viewer_protocol``.
    :param tls_policy: ``delivery.tls_policy``, where the name is one of the user's own; else CloudFront has its own.
    """

    origins: tuple[str, ...] = ()
    is_own: bool = True
    sends_cors: bool = True
    compresses: bool = True
    plain_http: str = "redirect-to-https"
    tls_policy: str | None = None


@dataclass(frozen=True)
class Subject:
    """A CDN, and what is published there.

    :param host: as in URLs, with the port where that is not the usual one.
    :param https: whether viewers reach it so.
    :param is_local: it is a local AWS, which does not do all that CloudFront does.
    :param has_bucket: what the CDN has are the files of a bucket, and nothing else.
    :param bucket: the URL of the bucket itself, without a slash at its end; empty where there is none to look at.
    :param prefix: the folder in the bucket, with a slash at its end, that URLs do not show.
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
        """What URLs begin with, without a slash at the end."""
        return f"{'https' if self.https else 'http'}://{self.host}"


class Finding(NamedTuple):
    """What is wrong at a URL, by which check that was found, and what to do about it."""

    url: str
    check: str
    problem: str
    remedy: str

    @property
    def see(self) -> str:
        """Address of what the documentation says of it; empty where it has no entry."""
        return find_page(self.problem)


class Looked(NamedTuple):
    """A check looked at something, whatever it found."""

    check: str


class Note(NamedTuple):
    """What a check has to say that is nobody's fault."""

    check: str
    text: str


#: What checks give.
Outcome = Finding | Looked | Note


class Check(NamedTuple):
    """One check: at how many places it looked, how often something was wrong, and what is to be said besides."""

    name: str
    looked: int
    wrong: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class VerifyReport:
    """What came of it: the URLs that were looked at, what is wrong, and each check."""

    checked: tuple[str, ...]
    failed: tuple[Finding, ...]
    checks: tuple[Check, ...]
