"""The configuration of a distribution as plain values, its policies and functions included."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

#: The header that names the distribution behind a request to S3; the local AWS checks the bucket policy for it.
SOURCE_HEADER = "x-amz-source-arn"


@dataclass(frozen=True)
class Choice:
    """The query strings, cookies or headers that are part of the cache key.

    ``behavior`` is CloudFront's word: ``none``, ``all``, ``whitelist`` or ``allExcept``.
    """

    behavior: str = "none"
    names: frozenset[str] = frozenset()

    def takes(self, name: str) -> bool:
        """Return whether a name is included; it is compared as sent."""
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
    """A cache policy: the parts of the cache key, all sent to the origin, and the TTLs in seconds."""

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
    """The CORS headers of a response headers policy."""

    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None
    override: bool = True


@dataclass(frozen=True)
class Header:
    """A header that a policy adds; without ``override`` the origin's header wins."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class HeadersPolicy:
    """A response headers policy: the headers that are added and removed."""

    added: tuple[Header, ...] = ()
    removed: frozenset[str] = frozenset()
    cors: CORS | None = None


@dataclass(frozen=True)
class Behavior:
    """A cache behavior. ``viewer_request`` and ``viewer_response`` hold the code of the functions."""

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
    """An origin: a bucket, by its S3 domain, or another server. Times are in seconds."""

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
    """An origin group: the second origin is asked when the first answers one of the statuses, or does not answer."""

    origins: tuple[str, ...]
    statuses: frozenset[int]


@dataclass(frozen=True)
class ErrorResponse:
    """A custom error response, with its error caching minimum TTL in seconds."""

    min_ttl: float
    page: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Rules:
    """A distribution's configuration. The last behavior is the default one."""

    id: str
    domain: str
    behaviors: tuple[Behavior, ...]
    origins: Mapping[str, Origin]
    groups: Mapping[str, Group] = field(default_factory=dict)
    root_object: str = ""
    errors: Mapping[int, ErrorResponse] = field(default_factory=dict)
    arn: str = ""
