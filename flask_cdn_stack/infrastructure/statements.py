"""IAM policies as CloudFormation and IAM take them."""

from __future__ import annotations

from typing import Any


def policy_document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    """Return statements as a policy."""
    return {"Version": "2012-10-17", "Statement": statements}
