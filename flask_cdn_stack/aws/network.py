"""Decides how an endpoint is reached: whether it is AWS's, through which proxy, and with which CA bundle."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from ..errors import SettingsError, way_out
from ..regular_files import read_regular

# The domains of all partitions (botocore's partitions.json).
_AWS_DOMAINS = (
    *(".amazonaws.com", ".api.aws"),
    *(".amazonaws.com.cn", ".api.amazonwebservices.com.cn"),
    *(".amazonaws.eu", ".api.amazonwebservices.eu"),
    *(".c2s.ic.gov", ".api.aws.ic.gov"),
    *(".sc2s.sgov.gov", ".api.aws.scloud"),
    *(".cloud.adc-e.uk", ".api.cloud-aws.adc-e.uk"),
    *(".csp.hci.ic.gov", ".api.aws.hci.ic.gov"),
)

#: Size, in bytes, of the largest CA bundle that is read.
MAX_BUNDLE_BYTES = 16 * 1024 * 1024


def is_loopback(url: str | None) -> bool:
    """Return whether a URL's host is this machine's loopback interface."""
    host = urlsplit(url or "").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_address(url: str | None) -> tuple[str, int]:
    """Return the host and port of an endpoint on this machine."""
    parts = urlsplit(url or "")
    return parts.hostname or "127.0.0.1", parts.port or (443 if parts.scheme == "https" else 80)


def is_foreign(endpoint: str | None) -> bool:
    """Return whether an endpoint is neither AWS's nor on this machine: R2, MinIO and others with S3's API."""
    host = urlsplit(endpoint or "").hostname or ""
    return bool(host) and not is_loopback(endpoint) and not host.endswith(_AWS_DOMAINS)


def names_proxy(environment: Mapping[str, str]) -> bool:
    """Return whether the environment names a proxy for any URL at all."""
    return any(_variable(environment, f"{scheme}_proxy")[1] for scheme in ("http", "https"))


def find_proxy(environment: Mapping[str, str], url: str) -> str | None:
    """Return the proxy that the environment names for a URL; None for loopback and for hosts in NO_PROXY.

    A variable's lower-case name takes precedence, as in boto3, which uses :func:`urllib.request.getproxies`.

    :raises SettingsError: the value is not the URL of an HTTP proxy.
    """
    name, proxy = _variable(environment, f"{urlsplit(url).scheme}_proxy")
    host = urlsplit(url).netloc.rpartition("@")[2]
    if not proxy or is_loopback(url) or proxy_bypass_environment(host, {"no": _variable(environment, "no_proxy")[1]}):
        return None
    proxy = proxy if "://" in proxy else f"http://{proxy.removeprefix('//')}"
    if not is_http_url(proxy):
        raise SettingsError(
            f"{name} is not the URL of an HTTP proxy.", "Write http://host:port, or http://user:password@host:port."
        )
    return proxy


def find_ca_bundle(environment: Mapping[str, str], profile: Mapping[str, str]) -> str | None:
    """Return the CA bundle that the environment or the profile names, in botocore's order, or None.

    :raises SettingsError: it cannot be read, or holds no certificate.
    """
    sources = {
        "AWS_CA_BUNDLE": environment.get("AWS_CA_BUNDLE"),
        "The profile's ca_bundle": profile.get("ca_bundle"),
        "REQUESTS_CA_BUNDLE": environment.get("REQUESTS_CA_BUNDLE"),
    }
    source, file = next(((name, file) for name, file in sources.items() if file), ("", None))
    if file:
        _check_certificates(source, file)
    return file


def _variable(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return name and value of a variable whose name is in lower or in upper case."""
    found = name if name in environment else name.upper()
    return found, environment.get(found, "")


def is_http_url(url: str) -> bool:
    """Return whether a text is an http or https URL with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _check_certificates(source: str, file: str) -> None:
    hint = "Name a file of certificates in PEM form, or unset it."
    try:
        read_regular(file, MAX_BUNDLE_BYTES)
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError as error:
        raise SettingsError(f"{source} names {file}, which holds no certificate in PEM form.", hint) from error
    except OSError as error:
        raise SettingsError(
            f"{source} names {file}, which cannot be read: {error.strerror}.", way_out(error, hint)
        ) from error
