"""The AWS session: who asks, where, and how a distribution is reached. Translates botocore's errors."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass

import boto3
import botocore.session
from botocore import exceptions
from botocore.config import Config
from botocore.configprovider import ConfiguredEndpointProvider

from .. import __version__
from ..errors import AWSError, CredentialsError, UnreachableError

if TYPE_CHECKING:
    from botocore.credentials import Credentials

#: Region where neither an option, the settings nor the session names one.
DEFAULT_REGION = "us-east-1"

_NO_CREDENTIALS = (
    "There are no AWS credentials.",
    "Run `aws configure` or `aws sso login`, set AWS_PROFILE, or pass --profile.",
)
#: What to do where a bucket that a stack made is not there.
GONE_HINT = (
    "It was deleted beside its stack. Delete the stack with `aws cloudformation delete-stack`, "
    "then run `flask-cdn-stack provision`."
)

_EXPIRED_CODES = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_INVALID_CODES = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "AuthFailure",
}
_DENIED_CODES = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled"}


@dataclass(frozen=True)
class Connection:
    """A boto3 session with the region and endpoints that every client uses.

    ``environment`` is what the process had when the connection was opened: an app that is loaded later may change its
    own, and must not send one service elsewhere than the others.
    """

    session: boto3.Session
    region: str
    endpoint_url: str | None
    environment: Mapping[str, str] = field(repr=False)

    def client(self, service: str) -> Any:
        """Return a boto3 client."""
        config = Config(
            user_agent_extra=f"flask-cdn-stack/{__version__}",
            retries={"mode": "standard"},
            proxies={} if is_loopback(self.endpoint(service)) else None,
        )
        return self.session.client(  # type: ignore[call-overload]
            service, region_name=self.region, endpoint_url=self.endpoint(service), config=config
        )

    def endpoint(self, service: str) -> str | None:
        """Return the endpoint that the option, a variable or the profile sets for a service, or None for AWS's own."""
        if self.endpoint_url:
            return self.endpoint_url
        core = self.session._session
        if core.get_config_variable("ignore_configured_endpoint_urls"):
            return None
        provider = ConfiguredEndpointProvider(
            full_config=core.full_config,
            scoped_config=core.get_scoped_config(),
            client_name=service,
            environ=self.environment,
        )
        return provider.provide()  # type: ignore[no-any-return]

    def proxy(self, service: str) -> str | None:
        """Return the proxy that the environment names for https, or None; loopback and NO_PROXY hosts have none.

        boto3 takes it from the environment by itself; other clients take only what they are handed.
        """
        endpoint = self.endpoint(service)
        host = urlsplit(endpoint or f"https://{service}.{self.region}.amazonaws.com").hostname or ""
        if is_loopback(endpoint) or proxy_bypass(host):
            return None
        return self.environment.get("HTTPS_PROXY") or self.environment.get("https_proxy") or None

    def credentials(self) -> Credentials:
        """Return the session's credentials.

        :raises CredentialsError: there are none.
        """
        with translate_errors("sts:GetCallerIdentity"):
            found = self.session.get_credentials()
        if found is None:
            raise CredentialsError(*_NO_CREDENTIALS)
        return found

    @property
    def is_local(self) -> bool:
        """Whether CloudFront is a local AWS on the loopback interface."""
        return is_loopback(self.endpoint("cloudfront"))

    def viewer_address(self, domain: str) -> tuple[str, bool]:
        """Return host and port under which viewers reach a distribution's domain, and whether by https.

        A local AWS serves ``dX.cloudfront.net`` on its one port over http; browsers on this machine resolve
        ``dX.cloudfront.localhost`` to it (RFC 6761, section 6.3).
        """
        endpoint = self.endpoint("cloudfront")
        if not is_loopback(endpoint) or not domain.endswith(".cloudfront.net"):
            return domain, True
        port = urlsplit(str(endpoint)).port or 80
        return f"{domain.removesuffix('.net')}.localhost:{port}", False

    def connect_address(self, host: str) -> tuple[str, int] | None:
        """Return the address to connect to for a viewer's host, or None where DNS knows it.

        ``*.localhost`` resolves in browsers, not in the C library.
        """
        endpoint = self.endpoint("cloudfront")
        if not is_loopback(endpoint) or not host.partition(":")[0].endswith(".cloudfront.localhost"):
            return None
        parts = urlsplit(str(endpoint))
        return parts.hostname or "127.0.0.1", parts.port or 80


