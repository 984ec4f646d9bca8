"""What a distribution says about requests, with its policies and functions in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: Names the distribution that signed a request to S3; the local AWS judges the request by the bucket's policy for it.
SOURCE_HEADER = "x-amz-source-arn"


@dataclass(frozen=True)
class Choice:
    """Which names of query strings, cookies or headers count.

    ``behavior`` is CloudFront's word: ``none``, ``all``, ``whitelist`` or ``allExcept``.
    """

    behavior: str = "none"
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Say whether a name counts; it is compared as it was sent."""
        match self.behavior:
            case "all":
                return True
            case "whitelist":
                return name in self.names
            case "allExcept":
                return name not in self.names
        return False


@dataclass(frozen=True)
class CachePolicy:
    """The cache key, all of which is sent to the origin, and for how many seconds answers are kept."""

    min_ttl: float = 0
    default_ttl: float = 86400
    max_ttl: float = 31536000
    query_strings: Choice = Choice()
    headers: Choice = Choice()
    cookies: Choice = Choice()
    gzip: bool = False
    brotli: bool = False


@dataclass(frozen=True)
class CORS:
    """Who else may read answers, and what a preflight is told."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None
    override: bool = True


@dataclass(frozen=True)
class Header:
    """A header that a policy adds; without ``override`` the origin's own stays."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class HeadersPolicy:
    """The headers that answers get and lose."""

    added: tuple[Header, ...] = ()
    removed: frozenset[str] = frozenset()
    cors: CORS | None = None


@dataclass(frozen=True)
class Behavior:
    """What is done with the requests for some paths. The functions are their code."""

    pattern: str
    origin: str
    viewer_protocol: str
    allowed_methods: tuple[str, ...]
    cached_methods: tuple[str, ...]
    compress: bool
    cache: CachePolicy
    headers: HeadersPolicy = HeadersPolicy()
    viewer_request: str | None = None
    viewer_response: str | None = None


@dataclass(frozen=True)
class Origin:
    """Where files come from: a bucket, by its S3 domain, or another server. Times are seconds."""

    id: str
    domain: str
    path: str = ""
    is_bucket: bool = True
    is_signed: bool = True
    scheme: str = "https"
    port: int = 443
    tls_protocols: tuple[str, ...] = ("TLSv1.2",)
    attempts: int = 3
    connection_timeout: float = 10
    read_timeout: float = 30
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """Two origins, of which the second is asked where the first answers one of the statuses, or not at all."""

    origins: tuple[str, ...]
    statuses: frozenset[int]


@dataclass(frozen=True)
class ErrorResponse:
    """What viewers get for an error, and for how many seconds it is kept at least."""

    min_ttl: float
    page: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Rules:
    """All that a distribution says about requests. The last behavior takes what no other one does."""

    id: str
    domain: str
    behaviors: tuple[Behavior, ...]
    origins: Mapping[str, Origin]
    groups: Mapping[str, Group] = field(default_factory=dict)
    root_object: str = ""
    errors: Mapping[int, ErrorResponse] = field(default_factory=dict)
    arn: str = ""
