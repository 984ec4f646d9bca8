"""What is wrong ends with the address of its entry in the documentation, wherever it is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from flask_cdn_stack.troubleshooting import PAGES
from tests.cli.life import Life
from tests.cli.life_stacks import Refusal
from tests.conftest import write_files

_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/1"
_NAMED = f"delivery: {{aliases: [cdn.shop.example], certificate_arn: '{_CERTIFICATE}'}}"


def page_of(label: str) -> str:
    """Return an entry's address."""
    return f"{PAGES}how-to/troubleshooting.html#{label}"


def refuse(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Deny a request."""
    raise Refusal("AccessDenied", "no", 403)


@pytest.mark.parametrize(
    ("command", "settings", "status", "label"),
    [
        ("check", "stakc: shop", None, "trouble-key"),
        ("open --console", "", None, "trouble-no-stack"),
        ("provision", "", None, "trouble-terminal"),
        ("provision", "", "UPDATE_ROLLBACK_FAILED", "trouble-terminal"),
    ],
)
def test_failures(life: Life, command: str, settings: str, status: str | None, label: str) -> None:
    """It stands below the message, after what to do next."""
    write_files(life.folder, {"flask-cdn-stack.yml": settings})
    if status:
        life.has(status)

    result = life(*command.split())

    assert result.exit_code != 0
    error, see, _ = result.stderr.partition("Error: ")[2].partition(f"\nSee {page_of(label)}\n")
    assert (bool(see), "\n" in error, result.stdout) == (True, True, "")


def test_warnings(life: Life) -> None:
    """It is the line below."""
    write_files(life.folder, {"flask-cdn-stack.yml": _NAMED})
    life.account.answers["acm", "DescribeCertificate"] = refuse

    result = life("provision", "--dry-run")

    warning, see, *_ = result.stderr.partition("Warning: ")[2].splitlines()
    assert (warning.startswith("The certificate"), see) == (True, f"See {page_of('trouble-certificate')}")


def test_json(life: Life) -> None:
    """It is a key beside the message; null where there is no entry, or nothing is wrong."""
    write_files(life.folder, {"flask-cdn-stack.yml": "stakc: shop"})
    [checked] = json.loads(life("check", "--json").stdout)["checked"]
    checks = {check["name"]: check["see"] for check in json.loads(life("doctor", "--json").stdout)["checks"]}
    write_files(life.folder, {"flask-cdn-stack.yml": ""})
    life.account.answers["cloudformation", "DescribeStacks"] = refuse
    problems = json.loads(life("status", "--json").stdout)["problems"]

    assert checked["see"] == checks["settings"] == page_of("trouble-key")
    assert checks["versions"] is None
    assert page_of("trouble-denied") in {problem["see"] for problem in problems}
