"""Decides whether this process may use obstore, or must send all objects through boto3 and Python's sockets."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Any

import botocore.session
from botocore import awsrequest, client, endpoint, handlers, httpsession

from ..errors import AWSError

# The process that loads obstore. A process that is forked from it later does not have the threads of obstore's runtime,
# so a call there would wait for ever (https://github.com/tokio-rs/tokio/issues/4301).
_LOADED_IN = os.getpid()

# Functions that mocks replace to keep requests from being sent, from boto3 down to the network.
_REPLACED: tuple[tuple[type, str], ...] = (
    (botocore.session.Session, "create_client"),
    (client.BaseClient, "_make_api_call"),
    (endpoint.Endpoint, "make_request"),
    (endpoint.Endpoint, "_send"),
    (httpsession.URLLib3Session, "send"),
)

# botocore's events before a request is sent; a handler of these may answer in place of the service.
_EVENTS = ("before-call", "before-send")


def why_boto3() -> str:
    """Return why every object has to go through boto3 in this process; empty if obstore may be used."""
    if os.getpid() != _LOADED_IN:
        return "this process was forked from one that had loaded obstore"
    if _has_other_sockets():
        return "Python's sockets are replaced"
    if _is_mocked():
        return "botocore is mocked"
    return ""


def check_tls() -> None:
    """Check that boto3 can use TLS at all.

    :raises AWSError: Python's TLS was replaced after boto3 had been loaded (https://github.com/gevent/gevent/issues/1016).
    """
    if not _has_other_sockets():
        return
    try:
        httpsession.create_urllib3_context()
    except RecursionError:
        raise AWSError(
            "boto3 cannot be used in this process: it was loaded before gevent, or the like, replaced Python's TLS.",
            "Call gevent's monkey.patch_all() first of all; with gunicorn --preload, in gunicorn.conf.py.",
        ) from None


def _has_other_sockets() -> bool:
    """Return whether sockets are gevent's, eventlet's, or a test's that block the network."""
    return socket.socket.__module__ != "socket" or "connect" in vars(socket.socket)


def _is_mocked() -> bool:
    """Return whether AWS is mocked: by moto, a recorder, or a function in the place of one of botocore's."""
    boto3 = sys.modules.get("boto3")
    places = (*_REPLACED, (boto3.Session, "client")) if boto3 else _REPLACED
    return (
        not all(_is_own(owner, name) for owner, name in places)
        or any(_is_foreign(*handler) for handler in handlers.BUILTIN_HANDLERS)
        or awsrequest.AWSHTTPSConnectionPool.ConnectionCls is not awsrequest.AWSHTTPSConnection
    )


def _is_own(owner: type, name: str) -> bool:
    # A function is known by the folder of its source; wrappers that only observe, such as tracing, keep showing it.
    code = getattr(getattr(owner, name), "__code__", None)
    package = owner.__module__.partition(".")[0]
    return code is not None and Path(code.co_filename).parent.name == package


def _is_foreign(event: str, handler: Any, *_: Any) -> bool:
    return event.startswith(_EVENTS) and not getattr(handler, "__module__", "").startswith("botocore.")
