"""Asking origins: a bucket with a signature, another server by its name, and the second of a group for the first."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult

from ...aws.distribution_parts import sign_for_bucket
from .messages import Answer, Request
from .rules import SOURCE_HEADER, Group, Origin, Rules

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding",
                         "upgrade"})  # fmt: skip
# The local AWS has them in every answer, and S3 in those of buckets with CORS rules, which no bucket here has.
_NOT_OF_S3 = ("access-control-", "x-amzn-")

# S3 user guide, "Troubleshooting CORS".
_REFUSED_PREFLIGHT = Answer(
    403,
    {"content-type": "application/xml", "server": "AmazonS3"},
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessForbidden</Code><Message>CORSResponse: CORS is not '
    b"enabled for this bucket.</Message></Error>",
)

_BUCKET_DOMAIN = re.compile(r"\.s3[.-][a-z0-9.-]*\.amazonaws\.com(\.cn)?$|\.s3\.amazonaws\.com$")

_READING = ("GET", "HEAD", "OPTIONS")

# Seconds that connections with TLS need to end after their session (aiohttp, "Client", "Graceful Shutdown").
_FAREWELL = 0.25


class UnreachableOrigin(Exception):
    """An origin does not answer, or not as it must."""


@dataclass(frozen=True)
class Surroundings:
    """What stands in for the world.

    :param s3: the URL at which S3 answers for all buckets.
    :param authority: a file of certificates that are trusted instead of the usual ones.
    :param custom_address: the address of every origin that is no bucket; None for what its name resolves to.
    """

    s3: str
    authority: Path | None = None
    custom_address: str | None = None


class _OneAddress(AbstractResolver):
    """Finds every name at one address."""

    def __init__(self, address: str) -> None:
        self._address = address

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        """Return the address."""
        return [ResolveResult(hostname=host, host=self._address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        """There is nothing to close."""


class Origins:
    """Asks origins, within one event loop.

    :param told: is called with the id of each origin and the target that it is asked for.
    """

    def __init__(
        self, surroundings: Surroundings, told: Callable[[str, str], object] = lambda name, target: None
    ) -> None:
        self._surroundings = surroundings
        self._told = told
        self._contexts: dict[tuple[str, ...], ssl.SSLContext] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """End all connections."""
        if self._session:
            await self._session.close()
        if self._contexts:
            await asyncio.sleep(_FAREWELL)

    async def ask(self, rules: Rules, name: str, request: Request) -> Answer:
        """Ask an origin, or the second of a group where the first has a status for it ("Origin failover").

        :param request: with the headers that the origin is to get. What a function has set is the first origin's.
        :raises UnreachableOrigin: nobody answers.
        """
        group = rules.groups.get(name)
        if not group:
            return await self._try(rules, name, request)
        return await self._ask_group(rules, group, request)

    async def _ask_group(self, rules: Rules, group: Group, request: Request) -> Answer:
        first, second = group.origins
        if request.method not in _READING:
            return await self._try(rules, first, request)
        with contextlib.suppress(UnreachableOrigin):
            answer = await self._try(rules, first, request)
            if answer.status not in group.statuses:
                return answer
        return await self._try(rules, second, replace(request, origin_path=None))

    async def _try(self, rules: Rules, name: str, request: Request) -> Answer:
        origin = rules.origins[name]
        path = origin.path if request.origin_path is None else request.origin_path
        target = path + request.target
        self._told(name, target)
        for _ in range(origin.attempts):
            with contextlib.suppress(aiohttp.ClientError, OSError, asyncio.TimeoutError):
                return await self._send(rules, origin, target, request)
        raise UnreachableOrigin(name)

    async def _send(self, rules: Rules, origin: Origin, target: str, request: Request) -> Answer:
        headers = {
            **request.headers,
            "Host": origin.domain,
            "User-Agent": "Amazon CloudFront",
            **origin.headers,
        }
        options: dict[str, Any] = {}
        if origin.is_bucket:
            # By its path, because the local AWS finds no bucket with dots in its name by a host.
            bucket = _BUCKET_DOMAIN.sub("", origin.domain)
            url = f"{self._surroundings.s3}/{bucket}{target}"
            if origin.is_signed:
                headers = sign_for_bucket(origin.domain, request.method, target, headers)
                headers[SOURCE_HEADER] = rules.arn
            del headers["Host"]
        else:
            url = f"{origin.scheme}://{origin.domain}:{origin.port}{target}"
            options = {"ssl": self._trust(origin)} if origin.scheme == "https" else {}
        timeout = aiohttp.ClientTimeout(sock_connect=origin.connection_timeout, sock_read=origin.read_timeout)
        if origin.is_bucket and request.method == "OPTIONS":
            return _REFUSED_PREFLIGHT
        async with self._open().request(
            request.method,
            yarl.URL(url, encoded=True),
            headers=headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=timeout,
            **options,
        ) as response:
            found = _read_headers(response.headers)
            if origin.is_bucket:
                found = {name: value for name, value in found.items() if not name.startswith(_NOT_OF_S3)}
            return Answer(response.status, found, await response.read())

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            address = self._surroundings.custom_address
            connector = aiohttp.TCPConnector(limit=64, resolver=_OneAddress(address) if address else None)
            self._session = aiohttp.ClientSession(
                connector=connector,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=["Accept", "Accept-Encoding", "Content-Type", "User-Agent"],
            )
        return self._session

    def _trust(self, origin: Origin) -> ssl.SSLContext:
        context = self._contexts.get(origin.tls_protocols)
        if context is None:
            context = ssl.create_default_context(cafile=self._surroundings.authority)
            versions = [ssl.TLSVersion[name.replace(".", "_")] for name in origin.tls_protocols if "." in name]
            context.minimum_version = min(versions, default=ssl.TLSVersion.TLSv1_2)
            self._contexts[origin.tls_protocols] = context
        return context


def _read_headers(headers: Mapping[str, str]) -> dict[str, str]:
    read: dict[str, str] = {}
    for name, value in headers.items():
        lower = name.lower()
        if lower not in _HOP_BY_HOP:
            read[lower] = f"{read[lower]}, {value}" if lower in read else value
    return read
