"""How obstore reaches a bucket: endpoint, proxy, retries and credentials; and what its errors say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from obstore.store import S3Store

from ..errors import CDNStackError
from .session import Connection, is_loopback, translate_errors


def open_store(connection: Connection, name: str, credentials: Credentials) -> S3Store:
    """Return a bucket as obstore sees it, with the connection's endpoint and proxy."""
    endpoint = connection.endpoint("s3")
    config: Any = {"region": connection.region, "checksum_algorithm": "SHA256"}
    options: Any = {"timeout": "300s", "connect_timeout": "10s", "user_agent": "flask-cdn-stack"}
    if endpoint:
        config["endpoint"] = endpoint
        options["allow_http"] = endpoint.startswith("http:")
    if proxy := connection.proxy("s3"):
        options["proxy_url"] = proxy
    elif is_loopback(endpoint):
        # Without a proxy from us it would ask the environment itself.
        options |= {"proxy_url": endpoint, "proxy_excludes": urlsplit(str(endpoint)).hostname}
    pauses = {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=5), "base": 2}
    retries: Any = {"max_retries": 10, "backoff": pauses, "retry_timeout": timedelta(minutes=3)}
    return S3Store(
        name,
        config=config,
        client_options=options,
        retry_config=retries,
        credential_provider=credentials,
    )


class Credentials:
    """The session's credentials as the store asks for them; ``error`` is why they could not be had."""

    def __init__(self, connection: Connection) -> None:
        self._found = connection.credentials()
        self.error: CDNStackError | None = None

    def __call__(self) -> Any:
        self.error = None
        try:
            with translate_errors("sts:GetCallerIdentity"):
                frozen = self._found.get_frozen_credentials()
        except CDNStackError as error:
            self.error = error  # the store lets only its text through
            raise
        # botocore renews credentials ten minutes before they end; asking it again every five is soon enough.
        return {
            "access_key_id": frozen.access_key,
            "secret_access_key": frozen.secret_key,
            "token": frozen.token,
            "expires_at": datetime.now(UTC) + timedelta(minutes=5),
        }


def read_answer(error: BaseException) -> tuple[str, str]:
    """Return code and message of S3's answer in an error of obstore's; empty where there was none."""
    text = str(error)
    if refused := re.search(r"request failed for key .*: (.*) \(code: (\w+)\)", text):
        return refused[2], refused[1]
    code = re.search(r"<Code>(.*?)</Code>", text)
    message = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    forbidden = "Forbidden" if "status code: 403" in text else ""
    return code[1] if code else forbidden, unescape(message[1]) if message else ""
