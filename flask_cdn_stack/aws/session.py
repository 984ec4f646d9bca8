"""The AWS session: who asks, where, and how a distribution is reached. Translates botocore's errors."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore import exceptions
from botocore.config import Config
from botocore.configprovider import ConfiguredEndpointProvider

from ..errors import AWSError, CredentialsError, UnreachableError, hide_user_info
from .answers import BUSY_CODES, EXPIRED_CODES
from .boto3_session import open_boto3
from .credentials import GIVEN, AskCode, LastingCredentials, open_session, renew_for, set_givers
from .endpoints import Place, find_place, find_url, plain_options
from .network import find_ca_bundle, find_proxy, is_foreign, is_loopback, names_proxy, read_address
from .regions import translate_region

if TYPE_CHECKING:
    import botocore.session
    from botocore.credentials import Credentials

#: Region where neither an option, the settings nor the session names one.
DEFAULT_REGION = "us-east-1"

_NO_CREDENTIALS = (
    "There are no AWS credentials.",
    "Run `aws configure` or `aws sso login`, set AWS_PROFILE, or pass --profile.",
)
_NETWORK_HINT = "Check the network, the region and --endpoint-url; a local AWS is started by `flask-cdn-stack local`."
_BUSY_HINT = "AWS is busy: run the same command again in a minute."
_CERTIFICATE_HINT = (
    "Where a company's proxy, or a server of your own, signs with a private authority, set AWS_CA_BUNDLE to a file "
    "with that authority's certificate."
)

#: What to do where a bucket that a stack made is not there.
GONE_HINT = (
    "Check its name, where it is target.bucket. A stack's bucket was deleted beside the stack: delete the stack with "
    "`aws cloudformation delete-stack`, then run `flask-cdn-stack provision`."
)

_INVALID_CODES = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidToken",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "AuthFailure",
    "OptInRequired",
}
_INVALID_HINT = "Check keys and profile, and the region: one that the account has not enabled knows none of its keys."
# A signature is good for some minutes around the time that it names.
_CLOCK_CODES = {"RequestTimeTooSkewed", "RequestInTheFuture"}
_DENIED_CODES = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled"}

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
        attempts = 1 if once else 14 if patient and not self.max_attempts else None
        config = Config(
            user_agent_extra=f"flask-cdn-stack/{__version__}",
            retries={"mode": "standard", **({"total_max_attempts": attempts} if attempts else {})},
            # None lets botocore ask the environment, and on some systems their settings.
            proxies={_scheme(endpoint): proxy} if proxy else {} if is_loopback(endpoint) else None,
            **plain_options(endpoint),
        )
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
            raise CredentialsError(*_NO_CREDENTIALS)
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
        if access_key:
            session.set_credentials(*access_key)
        configured = session.get_config_variable("region")
        region = region or os.environ.get("AWS_REGION") or configured or DEFAULT_REGION
        set_givers(session, region, ask_code)
    return Connection(session, region, endpoint_url or None, dict(os.environ))


def _scheme(url: str | None) -> str:
    return urlsplit(url or "https://").scheme


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
        refused = refusal(details.get("Code") or "", details.get("Message") or "", action, resource)
        raise translate_region(error.response, resource) or refused from error
    except exceptions.NoCredentialsError as error:
        raise CredentialsError(*_NO_CREDENTIALS) from error
    except exceptions.ProfileNotFound as error:
        raise CredentialsError(f"{error}.", "List the profiles with `aws configure list-profiles`.") from error
    except (exceptions.HTTPClientError, exceptions.ConnectionError, RecursionError) as error:
        # botocore asks where a bucket is each time that it is redirected.
        if "recursion" not in str(error):
            raise unreachable(str(error)) from error
        raise AWSError(f"{action} failed: the endpoint redirects, and does not say where to.", _NETWORK_HINT) from error
    except RuntimeError as error:
        if "credentials are still expired" not in str(error):
            raise
        raise CredentialsError(
            "The AWS credentials were renewed, but the new ones have ended already.",
            "Check this machine's clock, and what gives the credentials.",
        ) from error
    except exceptions.BotoCoreError as error:
        raise AWSError(f"{action} failed: {hide_user_info(str(error))}", "") from error


def refusal(code: str, message: str, action: str, resource: str) -> AWSError:
    """Return the error for a service's answer."""
    if code in EXPIRED_CODES:
        return CredentialsError("The AWS credentials have expired.", "Log in again (`aws sso login`), then retry.")
    if code in _CLOCK_CODES or message.startswith(("Signature expired", "Signature not yet current")):
        return CredentialsError(
            f"AWS refuses what this machine signs, because its clock is wrong: {(message or code).rstrip('.')}.",
            "Correct this machine's clock, then retry.",
        )
    if code in _INVALID_CODES:
        return CredentialsError(f"AWS does not accept the credentials: {message or code}", _INVALID_HINT)
    place = f" on {resource}" if resource else ""
    if code in _DENIED_CODES or code in ("403", "Forbidden"):
        named = re.search(r'perform: (\S+)(?: on resource: "?([^\s"]+))?', message)
        action, place = (named[1], f" on {named[2]}" if named[2] else place) if named else (action, place)
        return AWSError(
            f"AWS denied {action}{place}.", "Allow that action for these credentials, or use others (--profile)."
        )
    if code == "NoSuchBucket":
        return AWSError(f"The bucket is gone: {resource.rpartition(':s3:::')[2].partition('/')[0]}.", GONE_HINT)
    reason = f"{message} ({code})" if message else code
    return AWSError(f"{action}{place} failed: {reason}", _BUSY_HINT if code in BUSY_CODES else "")


def unreachable(reason: str) -> UnreachableError:
    """Return the error for an endpoint that does not answer; user and password in its URL are left out."""
    return UnreachableError(
        f"AWS could not be reached: {hide_user_info(reason).rstrip('.')}.",
        _CERTIFICATE_HINT if "certificate" in reason.lower() else _NETWORK_HINT,
    )
