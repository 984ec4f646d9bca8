"""The functions of the edge, run as JavaScript."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any
from urllib.parse import quote

import pytest

from flask_cdn_stack.checks.function_code import drop_acting_code, not_found_code
from flask_cdn_stack.checks.query_strings import ACTING_NAMES, acts_on_s3
from flask_cdn_stack.infrastructure.functions import build_function

from ..conftest import require

NODE = shutil.which("node")

#: Largest function (CloudFront developer guide, "Quotas"), and longest name.
MAX_CODE_BYTES, MAX_NAME = 10 * 1024, 64


def run(code: str, event: dict[str, Any]) -> dict[str, Any]:
    require(NODE, "node")
    assert NODE
    program = f"{code}\nconsole.log(JSON.stringify(handler(JSON.parse(process.argv[1]))));"
    done = subprocess.run([NODE, "-e", program, json.dumps(event)], check=True, capture_output=True, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def keep(*names: str) -> set[str]:
    """Return which of the query string names the edge lets through."""
    query = {name: {"value": "1"} for name in names}
    request = run(drop_acting_code(), {"request": {"uri": "/static/a.css", "querystring": query}})
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


@pytest.mark.parametrize("name", ["response-content-type", "versionId", "partNumber", "acl", "X-Amz-Signature"])
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


@pytest.mark.parametrize(("name", "code"), [("NotFound", not_found_code()), ("RequestFilter", drop_acting_code())])
def test_limits(name: str, code: str) -> None:
    """Code and name are as short as CloudFront wants them, with the longest name of a stack."""
    properties = build_function(name, code).to_dict()["Properties"]
    template, values = properties["Name"]["Fn::Sub"]

    assert len(code.encode()) <= MAX_CODE_BYTES
    assert list(values) == ["Unique"]
    assert len(template.replace("${AWS::StackName}", "x" * 40).replace("${Unique}", "0" * 8)) <= MAX_NAME
    assert properties["AutoPublish"] is True
    assert properties["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
