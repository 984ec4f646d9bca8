"""CloudFront Functions, by each of what can run them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from flask_cdn_stack.local.edge.function_events import (
    FunctionValidationError,
    build_event,
    read_answer,
    read_outcome,
    read_query,
    write_query,
)
from flask_cdn_stack.local.edge.functions import FunctionError, FunctionRunner, NodeRunner, QuickJSRunner, find_runner
from flask_cdn_stack.local.edge.messages import Answer, Request
from tests.conftest import require
from tests.local.edge.site import make_rules


@pytest.fixture(params=["quickjs", "node"])
def runner(request: pytest.FixtureRequest) -> Iterator[FunctionRunner]:
    runner: FunctionRunner
    if request.param == "quickjs":
        pytest.importorskip("quickjs")
        runner = QuickJSRunner()
    else:
        node = shutil.which("node")
        require(node, "node")
        runner = NodeRunner(str(node))
    yield runner
    runner.stop()


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("function handler(event) { return event.request; }", {"uri": "/a?ü"}),
        ("async function handler(event) { return await Promise.resolve({uri: '/b'}); }", {"uri": "/b"}),
        ("const handler = ({request: {uri}}) => ({uri: `${uri}.html`, list: [1, null]});",
         {"uri": "/a?ü.html", "list": [1, None]}),
        ("function handler(event) { console.log('x'); return {statusCode: 404}; }", {"statusCode": 404}),
        ("import cf from 'cloudfront';\nfunction handler(event) { cf.updateRequestOrigin({originPath: '/v'}); "
         "return {uri: '/b'}; }", {"uri": "/b", "updatedOrigin": {"originPath": "/v"}}),
    ],
)  # fmt: skip
def test_it_runs(runner: FunctionRunner, code: str, made: dict[str, Any]) -> None:
    """The language is ECMAScript of today, and a handler may be async; twice, as nothing is left over."""
    assert [runner.run(code, {"request": {"uri": "/a?ü"}}) for _ in range(2)] == [made, made]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("function handler(event) { return event.nothing.uri; }", "TypeError"),
        ("async function handler(event) { throw new Error('no such file'); }", "no such file"),
        ("function handler(event) {", "SyntaxError"),
        ("function handler(event) { for (;;) {} }", "interrupted|timed out"),
        ("function handler(event) {}", "returned nothing"),
        ("var other = 1;", "handler"),
    ],
)
def test_it_fails(runner: FunctionRunner, code: str, error: str) -> None:
    """With a word on why, and the next call is served."""
    with pytest.raises(FunctionError, match=error):
        runner.run(code, {})

    assert runner.run("function handler(event) { return event; }", {"a": 1}) == {"a": 1}


def test_there_may_be_nothing_to_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it says what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(FunctionError, match="install node, or the Python package quickjs"):
        find_runner("").run("function handler(event) {}", {})


def test_the_event_of_a_request() -> None:
    """As the developer guide's page has it ("CloudFront Functions event structure")."""
    headers = {"host": "cdn.example", "accept": "*/*", "cookie": "a=1; b=2"}
    request = Request("GET", "/a%20b.css?c=1&t=%2B&c=2&x", headers, address="127.0.0.1")

    event = build_event(make_rules(1), request)

    assert len(event["context"].pop("requestId")) > 40
    assert event == {
        "version": "1.0",
        "context": {
            "distributionDomainName": "d0.cloudfront.net",
            "distributionId": "E0",
            "eventType": "viewer-request",
        },
        "viewer": {"ip": "127.0.0.1"},
        "request": {
            "method": "GET",
            "uri": "/a%20b.css",
            "querystring": {
                "c": {"value": "1", "multiValue": [{"value": "1"}, {"value": "2"}]},
                "t": {"value": "%2B"},
                "x": {"value": ""},
            },
            "headers": {"host": {"value": "cdn.example"}, "accept": {"value": "*/*"}},
            "cookies": {"a": {"value": "1"}, "b": {"value": "2"}},
        },
    }


def test_the_event_of_a_response() -> None:
    """Has the answer besides, without its body."""
    answer = Answer(200, {"content-type": "text/css"}, b"body")

    event = build_event(make_rules(1), Request("GET", "/a", {}), answer)

    assert event["context"]["eventType"] == "viewer-response"
    assert event["response"] == {
        "statusCode": 200,
        "statusDescription": "OK",
        "headers": {"content-type": {"value": "text/css"}},
        "cookies": {},
    }


def test_a_request_that_was_changed() -> None:
    """URI, query string, headers and cookies count; the host is the viewer's."""
    made = {
        "uri": "/b.css",
        "querystring": {"c": {"value": "2"}},
        "headers": {"X-One": {"value": "1"}, "host": {"value": "evil.example"}},
        "cookies": {"a": {"value": "2"}},
        "updatedOrigin": {"originPath": "/v"},
    }

    found = read_outcome(made, Request("GET", "/a.css?c=1", {"host": "cdn.example"}))

    headers = {"x-one": "1", "host": "cdn.example", "cookie": "a=2"}
    assert found == Request("GET", "/b.css?c=2", headers, origin_path="/v")


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (None, b""),
        ("gone", b"gone"),
        ({"encoding": "text", "data": "gone"}, b"gone"),
        ({"encoding": "base64", "data": "Z29uZQ=="}, b"gone"),
    ],
)
def test_a_response_that_was_made(body: Any, data: bytes) -> None:
    """In place of asking the origin."""
    made = {"statusCode": 410, "headers": {"X-One": {"value": "1"}}, **({} if body is None else {"body": body})}

    found = read_outcome(made, Request("GET", "/a", {}))

    assert isinstance(found, Answer)
    assert (found.status, found.headers["x-one"], found.body) == (410, "1", data)
    assert found.result == "FunctionGeneratedResponse"


@pytest.mark.parametrize(
    "made",
    [
        {},
        {"uri": 1},
        {"uri": "a.css"},
        {"uri": "/a.css", "headers": {"x-one": "1"}},
        {"uri": "/a.css", "querystring": {"c": {}}},
        {"uri": "/a.css", "updatedOrigin": {"originPath": "v"}},
        {"uri": "/a.css", "updatedOrigin": {"originPath": "/v/"}},
        {"uri": "/a.css", "updatedOrigin": {"originPath": "/" + "v" * 255}},
        {"uri": "/a.css", "updatedOrigin": {"domainName": "evil.example"}},
        {"statusCode": "404"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"encoding": "base64", "data": "Z"}},
    ],
)
def test_what_is_neither(made: dict[str, Any]) -> None:
    """Is refused, and so is a part of another structure than the event's."""
    with pytest.raises(FunctionValidationError, match="the function returned"):
        read_outcome(made, Request("GET", "/a", {}))


def test_a_response_keeps_its_body() -> None:
    """Unless the function gives it another one."""
    before = Answer(200, {"a": "1"}, b"body", "Hit")

    assert read_answer({"statusCode": 203, "headers": {}}, before) == Answer(203, {}, b"body", "Hit")


@pytest.mark.parametrize("query", ["", "c=1", "c=1&c=2&t=3", "x&y=&z=%26", "a=b=c"])
def test_query_strings_there_and_back(query: str) -> None:
    """What was sent stays as it was; a name without a value gets an empty one."""
    assert write_query(read_query(query)) == query.replace("x&", "x=&")
