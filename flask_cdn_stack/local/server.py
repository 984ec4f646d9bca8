"""The child process: MiniStack on loopback, behaving to viewers as CloudFront over TLS does.

Run as ``python -m flask_cdn_stack.local.server`` by :class:`flask_cdn_stack.local.launcher.LocalAWS`. It ends, with its
state saved, on SIGTERM and when its standard input is closed: then whoever started it is gone.

MiniStack's version is pinned, because its functions are wrapped by name.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from ministack import app as gateway
from ministack.core import iam_evaluator
from ministack.services import cloudfront, s3
from ministack.services.cloudformation import _change_sets, provisioners, stacks

from ..aws.network import is_loopback
from . import distribution_reads

MINISTACK_VERSION = "1.5.33"

_ASGIMessage = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_ASGIMessage]]
_Send = Callable[[_ASGIMessage], Awaitable[None]]
_ASGIApp = Callable[[_ASGIMessage, _Receive, _Send], Awaitable[None]]

#: Domains in which no page has a name of its own; a distribution asks for its bucket by one of the first.
TRUSTED_DOMAINS = [".amazonaws.com"]


def main(changes: Iterable[Callable[[], None]] = ()) -> None:
    """Serve until told to stop.

    :param changes: further changes to MiniStack, made before it starts.
    """
    check_version()
    own = (
        trust_distribution_reads,
        distribution_reads.apply,
        trust_loopback,
        serve_viewers_as_https,
        keep_web_pages_out,
        keep_filled_buckets,
        import_buckets,
        judge_replacements,
    )
    for change in (*own, *changes):
        change()
    # MiniStack's own default is every interface of the machine.
    os.environ["BIND_HOST"] = "127.0.0.1"
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    gateway.main()


def check_version() -> None:
    """Refuse any MiniStack but the one that the wrappers were written for."""
    found = version("ministack")
    if found != MINISTACK_VERSION:
        raise SystemExit(f"ministack {MINISTACK_VERSION} is needed, {found} is installed.")


def trust_distribution_reads() -> None:
    """Count a distribution's own reads of its bucket as TLS, which on AWS they are.

    Otherwise a bucket policy that denies plain http answers every viewer with 403.
    """
    allows = s3._cloudfront_origin_allows

    def allows_over_tls(*arguments: Any) -> bool:
        address, _ = iam_evaluator._request_origin.get()
        token = iam_evaluator._request_origin.set((address, True))
        try:
            return bool(allows(*arguments))
        finally:
            iam_evaluator._request_origin.reset(token)

    s3._cloudfront_origin_allows = allows_over_tls


def trust_loopback() -> None:
    """Count API requests from this machine as TLS where policies are enforced."""
    pin = gateway.pin_request_origin

    def pin_as_secure(address: str, secure: bool) -> None:
        pin(address, secure or address.startswith("127."))

    gateway.pin_request_origin = pin_as_secure


def serve_viewers_as_https() -> None:
    """Count viewers' requests as https, so that ``redirect-to-https`` serves instead of answering 301."""
    serve = cloudfront.handle_viewer_request

    async def serve_over_tls(
        distribution: Any, method: str, path: str, raw_path: str, query: str, headers: dict[str, str], *rest: Any
    ) -> Any:
        return await serve(
            distribution, method, path, raw_path, query, {**headers, "x-forwarded-proto": "https"}, *rest
        )

    cloudfront.handle_viewer_request = serve_over_tls


def keep_filled_buckets() -> None:
    """Let a stack delete its bucket only where that is empty, as AWS does, and refuse in CloudFormation's words.

    A bucket that held files would go with its stack here, and on AWS end it DELETE_FAILED.
    """
    provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]["delete"] = _delete_bucket


def import_buckets() -> None:
    """Let a stack that is created import a bucket that is there, as AWS does.

    MiniStack plans that, and then takes the bucket's name for one that somebody else has.
    """
    find_conflict = provisioners.s3_bucket_name_conflict

    def find_conflict_of_others(name: str) -> str | None:
        executed = (item for item in _change_sets.values() if item["ExecutionStatus"] == "EXECUTE_IN_PROGRESS")
        imported = [entry for item in executed for entry in (item.get("_import_existing") or {}).values()]
        return None if {"BucketName": name} in imported else find_conflict(name)

    provisioners.s3_bucket_name_conflict = find_conflict_of_others


def _delete_bucket(physical_id: str, properties: object) -> None:
    status, _, body = s3._delete_bucket(physical_id)
    if status < 400 or status == 404:
        return
    message = re.search(rb"<Message>(.*?)</Message>", body or b"", re.DOTALL)
    raise ValueError(
        f'Resource handler returned message: "{message[1].decode() if message else ""} (Service: S3, Status Code: '
        f'{status}, Request ID: local, Extended Request ID: local)" (RequestToken: local, HandlerErrorCode: '
        "GeneralServiceException)"
    )


def keep_web_pages_out() -> None:
    """Let pages in a browser reach distributions only.

    The API asks for no credentials and can be made to run code, so a page of any site that happens to be open in the
    developer's browser must not be able to call it. Nor may one that had its own name lead to loopback: a browser then
    takes what is here for that site's, and says nothing of where the page is from.
    """
    serve: _ASGIApp = gateway.app

    async def guarded(scope: _ASGIMessage, receive: _Receive, send: _Send) -> None:
        if scope["type"] == "lifespan" or _is_call(scope) or _addresses_distribution(scope):
            await serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send({"type": "http.response.start", "status": 403, "headers": [(b"content-type", b"text/plain")]})
            await send({"type": "http.response.body", "body": b"Web pages may not call this API.\n"})

    gateway.app = guarded


def judge_replacements() -> None:
    """Let change sets say of the stack's resources what AWS says of them.

    MiniStack says of a distribution that whatever changes may replace it, which nothing does.
    """
    judge = stacks._property_recreation

    def judge_as_aws(resource_type: str, name: str) -> str:
        from ..stack.transitions import REPLACING  # only the update of a stack asks for it

        names = REPLACING.get(resource_type, () if resource_type.startswith("AWS::CloudFront::") else None)
        if names is None:
            return str(judge(resource_type, name))
        return "Always" if name in names else "Never"

    stacks._property_recreation = judge_as_aws


def _is_call(scope: _ASGIMessage) -> bool:
    return not _comes_from_a_page(scope) and _addresses_loopback(scope)


def _comes_from_a_page(scope: _ASGIMessage) -> bool:
    headers = dict(scope["headers"])
    return b"origin" in headers or headers.get(b"sec-fetch-site", b"none") != b"none"


def _addresses_loopback(scope: _ASGIMessage) -> bool:
    # A name below localhost may be that of a bucket or a service. Who says no host is no browser.
    host = _host(scope)
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return not host or name.endswith(tuple(TRUSTED_DOMAINS)) or is_loopback(f"http://{host}")
    except ValueError:
        return False


def _host(scope: _ASGIMessage) -> str:
    return str(dict(scope["headers"]).get(b"host", b""), "latin-1")


def _addresses_distribution(scope: _ASGIMessage) -> bool:
    host = _host(scope)
    label = gateway._parse_cloudfront_dataplane_host(host)
    return label is not None and cloudfront.find_distribution_for_label(label) is not None


def _end_with_parent() -> None:
    # Not sys.stdin: a thread that waits inside its lock aborts the interpreter when it finalizes.
    while os.read(0, 1024):
        pass
    signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
