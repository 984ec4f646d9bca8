"""An edge on loopback that knows nothing but a built template, and does with a request what CloudFront documents.

A request counts as https, unless its header ``X-Forwarded-Proto`` says otherwise. There is no cache and no
compression. What is done is that of the CloudFront developer guide, whose pages are named where it is done.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import posixpath
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from flask_cdn_stack.verify import Answer
from tests.conftest import require
from tests.servers.edge_rules import (
    SOURCE_HEADER,
    Behavior,
    CustomOrigin,
    Group,
    HeadersPolicy,
    Origin,
    Rules,
)
from tests.servers.loopback import HTTPLoopback

_RUN_FUNCTIONS = """
const vm = require('vm'), handlers = {};
require('readline').createInterface({input: process.stdin}).on('line', async (line) => {
    const {code, event} = JSON.parse(line);
    handlers[code] ??= vm.runInNewContext(`${code}\\nhandler`);
    console.log(JSON.stringify(await handlers[code](event)));
});
"""

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_READING = ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True)
class Surroundings:
    """What stands in for the world: where S3 answers, who is asking, and whose certificates are trusted.

    Every custom origin is looked for on 127.0.0.1, at the port that the template names.
    """

    s3: str = ""
    distribution_arn: str = ""
    authority: Path | None = None


class Functions:
    """Runs the code of CloudFront Functions in one process of node."""

    def __init__(self) -> None:
        node = shutil.which("node")
        require(node, "node")
        self._process = subprocess.Popen(
            [str(node), "-e", _RUN_FUNCTIONS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self._asking = threading.Lock()

    def run(self, code: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a function makes of an event."""
        with self._asking:
            assert self._process.stdin
            assert self._process.stdout
            self._process.stdin.write(json.dumps({"code": code, "event": event}) + "\n")
            self._process.stdin.flush()
            answer: dict[str, Any] = json.loads(self._process.stdout.readline())
            return answer

    def stop(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


class Edge(HTTPLoopback):
    """Serves viewers by the rules of a template. In ``asked`` are the id of each origin and the target asked for."""

    def __init__(self, rules: Rules, surroundings: Surroundings) -> None:
        edge = self

        class Handler(BaseHTTPRequestHandler):
            def serve(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = edge.answer(self.command, self.path, headers)
                self.send_response_only(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else answer.body)

            do_GET = do_HEAD = do_OPTIONS = do_POST = do_PUT = do_PATCH = do_DELETE = serve

        self.asked: list[tuple[str, str]] = []
        self._rules = rules
        self._surroundings = surroundings
        self._functions = Functions()
        super().__init__(Handler)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, traceback)
        self._functions.stop()

    def fetch(self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """Ask as a viewer does."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        with contextlib.closing(connection):
            return _exchange(connection, method, target, {"Host": "cdn.example", **(headers or {})})

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> Answer:
        """Answer a viewer."""
        path = target.partition("?")[0]
        behavior = find_behavior(self._rules, path)
        refusal = refuse(behavior, method, target, headers)
        if refusal:
            return refusal
        answer = self._find(behavior, method, target)
        policy = self._rules.headers[behavior.response_headers_policy_id]
        changed = change_headers(policy, answer.headers, headers.get("origin"))
        return Answer(answer.status, changed, answer.body)

    def _find(self, behavior: Behavior, method: str, target: str) -> Answer:
        path, _, query = target.partition("?")
        if behavior.function:
            done = self._run(self._rules.functions[behavior.function], method, path, query)
            if "statusCode" in done:
                return Answer(done["statusCode"], {}, b"")
            path, query = done["uri"], write_query(done["querystring"])
        if path == "/":
            path += self._rules.distribution.default_root_object
        query = self._rules.cache[behavior.cache_policy_id].forward(query)
        return self._ask(behavior.target_origin_id, method, f"{path}?{query}" if query else path)

    def _run(self, code: str, method: str, path: str, query: str) -> dict[str, Any]:
        request = {"method": method, "uri": path, "querystring": read_query(query), "headers": {}, "cookies": {}}
        event = {"version": "1.0", "context": {"eventType": "viewer-request"}, "request": request}
        done = self._functions.run(code, event)
        known = {"statusCode", "statusDescription"} if "statusCode" in done else {"uri", "querystring"}
        if changed := [key for key, value in done.items() if key not in known and value != request.get(key)]:
            raise LookupError(f"The function changes {changed}, which the edge does not act on.")
        return done

    def _ask(self, name: str, method: str, target: str) -> Answer:
        distribution = self._rules.distribution
        groups = {group.id: group for group in distribution.origin_groups.items}
        with contextlib.suppress(_Unreachable):
            return self._ask_group(groups[name], method, target) if name in groups else self._try(name, method, target)
        return Answer(502, {"content-type": "text/html"}, b"")

    def _ask_group(self, group: Group, method: str, target: str) -> Answer:
        """Ask the second origin where the first has a status for it, or cannot be reached ("Origin failover")."""
        first, second = group.origins
        if method not in _READING:
            return self._try(first, method, target)
        with contextlib.suppress(_Unreachable):
            answer = self._try(first, method, target)
            if answer.status not in group.statuses:
                return answer
        return self._try(second, method, target)

    def _try(self, name: str, method: str, target: str) -> Answer:
        (origin,) = (origin for origin in self._rules.distribution.origins if origin.id == name)
        target = origin.origin_path + target
        self.asked.append((name, target))
        for _ in range(origin.connection_attempts):
            with contextlib.suppress(OSError, http.client.HTTPException):
                return _ask_origin(origin, method, target, self._surroundings)
        raise _Unreachable


class _Unreachable(Exception):
    """An origin does not answer, or not as it must."""


def _ask_origin(origin: Origin, method: str, target: str, surroundings: Surroundings) -> Answer:
    headers = {"Host": origin.domain_name, "User-Agent": "Amazon CloudFront"}
    if origin.custom_origin_config:
        connection = _connect_to_app(origin, origin.custom_origin_config, surroundings.authority)
    else:
        address = urlsplit(surroundings.s3)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=origin.connection_timeout)
        headers = _sign(origin.domain_name, method, target, {**headers, SOURCE_HEADER: surroundings.distribution_arn})
    with contextlib.closing(connection):
        return _exchange(connection, method, target, headers)


def _connect_to_app(origin: Origin, custom: CustomOrigin, authority: Path | None) -> http.client.HTTPConnection:
    context = ssl.create_default_context(cafile=authority)
    context.minimum_version = min(ssl.TLSVersion[name.replace(".", "_")] for name in custom.origin_ssl_protocols)
    connection = http.client.HTTPConnection(origin.domain_name, custom.https_port)
    plain = socket.create_connection(("127.0.0.1", custom.https_port), origin.connection_timeout)
    with contextlib.ExitStack() as closing:
        closing.enter_context(plain)
        connection.sock = context.wrap_socket(plain, server_hostname=origin.domain_name)
        closing.pop_all()
    return connection


def _sign(domain: str, method: str, target: str, headers: Mapping[str, str]) -> dict[str, str]:
    request = AWSRequest(method, f"https://{domain}{target}", headers)
    region = domain.split(".")[-3]
    S3SigV4Auth(Credentials("test", "test"), "s3", region).add_auth(request)
    return dict(request.headers.items())


def _exchange(connection: http.client.HTTPConnection, method: str, target: str, headers: Mapping[str, str]) -> Answer:
    connection.request(method, target, headers={"Accept-Encoding": "identity", **headers})
    response = connection.getresponse()
    kept = {name.lower(): value for name, value in response.getheaders() if name.lower() not in _HOP_BY_HOP}
    return Answer(response.status, kept, response.read())


def find_behavior(rules: Rules, path: str) -> Behavior:
    """Return the behavior of the first pattern that a path matches, in order, else the default one.

    The path is normalised for it, and sent on as it came ("Cache behavior settings", Path pattern).
    """
    shape = _normalise(path)
    for behavior in rules.distribution.cache_behaviors:
        pattern = re.escape(behavior.path_pattern).replace(r"\*", ".*").replace(r"\?", ".")
        if re.fullmatch(pattern, shape, re.DOTALL):
            return behavior
    return rules.distribution.default_cache_behavior


def _normalise(path: str) -> str:
    """Remove dots, doubled slashes and needless percent-encodings (RFC 3986, "Syntax-Based Normalization")."""
    decoded = re.sub(
        r"%[0-9A-Fa-f]{2}",
        lambda code: letter if re.fullmatch(r"[A-Za-z0-9._~-]", letter := unquote(code[0], "latin-1")) else code[0],
        path,
    )
    return "/" + posixpath.normpath(decoded).lstrip("/") + ("/" if decoded.endswith(("/", "/.", "/..")) else "")


def refuse(behavior: Behavior, method: str, target: str, headers: Mapping[str, str]) -> Answer | None:
    """Return what a viewer is told before a function is run ("Cache behavior settings"); None to go on."""
    policy = behavior.viewer_protocol_policy
    if headers.get("x-forwarded-proto") == "http" and policy != "allow-all":
        if policy == "https-only":
            return Answer(403, {}, b"")
        location = f"https://{headers['host']}{target}"
        return Answer(301 if method in ("GET", "HEAD") else 307, {"location": location}, b"")
    return None if method in behavior.allowed_methods else Answer(403, {}, b"")


def read_query(query: str) -> dict[str, Any]:
    """Return a query string as functions see it: names and values as they were sent."""
    values: dict[str, list[dict[str, str]]] = {}
    for name, _, value in (part.partition("=") for part in query.split("&") if part):
        values.setdefault(name, []).append({"value": value})
    return {name: {**each[0], **({"multiValue": each} if each[1:] else {})} for name, each in values.items()}


def write_query(query: Mapping[str, Any]) -> str:
    """Return the query string that a function left."""
    pairs = ((name, each["value"]) for name, found in query.items() for each in found.get("multiValue", [found]))
    return "&".join(f"{name}={value}" for name, value in pairs)


def change_headers(policy: HeadersPolicy, headers: Mapping[str, str], origin: str | None) -> dict[str, str]:
    """Return an answer's headers with those of a policy, for a viewer whose page is of ``origin``."""
    removed = {name.lower() for item in policy.remove_headers_config.get("Items", ()) for name in item.values()}
    changed = {name: value for name, value in headers.items() if name not in removed}
    for name, value, override in (*_security(policy), *_customs(policy), *_cors(policy, origin)):
        if override or name not in changed:
            changed[name] = value
    return changed


_Header = tuple[str, str, bool]


def _customs(policy: HeadersPolicy) -> Iterator[_Header]:
    for custom in policy.custom_headers_config.get("Items", ()):
        yield custom.header.lower(), custom.value, custom.override


def _security(policy: HeadersPolicy) -> Iterator[_Header]:
    security = policy.security_headers_config
    if options := security.content_type_options:
        yield "x-content-type-options", "nosniff", options["Override"]
    if content := security.content_security_policy:
        yield "content-security-policy", content.content_security_policy, content.override
    if transport := security.strict_transport_security:
        more = "; includeSubDomains" * transport.include_subdomains + "; preload" * transport.preload
        yield "strict-transport-security", f"max-age={transport.access_control_max_age_sec}{more}", transport.override


def _cors(policy: HeadersPolicy, origin: str | None) -> Iterator[_Header]:
    cors = policy.cors_config
    if not cors or not origin:
        return
    for allowed in cors.access_control_allow_origins["Items"]:
        if fnmatchcase(origin, allowed):
            yield "access-control-allow-origin", "*" if allowed == "*" else origin, cors.origin_override
