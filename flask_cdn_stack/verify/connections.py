"""Connections to servers: by an address that is known otherwise, through a proxy, or as DNS says."""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

#: Says which address to connect to for a host of a URL, or None for what DNS says.
FindAddress = Callable[[str], tuple[str, int] | None]


@dataclass(frozen=True)
class Way:
    """How servers are reached: by which address, through which proxy, and with whose certificates.

    :param authorities: a file of certificates in PEM form that count besides the usual ones.
    """

    find_address: FindAddress = lambda host: None
    find_proxy: Callable[[str], str | None] = lambda url: None
    authorities: str | None = None


def find_proxy(way: Way, parts: SplitResult) -> SplitResult | None:
    """Return the proxy for a URL, or None: where its address is known, no proxy could find it."""
    if way.find_address(parts.netloc):
        return None
    proxy = way.find_proxy(parts.geturl())
    return urlsplit(proxy) if proxy else None


def make_connection(
    way: Way, parts: SplitResult, context: ssl.SSLContext | None, timeout: float
) -> http.client.HTTPConnection:
    """Return a connection to a URL's host, which is not open yet.

    :param context: what to speak TLS with; None for plain http.
    """
    host, port = parts.hostname or "", parts.port
    proxy = find_proxy(way, parts)
    if proxy is not None:
        return _make_proxied(proxy, host, port, context, timeout)
    reached, number = way.find_address(parts.netloc) or (host, port)
    if context is None:
        return http.client.HTTPConnection(reached, number, timeout=timeout)
    return _NamedConnection(reached, number, host, context, timeout)


class _NamedConnection(http.client.HTTPSConnection):
    """A connection to an address, with TLS for the name of a host that may be another."""

    def __init__(self, address: str, port: int | None, name: str, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(address, port, timeout=timeout, context=context)
        self._name, self._tls = name, context

    def connect(self) -> None:
        """Connect, and greet."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _make_proxied(
    proxy: SplitResult, host: str, port: int | None, context: ssl.SSLContext | None, timeout: float
) -> http.client.HTTPConnection:
    # A proxy speaks plain HTTP to its clients, and hands TLS through.
    if context is None:
        return http.client.HTTPConnection(proxy.hostname or "", proxy.port, timeout=timeout)
    connection = http.client.HTTPSConnection(proxy.hostname or "", proxy.port, timeout=timeout, context=context)
    connection.set_tunnel(host, port or 443, log_in(proxy))
    return connection


def log_in(proxy: SplitResult) -> dict[str, str]:
    """Return the header that a proxy's user and password make; none where it has none."""
    if not proxy.username:
        return {}
    given = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(given.encode()).decode()}"}