def open_connection(
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    access_key: tuple[str, str] | None = None,
) -> Connection:
    """Open a session with boto3's own rules, and ``AWS_REGION`` besides them.

    :param access_key: id and secret of an access key to use instead of the session's credentials.
    :raises CredentialsError: the profile does not exist.
    """
    with translate_errors("sts:GetCallerIdentity"):
        core = botocore.session.Session(profile=profile)
        if access_key:
            core.set_credentials(*access_key)
        session = boto3.Session(botocore_session=core)
        region = region or os.environ.get("AWS_REGION") or session.region_name or DEFAULT_REGION
    return Connection(session, region, endpoint_url or None, dict(os.environ))


def is_loopback(url: str | None) -> bool:
    """Say whether a URL's host is this machine's loopback interface."""
    host = urlsplit(url or "").hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def translate_errors(action: str, resource: str = "") -> Iterator[None]:
    """Turn what botocore raises inside into errors of ours.

    :param action: the IAM action asked for, such as ``cloudformation:DescribeStacks``.
    :param resource: what it was asked for.
    """
    try:
        yield
    except exceptions.ClientError as error:
        details = error.response.get("Error", {})
        raise refusal(details.get("Code", ""), details.get("Message", ""), action, resource) from error
    except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
        raise CredentialsError(*_NO_CREDENTIALS) from error
    except exceptions.ProfileNotFound as error:
        raise CredentialsError(f"{error}.", "List the profiles with `aws configure list-profiles`.") from error
    except (
        exceptions.SSOError,
        exceptions.CredentialRetrievalError,
        exceptions.TokenRetrievalError,
        exceptions.UnauthorizedSSOTokenError,
    ) as error:
        text = str(error).rstrip(".")
        raise CredentialsError(f"AWS credentials could not be had: {text}.", "Log in again, then retry.") from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        raise unreachable(str(error)) from error
    except exceptions.BotoCoreError as error:
        raise AWSError(f"{action} failed: {_hide_user_info(str(error))}", "") from error


def refusal(code: str, message: str, action: str, resource: str) -> AWSError:
    """Return the error for a service's answer."""
    if code in _EXPIRED_CODES:
        return CredentialsError("The AWS credentials have expired.", "Log in again (`aws sso login`), then retry.")
    if code in _INVALID_CODES:
        return CredentialsError(f"AWS does not accept the credentials: {message or code}", "Check keys and profile.")
    place = f" on {resource}" if resource else ""
    if code in _DENIED_CODES or code in ("403", "Forbidden"):
        named = re.search(r'perform: (\S+)(?: on resource: "?([^\s"]+))?', message)
        action, place = (named[1], f" on {named[2]}" if named[2] else place) if named else (action, place)
        return AWSError(
            f"AWS denied {action}{place}.", "Allow that action for these credentials, or use others (--profile)."
        )
    if code == "NoSuchBucket":
        return AWSError(f"The bucket is gone: {resource}.", GONE_HINT)
    return AWSError(f"{action}{place} failed: {message or code}" + (f" ({code})" if message else ""))


def unreachable(reason: str) -> UnreachableError:
    """Return the error for an endpoint that does not answer; user and password in its URL are left out."""
    return UnreachableError(
        f"AWS could not be reached: {_hide_user_info(reason).rstrip('.')}.",
        "Check the network, the region and --endpoint-url; a local AWS is started by `flask-cdn-stack local`.",
    )


def _hide_user_info(text: str) -> str:
    return re.sub(r"(?<=://)[^/\s]*@", "", text)
