"""The settings file as frozen values. Defaults, types, bounds and descriptions are written here, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_MAX_INTEGER = 2**31 - 1
_CENTURY = 3_155_760_000
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"

#: What a media type looks like: ``type/subtype``, then perhaps ``; name=value``, in printable ASCII (RFC 9110).
MEDIA_TYPE_PATTERN = rf'^{_TOKEN}/{_TOKEN}( *; *{_TOKEN}=({_TOKEN}|"[ !#-\[\]-~]*"))*$'

_Seconds = Annotated[int, Meta(ge=0, le=_CENTURY)]


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A level of the file: every key optional, unknown keys refused."""


class Bucket(_Group, frozen=True):
    """The S3 bucket that the stack creates."""

    noncurrent_days: Annotated[
        int, Meta(ge=1, le=_MAX_INTEGER, description="Days that S3 keeps a replaced or deleted version of an object.")
    ] = 30
    retain: Annotated[bool, Meta(description="The bucket outlives the stack.")] = True


class TTL(_Group, frozen=True):
    """How long the edge may keep an object, in seconds."""

    min: Annotated[_Seconds, Meta(description="Least time, whatever the object's Cache-Control says.")] = 0
    default: Annotated[_Seconds, Meta(description="Time for an object without Cache-Control.")] = 86400
    max: Annotated[_Seconds, Meta(description="Longest time, whatever Cache-Control says.")] = 31536000


class Delivery(_Group, frozen=True):
    """The CloudFront distribution."""

    price_class: Annotated[
        Literal["PriceClass_100", "PriceClass_200", "PriceClass_All"],
        Meta(description="Which edge locations serve: the cheapest, most, or all."),
    ] = "PriceClass_100"
    http_version: Annotated[
        Literal["http1.1", "http2", "http3", "http2and3"],
        Meta(description="HTTP versions offered to viewers."),
    ] = "http2and3"
    ipv6: Annotated[bool, Meta(description="Answer over IPv6 too.")] = True
    compress: Annotated[bool, Meta(description="Compress text with gzip and brotli at the edge.")] = True
    viewer_protocol: Annotated[
        Literal["redirect-to-https", "https-only", "allow-all"],
        Meta(description="What a plain http request gets."),
    ] = "redirect-to-https"
    ttl: Annotated[TTL, Meta(description="How long the edge may keep an object, in seconds.")] = TTL()
    cors: Annotated[
        Literal["*"] | bool | tuple[str, ...],
        Meta(description='Origins that may use fonts and modules: "*", off, or a list such as https://shop.example.'),
    ] = "*"
    hsts: Annotated[
        Annotated[int, Meta(ge=0, le=_MAX_INTEGER)] | bool,
        Meta(description="Seconds that browsers remember to use https only for the CDN's host, or off."),
    ] = 31536000


class Assets(_Group, frozen=True):
    """What is published, and under which names."""

    prefix: Annotated[
        str,
        Meta(description="Folder in the bucket below which everything lies; URLs do not show it. "
             "Several apps or stages share a bucket by it."),
    ] = ""  # fmt: skip
    include: Annotated[
        tuple[str, ...], Meta(description="Globs over the URL path of what is published; empty: everything.")
    ] = ()
    exclude: Annotated[tuple[str, ...], Meta(description="Globs over the URL path of what is not published.")] = ()
    hidden: Annotated[
        bool, Meta(description="Publish paths with a segment that begins with a dot (.well-known always is).")
    ] = False
    media_types: Annotated[
        dict[str, Annotated[str, Meta(extra_json_schema={"pattern": MEDIA_TYPE_PATTERN})]],
        Meta(description="Content type by glob over the URL path, before the built-in table."),
    ] = {}
    checksum_length: Annotated[
        int, Meta(ge=8, le=64, description="Characters of the SHA-256 checksum that a URL carries.")
    ] = 64


QueryStrings = Literal["none", "all"] | Annotated[tuple[str, ...], Meta(max_length=10)]


class Settings(_Group, frozen=True):
    """The whole file, for one stage."""

    app: Annotated[
        str | None,
        Meta(description="The Flask app, as for `flask --app`; starts at the settings file's folder."),
    ] = None
    stack: Annotated[
        str | None, Meta(description="Name of the CloudFormation stack. Default: <project>-cdn[-<stage>].")
    ] = None
    region: Annotated[
        str | None, Meta(description="AWS region of the stack. Default: the session's, else us-east-1.")
    ] = None
    query_strings: Annotated[
        QueryStrings,
        Meta(description="Query string names that are part of the cache key and forwarded: 1 to 10 names, or none."),
    ] = ("t", "c", "v")
    bucket: Annotated[Bucket, Meta(description="The S3 bucket.")] = Bucket()
    delivery: Annotated[Delivery, Meta(description="The CloudFront distribution.")] = Delivery()
    tags: Annotated[dict[str, str], Meta(description="Tags on the stack; CloudFormation hands them on.")] = {}
    assets: Annotated[Assets, Meta(description="What is published.")] = Assets()
    config_file: Annotated[str | bool, Meta(description="The generated Flask config; false: not written.")] = (
        "cdn_config.py"
    )
    manifest_file: Annotated[str | bool, Meta(description="The generated manifest; false: not written.")] = (
        "cdn_manifest.txt"
    )


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """Settings as loaded: for one stage, with what their place on disk adds.

    ``folder`` is the settings file's, or the working directory where there is no file; ``file`` is None there.
    ``stack_named`` tells a name given in the settings from the default.
    """

    settings: Settings
    folder: Path
    file: Path | None
    name: str
    stage: str | None
    stack: str
    stack_named: bool

    @property
    def config_file(self) -> Path | None:
        """Where the generated config is written, or None."""
        return self.folder / name if isinstance(name := self.settings.config_file, str) else None

    @property
    def manifest_file(self) -> Path | None:
        """Where the generated manifest is written, or None."""
        return self.folder / name if isinstance(name := self.settings.manifest_file, str) else None
