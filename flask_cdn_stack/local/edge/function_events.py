"""Requests and answers as CloudFront Functions see them ("CloudFront Functions event structure", developer guide)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.client import responses
from typing import Any

from .functions import ORIGIN
from .messages import Answer, Request, build_target
from .rules import Rules

# CloudFront developer guide, "Helper methods for origin modification".
_MAX_ORIGIN_PATH = 255


class FunctionValidationError(Exception):
    """What a function returned is neither a request nor a response."""


def build_event(rules: Rules, request: Request, answer: Answer | None = None) -> dict[str, Any]:
    """Return what a function is called with: for a viewer's request, or for the answer to it."""
    event: dict[str, Any] = {
        "version": "1.0",
        "context": {
            "distributionDomainName": rules.domain,
            "distributionId": rules.id,
            "eventType": "viewer-response" if answer else "viewer-request",
            "requestId": base64.urlsafe_b64encode(secrets.token_bytes(40)).decode(),
        },
        "viewer": {"ip": request.address},
        "request": {
            "method": request.method,
            "uri": request.path,
            "querystring": read_query(request.query),
            "headers": _headers_in(request.headers, "cookie"),
            "cookies": _read_cookies(request.headers.get("cookie", "")),
        },
    }
    if answer:
        event["response"] = {
            "statusCode": answer.status,
            "statusDescription": responses.get(answer.status, ""),
            "headers": _headers_in(answer.headers, "set-cookie"),
            "cookies": {},
        }
    return event


def read_outcome(outcome: Mapping[str, Any], request: Request) -> Request | Answer:
    """Return what a viewer-request function made of a request: another one, or an answer.

    :raises FunctionValidationError: it is neither.
    """
    if "statusCode" in outcome:
        return read_answer(outcome, Answer(200, {}, result="FunctionGeneratedResponse"))
    if not isinstance(outcome.get("uri"), str) or not outcome["uri"].startswith("/"):
        raise FunctionValidationError("the function returned neither a request with a uri nor a response.")
    with _validating():
        return _read_request(outcome, request)


def _read_request(outcome: Mapping[str, Any], request: Request) -> Request:
    headers = _headers_out(outcome.get("headers") or {})
    cookies = outcome.get("cookies") or {}
    if cookies:
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in _pairs(cookies))
    headers["host"] = request.headers.get("host", "")
    target = build_target(outcome["uri"], write_query(outcome.get("querystring") or {}))
    return replace(request, target=target, headers=headers, origin_path=_read_origin_path(outcome.get(ORIGIN) or {}))


def _read_origin_path(updated: Mapping[str, Any]) -> str | None:
    """Return the path that a function gave to ``updateRequestOrigin``, of which the local edge knows nothing else."""
    if others := sorted(updated.keys() - {"originPath"}):
        raise ValueError(f"the local edge does not know {', '.join(others)} of updateRequestOrigin")
    path = updated.get("originPath")
    if path is not None and (not path.startswith("/") or path.endswith("/") or len(path) > _MAX_ORIGIN_PATH):
        raise ValueError(f"originPath is {path!r}")
    return path


def read_answer(outcome: Mapping[str, Any], before: Answer) -> Answer:
    """Return the answer that a function made, or made of another one; a body that it does not name stays.

    :raises FunctionValidationError: it is no answer.
    """
    status = outcome.get("statusCode")
    if not isinstance(status, int) or not 100 <= status <= 599:
        raise FunctionValidationError("the function returned no valid statusCode.")
    with _validating():
        headers = _headers_out(outcome.get("headers") or {})
        body = outcome.get("body")
        if body is None:
            return Answer(status, headers, before.body, before.result)
        data = _read_body(body)
        return Answer(status, {**headers, "content-length": str(len(data))}, data, before.result)


def _read_body(body: str | Mapping[str, str]) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return base64.b64decode(body["data"]) if body.get("encoding") == "base64" else body["data"].encode()


@contextmanager
def _validating() -> Iterator[None]:
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FunctionValidationError(
            f"the function returned a value without the event's structure: {error}."
        ) from error


def read_query(query: str) -> dict[str, Any]:
    """Return a query string as functions see it: names and values as they were sent."""
    values: dict[str, list[dict[str, str]]] = {}
    for name, _, value in (part.partition("=") for part in query.split("&") if part):
        values.setdefault(name, []).append({"value": value})
    return {name: {**each[0], **({"multiValue": each} if each[1:] else {})} for name, each in values.items()}


def write_query(query: Mapping[str, Any]) -> str:
    """Return the query string that a function left."""
    return "&".join(f"{name}={value}" for name, value in _pairs(query))


def _pairs(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(name, each["value"]) for name, found in values.items() for each in found.get("multiValue", [found])]


def _headers_in(headers: Mapping[str, str], besides: str) -> dict[str, dict[str, str]]:
    return {name: {"value": value} for name, value in headers.items() if name != besides}


def _headers_out(headers: Mapping[str, Any]) -> dict[str, str]:
    return {name.lower(): str(found["value"]) for name, found in headers.items()}


def _read_cookies(header: str) -> dict[str, Any]:
    pairs = (pair.strip().partition("=") for pair in header.split(";") if pair.strip())
    return {name: {"value": value} for name, _, value in pairs}
