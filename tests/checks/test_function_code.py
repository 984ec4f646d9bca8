"""The functions of the edge, run as JavaScript."""

from __future__ import annotations

import shutil
from typing import Any
from urllib.parse import quote

import pytest

from flask_cdn_stack.checks.function_code import drops_acting, not_found_code, request_code
from flask_cdn_stack.checks.query_strings import ACTING_NAMES, acts_on_s3
from flask_cdn_stack.infrastructure.functions import build_function
from flask_cdn_stack.local.edge.functions import NodeRunner

from ..conftest import require

NODE = shutil.which("node")

#: Largest function (CloudFront developer guide, "Quotas"), and longest name.
MAX_CODE_BYTES, MAX_NAME = 10 * 1024, 64

FILTER = request_code(drops_acting=True, maps_query=False)
MAP = request_code(drops_acting=False, maps_query=True, prefix="live")
BOTH = request_code(drops_acting=True, maps_query=True, prefix="live")

CHECKSUM = "0123456789abcdef"


def run(code: str, event: dict[str, Any]) -> dict[str, Any]:
    (answer,) = run_all(code, [event])
    return answer


def run_all(code: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    require(NODE, "node")
    assert NODE
    runner = NodeRunner(NODE)
    try:
        return [runner.run(code, event) for event in events]
    finally:
        runner.stop()


def keep(*names: str) -> set[str]:
    """Return which of the query string names the edge lets through."""
    query = {name: {"value": "1"} for name in names}
    request = run(FILTER, {"request": {"uri": "/static/a.css", "querystring": query}})
    assert request["uri"] == "/static/a.css"
    return set(request["querystring"])


def test_not_found() -> None:
    """The path is answered with 404, without body or origin."""
    answer = run(not_found_code(), {"request": {"uri": "/account", "querystring": {}}})

    assert answer == {"statusCode": 404, "statusDescription": "Not Found"}


def test_harmless_names_pass() -> None:
    """What S3 does not act on reaches it as it was written."""
    names = ("t", "c", "v", "utm_source", "Response", "my-response-type", "a%20b", "é", "versionids")

    assert keep(*names) == set(names)


@pytest.mark.parametrize("name", ["response-content-type", "versionId"])
def test_acting_names_are_dropped(name: str) -> None:
    """However they are written: cases, encodings, and encodings of encodings."""
    whole = "".join(f"%{ord(letter):02x}" for letter in name)
    forms = [name, name.upper(), name.lower(), whole, whole.upper(), quote(whole, safe=""), f" {name} ", f"%20{name}"]

    assert keep("c", *forms) == {"c"}


def test_every_acting_name_is_dropped() -> None:
    """The function knows the same names as the check of the settings."""
    assert keep("c", *ACTING_NAMES) == {"c"}
    assert all(acts_on_s3(name) for name in ACTING_NAMES)


def test_names_that_cannot_be_decoded() -> None:
    """Go: nobody knows what S3 makes of them."""
    assert keep("c", "%", "%zz", "%c3", "response%2") == {"c"}


FOLDER = f"/live/.flask-cdn-stack-versions/{CHECKSUM}"


@pytest.mark.parametrize("code", [MAP, BOTH], ids=["map", "both"])
def test_the_bucket_is_asked_for_a_version(code: str) -> None:
    """The checksum names the folder below which the path is looked for; path and query stay, and with them the key."""
    query = {"c": {"value": CHECKSUM}, "v": {"value": "1"}}
    requests = [{"request": {"uri": path, "querystring": query}} for path in ("/a.css", "/static/%C3%BC%20a", "/...")]

    answers = run_all(code, requests)
    assert answers == [{**each["request"], "updatedOrigin": {"originPath": FOLDER}} for each in requests]
    longest = {"request": {"uri": "/a.css", "querystring": {"c": {"value": (CHECKSUM * 4)[:63]}}}}
    assert run(MAP, longest)["updatedOrigin"]["originPath"].endswith((CHECKSUM * 4)[:63])


def test_what_is_no_checksum_of_a_version() -> None:
    """Gets what is published: none, odd or two values, too few digits, and the whole one of other releases."""
    values = ["", "unknown", CHECKSUM.upper(), "deadbeef", CHECKSUM[1:], CHECKSUM * 4, f"{CHECKSUM}/", f"{CHECKSUM}%0a"]
    queries: list[dict[str, Any]] = [{}, {"C": {"value": CHECKSUM}}, *({"c": {"value": value}} for value in values)]
    queries.append({"c": {"value": CHECKSUM, "multiValue": [{"value": CHECKSUM}, {"value": "x"}]}})
    requests: list[dict[str, Any]] = [{"request": {"uri": "/a.css", "querystring": query}} for query in queries]
    requests += [{"request": {"uri": path, "querystring": {"c": {"value": CHECKSUM}}}} for path in ("/", "/static/")]

    assert run_all(MAP, requests) == [each["request"] for each in requests]


def test_one_function_does_both() -> None:
    """A behavior has room for one."""
    query = {"c": {"value": CHECKSUM}, "versionId": {"value": "1"}}

    answer = run(BOTH, {"request": {"uri": "/a.css", "querystring": query}})
    assert (answer["updatedOrigin"], [*answer["querystring"]]) == ({"originPath": FOLDER}, ["c"])
    assert drops_acting(BOTH)
    assert not drops_acting(MAP)


@pytest.mark.parametrize(
    ("name", "code"),
    [("NotFound", not_found_code()), ("RequestFilter", FILTER), ("RequestFilter", MAP), ("RequestFilter", BOTH)],
)
def test_limits(name: str, code: str) -> None:
    """Code and name are as short as CloudFront wants them, with the longest name of a stack."""
    properties = build_function(name, code).to_dict()["Properties"]
    template, values = properties["Name"]["Fn::Sub"]

    assert len(code.encode()) <= MAX_CODE_BYTES
    assert list(values) == ["Unique"]
    assert len(template.replace("${AWS::StackName}", "x" * 40).replace("${Unique}", "0" * 8)) <= MAX_NAME
    assert properties["AutoPublish"] is True
    assert properties["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
