"""The AWS session: who asks, where, and how a distribution is reached."""

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

#: Region where neither an option, the settings nor the session names one.
DEFAULT_REGION = "us-east-1"

#: As many repeats as there is time for: ten can be over within seconds, and an outage of a minute is to be passed over.
MAX_REPEATS = 1000


@dataclass(frozen=True)
class Connection:
    """A session of botocore's, on which boto3 rests, with the region and endpoints that every client uses.

    ``environment`` is what the process had when the connection was opened: an app that is loaded later may change its
    own, and must not send one service elsewhere than the others. ``repeats`` is how often a request for an object is
    sent again within two minutes, where ``AWS_MAX_ATTEMPTS`` does not say, and ``timeout`` after how many seconds one
    that is not answered is given up.
    """

    session: botocore.session.Session
    region: str
    endpoint_url: str | None
    environment: Mapping[str, str] = field(repr=False)
    repeats: int = field(default=MAX_REPEATS, kw_only=True)
    timeout: int = field(default=300, kw_only=True)

    @property
    def max_attempts(self) -> int | None:
        """How often ``AWS_MAX_ATTEMPTS`` or the profile lets a request be sent; None where neither says so."""
        return int(self.session.get_config_variable("max_attempts") or 0) or None

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return a boto3 client.

        :param patient: let its requests be repeated for about two minutes, and not three times only.
        :param once: never repeat a request.
        :raises SettingsError: the proxy or the CA bundle that it would use cannot be used.
        """
        from .. import __version__  # read from the installed package's files, and needed for a client only

        endpoint, proxy = self.endpoint(service), self.proxy(service)
        attempts = 1 if once else min(14, self.repeats + 1) if patient and not self.max_attempts else None
        config = Config(
            user_agent_extra=f"flask-cdn-stack/{__version__}",
            retries={"mode": "standard", **({"total_max_attempts": attempts} if attempts else {})},
            # None lets botocore ask the environment, and on some systems their settings.
            proxies={_scheme(endpoint): proxy} if proxy else {} if is_loopback(endpoint) else None,
            max_pool_connections=MAX_WORKERS,
            connect_timeout=min(60, self.timeout),
            read_timeout=min(60, self.timeout),
            s3=self._payload_options(endpoint),
            **plain_options(endpoint),
        )
        # A session makes one at a time (boto3 developer guide, "Multithreading or multiprocessing with sessions"); a
        # fork waits for it.
        with loading:
            client = open_boto3(self.session).client(  # type: ignore[call-overload]
                service,
                region_name=self.region,
                endpoint_url=endpoint,
                config=config,
                # Authorities that are named take the place of those that come with botocore.
                verify=self.ca_bundle(service) or True,
            )
            renew_for(client, self.session)
        return client

    def _payload_options(self, endpoint: str | None) -> Any:
        """Return what keeps botocore from hashing a body for its signature where others see that it arrives whole.

        That is TLS, or that nobody is in between, and the SHA-256 that S3 is sent besides.
        """
        is_safe = _scheme(endpoint) == "https" or is_loopback(endpoint)
        # A bucket's policy may ask for signed payloads, and the profile say so (S3 API reference, "Amazon S3 Signature
        # Version 4 authentication specific policy keys").
        is_said = "payload_signing_enabled" in (self.session.get_config_variable("s3") or ())
        return {"payload_signing_enabled": False} if is_safe and not is_said and not is_foreign(endpoint) else {}

    def endpoint(self, service: str) -> str | None:
        """Return the endpoint that the option, a variable or the profile sets for a service, or None for AWS's own."""
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
        """Return the URL that a service is reached at.

        :raises SettingsError: botocore refuses what is set.
        """
        with loading:
            return find_url(self.session, service, self.region, self.endpoint(service))

    def place(self, bucket: str) -> Place | None:
        """Return where boto3 reaches a bucket; None where obstore cannot ask as boto3 does.

        :raises SettingsError: botocore refuses what is set.
        """
        return find_place(self.session, bucket, self.region, self.endpoint("s3"))

    def is_foreign(self, service: str) -> bool:
        """Whether a service is another provider's, with the interface of AWS's."""
        return is_foreign(self.endpoint(service))

    def proxy(self, service: str) -> str | None:
        """Return the proxy that the environment names for a service, or None.

        :raises SettingsError: it is not the URL of an HTTP proxy.
        """
        return find_proxy(self.environment, self.url(service)) if names_proxy(self.environment) else None

    def ca_bundle(self, service: str) -> str | None:
        """Return the file of authorities that a service's certificate is checked with, or None for the usual ones.

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
        """Whether others may be had from where the session's credentials come from."""
        return self.credentials().method not in GIVEN

    def renew_credentials(self) -> None:
        """Let the session find its credentials anew where a file, a process or a service gives them.

        Credentials that were given as they are stay, and so does the place that others come from.

        :raises CredentialsError: they cannot be had any more.
        """
        found = self.credentials()
        if isinstance(found, LastingCredentials):
            with translate_errors("sts:GetCallerIdentity"):
                found.renew(found.get_frozen_credentials())

    @property
    def is_local(self) -> bool:
        """Whether CloudFront is a local AWS on the loopback interface."""
        return is_loopback(self.endpoint("cloudfront"))

    def viewer_address(self, domain: str) -> tuple[str, bool]:
        """Return host and port under which viewers reach a distribution's domain, and whether by https.

        A local AWS serves ``dX.cloudfront.net`` on its one port, by the scheme of its endpoint; browsers on this
        machine resolve ``dX.cloudfront.localhost`` to it (RFC 6761, section 6.3).
        """
        endpoint = self.endpoint("cloudfront")
        if not is_loopback(endpoint) or not domain.endswith(".cloudfront.net"):
            return domain, True
        _, port = read_address(endpoint)
        return f"{domain.removesuffix('.net')}.localhost:{port}", _scheme(endpoint) == "https"

    def connect_address(self, host: str) -> tuple[str, int] | None:
        """Return the address to connect to for a viewer's host, or None where DNS knows it.

        ``*.localhost`` resolves in browsers, not in the C library.
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
    """Open a session with boto3's own rules, and ``AWS_REGION`` besides them.

    :param access_key: id and secret of an access key to use instead of the session's credentials.
    :param ask_code: asks for the code of an MFA device; None where there is nobody to ask.
    :raises CredentialsError: the profile does not exist.
    """
    with translate_errors("sts:GetCallerIdentity"):
        session = open_session(profile)
        session.get_scoped_config()  # whose region is said otherwise has its profile looked for nowhere else
        if access_key:
            session.set_credentials(*access_key)
        configured = session.get_config_variable("region")
        region = region or os.environ.get("AWS_REGION") or configured or DEFAULT_REGION
        set_givers(session, region, ask_code)
    return Connection(session, region, endpoint_url or None, dict(os.environ))


def _scheme(url: str | None) -> str:
    return urlsplit(url or "https://").scheme
