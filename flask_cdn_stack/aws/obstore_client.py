"""Opens a bucket with obstore, with the endpoint, proxy, CA bundle, retries and credentials that boto3 would use."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from obstore.store import S3Store

from ..errors import CDNStackError
from ..regular_files import read_regular
from .failures import EXPIRED_CODES, SPOILED_CODES, translate_errors
from .network import MAX_BUNDLE_BYTES
from .pauses import SPOILED_PAUSES
from .session import Connection
from .store_failures import STORE_ERRORS, read_answer

# Seconds for opening a connection.
_CONNECT_SECONDS = 10
_USER_AGENT = "flask-cdn-stack"

# obstore reads environment variables for these, unless they are given. Its other variables are for credentials, which
# it is given, or cannot be overridden with a default.
_OWN = {
    "conditional_put": "etag",
    "copy_if_not_exists": "multipart",
    "disable_bulk_delete": False,
    "disable_tagging": False,
    "imdsv1_fallback": False,
    "request_payer": False,
    "s3_express": False,
    "skip_signature": False,
    "unsigned_payload": False,
}
_ENCRYPTION, _CHECKSUM = "AWS_SERVER_SIDE_ENCRYPTION", "AWS_CHECKSUM_ALGORITHM"

T = TypeVar("T")


def open_store(connection: Connection, name: str, credentials: Credentials) -> S3Store:
    """Return obstore's view of a bucket, reached as the connection's boto3 clients reach it.

    It signs the SHA-256 of every body, over https too. AWS is also sent a checksum to store with the object.

    :raises SettingsError: the proxy or the CA bundle cannot be used, or botocore refuses the endpoint settings.
    """
    place = connection.place(name)
    assert place is not None  # otherwise why_boto3_there() gives a reason
    in_host = not place.url.endswith(f"/{name}")
    endpoint = place.url if in_host else place.url.removesuffix(f"/{name}")
    config: Any = {
        **_OWN,
        "region": place.region,
        "default_region": place.region,
        "endpoint": endpoint,
        "aws_endpoint_url_s3": endpoint,
        "virtual_hosted_style_request": in_host,
    }
    if not connection.is_foreign("s3"):
        config["checksum_algorithm"] = "SHA256"
    options: Any = {
        "allow_http": endpoint.startswith("http:"),
        "timeout": f"{connection.timeout}s",
        "connect_timeout": f"{_CONNECT_SECONDS}s",
        "user_agent": _USER_AGENT,
    }
    pauses = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 4}
    repeats = connection.max_attempts - 1 if connection.max_attempts else connection.repeats
    retries: Any = {"max_retries": repeats, "backoff": pauses, "retry_timeout": timedelta(minutes=2)}
    return S3Store(
        name,
        config=config,
        client_options=options | _proxy_options(connection, endpoint) | _tls_options(connection),
        retry_config=retries,
        credential_provider=credentials,
    )


def why_boto3_there(connection: Connection, name: str) -> str:
    """Return why obstore cannot replace boto3 for a bucket; empty if it can.

    :raises SettingsError: botocore refuses the endpoint settings.
    """
    unwanted = [_ENCRYPTION, *([_CHECKSUM] if connection.is_foreign("s3") else [])]
    for variable in unwanted:
        if variable in connection.environment:
            return f"obstore would go by {variable}, which boto3 does not know"
    if connection.session.get_config_variable("proxies_config"):
        return "the profile says how to use the proxy"
    return "" if connection.place(name) else "obstore does not sign as boto3 does there"


def _proxy_options(connection: Connection, endpoint: str) -> dict[str, Any]:
    if proxy := connection.proxy("s3"):
        return {"proxy_url": proxy}
    # Without a proxy here obstore would read the environment itself, with other rules for NO_PROXY.
    return {"proxy_url": endpoint, "proxy_excludes": urlsplit(endpoint).hostname}


def _tls_options(connection: Connection) -> dict[str, Any]:
    # The bundle is added to the system's authorities (or SSL_CERT_FILE), which obstore reads; it has none of its own.
    file = connection.ca_bundle("s3")
    return {"root_certificate": read_regular(file, MAX_BUNDLE_BYTES)} if file else {}


class Credentials:
    """Gives the session's credentials to the store; ``error`` is why there were none, if so."""

    def __init__(self, connection: Connection) -> None:
        connection.credentials()
        self._connection = connection
        self._renewing = Lock()
        self._ended: dict[Any, CDNStackError | None] = {}
        self.given: Any = None
        self.error: CDNStackError | None = None

    def __call__(self) -> Any:
        self.error = None
        try:
            self.given = self._find()
        except CDNStackError as error:
            self.error = error  # the store's own error keeps only the text of this one
            raise
        # The store asks again every tenth of a second if they end within five minutes, so it soon gets renewed ones.
        return {
            "access_key_id": self.given.access_key,
            "secret_access_key": self.given.secret_key,
            "token": self.given.token,
            "expires_at": datetime.now(UTC) + timedelta(minutes=1),
        }

    def renew(self, refused: Any) -> bool:
        """Find other credentials than S3 refused, and return whether there are any; many threads may call this.

        :param refused: the value of ``given`` when the request began.
        :raises CredentialsError: there are no valid ones any more.
        """
        with self._renewing:
            if self.given != refused:
                return True
            if refused not in self._ended:
                try:
                    if self._replace(refused):
                        return True
                    self._ended[refused] = None
                except CDNStackError as error:
                    self._ended[refused] = error
            if (reason := self._ended[refused]) is not None:
                raise reason
            return False

    def _replace(self, refused: Any) -> bool:
        if self._find() == refused:
            self._connection.renew_credentials()
        return bool(self._find() != refused)

    def _find(self) -> Any:
        with translate_errors("sts:GetCallerIdentity"):
            return self._connection.credentials().get_frozen_credentials()


def ask(credentials: Credentials, call: Callable[[], T]) -> T:
    """Return the result of a call of obstore, and repeat the call after refusals that obstore does not retry.

    obstore retries by itself after network failures and 5xx answers. Here a call is repeated if S3 did not get the body
    as it was sent, or if the credentials have ended and can be renewed. In neither case was the request carried out, so
    a conditional write can be repeated, too.

    :param call: repeated as a whole.
    :raises CredentialsError: the credentials have ended, and there are no others.
    """
    for pause in SPOILED_PAUSES:
        given = credentials.given
        try:
            return call()
        except STORE_ERRORS as error:
            code = read_answer(error)[0]
            if code not in SPOILED_CODES and not (code in EXPIRED_CODES and credentials.renew(given)):
                raise
        time.sleep(pause)
    return call()
