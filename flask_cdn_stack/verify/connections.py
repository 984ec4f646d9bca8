"""Connections to servers: directly, through a proxy, or to an address that the caller knows."""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, unquote, urlsplit

#: Returns host and port to connect to for the host of a URL; None to resolve it by DNS.
FindAddress = Callable[[str], tuple[str, int] | None]


@dataclass(frozen=True)
class Way:
    """How servers are reached: the address, the proxy, and the certificate authorities.

    :param authorities: a PEM file of certificate authorities to trust besides the usual ones.
    """

    find_address: FindAddress = lambda host: None
    find_proxy: Callable[[str], str | None] = lambda url: None
    authorities: str | None = None


def find_proxy(way: Way, parts: SplitResult) -> SplitResult | None:
    """Return the proxy for a URL, or None. Addresses from ``find_address`` are reached without one."""
    if way.find_address(parts.netloc):
        return None
    proxy = way.find_proxy(parts.geturl())
    return urlsplit(proxy) if proxy else None


def make_connection(
    way: Way, parts: SplitResult, context: ssl.SSLContext | None, timeout: float
) -> http.client.HTTPConnection:
    """Return a connection to a URL's host, not yet open.

    :param context: for TLS; None for plain HTTP.
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
    """A TLS connection to one address that checks the certificate for another name."""

    def __init__(self, address: str, port: int | None, name: str, context: ssl.SSLContext, timeout: float) -> None:
        super().__init__(address, port, timeout=timeout, context=context)
        self._name, self._tls = name, context

    def connect(self) -> None:
        """Connect, and start TLS with the host's name."""
        http.client.HTTPConnection.connect(self)
        self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)


def _make_proxied(
    proxy: SplitResult, host: str, port: int | None, context: ssl.SSLContext | None, timeout: float
) -> http.client.HTTPConnection:
    # Clients speak plain HTTP to a proxy, and TLS through a tunnel.
    if context is None:
        return http.client.HTTPConnection(proxy.hostname or "", proxy.port, timeout=timeout)
    connection = http.client.HTTPSConnection(proxy.hostname or "", proxy.port, timeout=timeout, context=context)
    connection.set_tunnel(host, port or 443, log_in(proxy))
    return connection


def log_in(proxy: SplitResult) -> dict[str, str]:
    """Return the header with a proxy's user and password; empty if its URL has none."""
    if not proxy.username:
        return {}
    given = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(given.encode()).decode()}"}
