"""The AWS session: credentials, region, endpoints, and how a distribution is reached."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.config import Config
from botocore.configprovider import ConfiguredEndpointProvider

from ..loading import loading
from .boto3_session import open_boto3
from .credentials import GIVEN, AskCode, LastingCredentials, open_session, renew_for, set_givers
from .endpoints import Place, find_place, find_url, plain_options
from .failures import no_credentials, translate_errors
from .network import find_ca_bundle, find_proxy, is_foreign, is_loopback, names_proxy, read_address
from .workers import MAX_WORKERS

if TYPE_CHECKING:
    import botocore.session
    from botocore.credentials import Credentials

#: Region if neither an option, the settings nor the session names one.
DEFAULT_REGION = "us-east-1"

#: Most retries; in effect time is the limit. Ten could be over within seconds, but an outage may last a minute.
MAX_REPEATS = 1000


@dataclass(frozen=True)
class Connection:
    """A botocore session, with the region and endpoints that every client uses.

    ``environment`` holds the environment variables when the connection was opened: an app that is loaded later may
    change them, and must not lead one service to another endpoint than the rest. ``repeats`` is how often a request for
    an object is retried within two minutes if ``AWS_MAX_ATTEMPTS`` does not say it. ``timeout`` is the number of
    seconds after which an unanswered request is given up.
    """

    session: botocore.session.Session
    region: str
    endpoint_url: str | None
    environment: Mapping[str, str] = field(repr=False)
    repeats: int = field(default=MAX_REPEATS, kw_only=True)
    timeout: int = field(default=300, kw_only=True)

    @property
    def max_attempts(self) -> int | None:
        """How often ``AWS_MAX_ATTEMPTS`` or the profile lets a request be sent; None if neither is set."""
        return int(self.session.get_config_variable("max_attempts") or 0) or None

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return a boto3 client.

        :param patient: retry its requests for about two minutes instead of sending them three times at most.
        :param once: never retry a request.
        :raises SettingsError: its proxy or CA bundle cannot be used.
        """
        from .. import __version__  # read from the installed package's files, and needed only here

        endpoint, proxy = self.endpoint(service), self.proxy(service)
        attempts = 1 if once else min(14, self.repeats + 1) if patient and not self.max_attempts else None
        config = Config(
            user_agent_extra=f"flask-cdn-stack/{__version__}",
            retries={"mode": "standard", **({"total_max_attempts": attempts} if attempts else {})},
            # None lets botocore read the environment, and on some systems the system's settings.
            proxies={_scheme(endpoint): proxy} if proxy else {} if is_loopback(endpoint) else None,
            max_pool_connections=MAX_WORKERS,
            connect_timeout=min(60, self.timeout),
            read_timeout=min(60, self.timeout),
            s3=self._payload_options(endpoint),
            **plain_options(endpoint),
        )
        # A session creates one client at a time (boto3 developer guide, "Multithreading or multiprocessing with
        # sessions"); a fork waits for it.
        with loading:
            client = open_boto3(self.session).client(  # type: ignore[call-overload]
                service,
                region_name=self.region,
                endpoint_url=endpoint,
                config=config,
                # A CA bundle replaces the one that comes with botocore.
                verify=self.ca_bundle(service) or True,
            )
            renew_for(client, self.session)
        return client

    def _payload_options(self, endpoint: str | None) -> Any:
        """Return the option that keeps botocore from hashing a body for its signature, if that is not needed.

        It is not needed with TLS or on the loopback interface, as S3 is sent the SHA-256 as well.
        """
        is_safe = _scheme(endpoint) == "https" or is_loopback(endpoint)
        # The profile may require it, because a bucket's policy can demand signed payloads (S3 API reference, "Amazon S3
        # Signature Version 4 authentication specific policy keys").
        is_said = "payload_signing_enabled" in (self.session.get_config_variable("s3") or ())
        return {"payload_signing_enabled": False} if is_safe and not is_said and not is_foreign(endpoint) else {}

    def endpoint(self, service: str) -> str | None:
        """Return the endpoint that an option, a variable or the profile sets for a service; None for AWS's own."""
        if self.endpoint_url:
            return self.endpoint_url
        core = self.session
        if core.get_config_variable("ignore_configured_endpoint_urls"):
            return None
        provider = ConfiguredEndpointProvider(
            full_config=core.full_config,
            scoped_config=core.get_scoped_config(),
            client_name=service,
            environ=self.environment,
        )
        return provider.provide()  # type: ignore[no-any-return]

    def url(self, service: str) -> str:
        """Return the URL of a service.

        :raises SettingsError: botocore refuses the endpoint settings.
        """
        with loading:
            return find_url(self.session, service, self.region, self.endpoint(service))

    def place(self, bucket: str) -> Place | None:
        """Return the URL and signing region of a bucket; None if boto3 signs in a way that obstore cannot.

        :raises SettingsError: botocore refuses the endpoint settings.
        """
        return find_place(self.session, bucket, self.region, self.endpoint("s3"))

    def is_foreign(self, service: str) -> bool:
        """Return whether a service is another provider's, with AWS's API."""
        return is_foreign(self.endpoint(service))

    def proxy(self, service: str) -> str | None:
        """Return the proxy that the environment names for a service, or None.

        :raises SettingsError: the value is not the URL of an HTTP proxy.
        """
        return find_proxy(self.environment, self.url(service)) if names_proxy(self.environment) else None

    def ca_bundle(self, service: str) -> str | None:
        """Return the CA bundle that a service's certificate is checked with; None for the usual one.

        :raises SettingsError: it cannot be read, or holds no certificate.
        """
        if _scheme(self.endpoint(service)) == "http":
            return None
        return find_ca_bundle(self.environment, self.session.get_scoped_config())

    def credentials(self) -> Credentials:
        """Return the session's credentials.

        :raises CredentialsError: there are none.
        """
        with translate_errors("sts:GetCallerIdentity"):
            found = self.session.get_credentials()
        if found is None:
            raise no_credentials()
        return found

    @property
    def renews_credentials(self) -> bool:
        """Whether the provider of the session's credentials may give new ones."""
        return self.credentials().method not in GIVEN

    def renew_credentials(self) -> None:
        """Let the session find new credentials, if they come from a file, a process or a service.

        Credentials from environment variables, or an access key that was passed in, stay. The provider never changes.

        :raises CredentialsError: the provider gave none.
        """
        found = self.credentials()
        if isinstance(found, LastingCredentials):
            with translate_errors("sts:GetCallerIdentity"):
                found.renew(found.get_frozen_credentials())

    @property
    def is_local(self) -> bool:
        """Whether CloudFront's endpoint is a local AWS on the loopback interface."""
        return is_loopback(self.endpoint("cloudfront"))

    def viewer_address(self, domain: str) -> tuple[str, bool]:
        """Return the host and port at which viewers reach a distribution's domain, and whether by https.

        A local AWS serves ``dX.cloudfront.net`` on its one port, by the scheme of its endpoint; browsers on this
        machine resolve ``dX.cloudfront.localhost`` to it (RFC 6761, section 6.3).
        """
        endpoint = self.endpoint("cloudfront")
        if not is_loopback(endpoint) or not domain.endswith(".cloudfront.net"):
            return domain, True
        _, port = read_address(endpoint)
        return f"{domain.removesuffix('.net')}.localhost:{port}", _scheme(endpoint) == "https"

    def connect_address(self, host: str) -> tuple[str, int] | None:
        """Return the address to connect to for a viewer's host; None if DNS resolves it.

        ``*.localhost`` resolves in browsers, but not in the C library.
        """
        endpoint = self.endpoint("cloudfront")
        if not is_loopback(endpoint) or not host.partition(":")[0].endswith(".cloudfront.localhost"):
            return None
        return read_address(endpoint)


def open_connection(
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    access_key: tuple[str, str] | None = None,
    ask_code: AskCode | None = None,
) -> Connection:
    """Return a connection that finds region and credentials by boto3's rules, and reads ``AWS_REGION``, too.

    :param access_key: id and secret of an access key to use instead of the session's credentials.
    :param ask_code: asks for the code of an MFA device; None if there is nobody to ask.
    :raises CredentialsError: the profile does not exist.
    """
    with translate_errors("sts:GetCallerIdentity"):
        session = open_session(profile)
        session.get_scoped_config()  # raises if the profile does not exist; with a region, nothing else would look
        if access_key:
            session.set_credentials(*access_key)
        configured = session.get_config_variable("region")
        region = region or os.environ.get("AWS_REGION") or configured or DEFAULT_REGION
        set_givers(session, region, ask_code)
    return Connection(session, region, endpoint_url or None, dict(os.environ))


def _scheme(url: str | None) -> str:
    return urlsplit(url or "https://").scheme
