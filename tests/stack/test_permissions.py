"""Whether who asks may do what the printed policies allow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from flask_cdn_stack.aws.account import Account
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.infrastructure.iam_actions import NAMED
from flask_cdn_stack.infrastructure.iam_text import Names, render_policy
from flask_cdn_stack.settings.model import Access, Assets, Bucket, Settings
from flask_cdn_stack.stack.permissions import check_permissions, find_names, list_questions
from tests.stack.conftest import MakeProject

ANN = Account("123456789012", "arn:aws:iam::123456789012:user/ann")
NAMES = Names(region="us-east-1", account=ANN.id, bucket="shop-bucket", distribution="E1")


@dataclass
class FakeIAM:
    """A simulator that allows all but some actions; ``refuses``: it lets nobody ask. ``asked`` is what it was asked."""

    denied: set[str] = field(default_factory=set)
    refuses: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get_paginator(self, operation: str) -> FakeIAM:
        assert operation == "simulate_principal_policy"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        if self.refuses:
            raise denial()
        self.asked.append(asked)
        decisions = [("implicitDeny" if name in self.denied else "allowed", name) for name in asked["ActionNames"]]
        yield {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": made} for made, name in decisions]}


def denial() -> ClientError:
    """Return what botocore raises where something is denied."""
    answer: Any = {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
    return ClientError(answer, "Any")


class FakeServices:
    """Services that answer everything, but for the operations that they deny."""

    def __init__(self, denied: set[str]) -> None:
        self.denied = denied

    def __getattr__(self, operation: str) -> Any:
        def answer(**parameters: Any) -> dict[str, Any]:
            if operation in self.denied:
                raise denial()
            return {}

        return answer


@dataclass(frozen=True)
class AccountConnection(Connection):
    """A connection to an account with a simulator."""

    services: dict[str, Any]
    others: FakeServices

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return IAM, or another service."""
        return self.services.get(service, self.others)


def connect(iam: FakeIAM, *denied: str) -> AccountConnection:
    """Return a connection to an account."""
    return AccountConnection(boto3.Session()._session, "us-east-1", None, {}, {"iam": iam}, FakeServices(set(denied)))


def test_what_is_asked() -> None:
    """Each action by its name, and for each condition a value that fulfils it; what has no name yet is left out."""
    settings = Settings(assets=Assets(prefix="live"), access=Access(github="o/r:e"), bucket=Bucket(encryption="kms"))
    provision = list(list_questions(render_policy("provision", settings, "shop-cdn", NAMES)))
    deploy = list(list_questions(render_policy("deploy", settings, "shop-cdn", NAMES)))

    actions = {action for question in (*provision, *deploy) for action in question.actions}
    assert not [action for action in actions if "*" in action]
    assert {"s3:GetBucketTagging", "s3:GetLifecycleConfiguration", "iam:CreateRole", "s3:PutObject"} <= actions
    assert all(fnmatchcase(action, pattern) for pattern, named in NAMED.items() for action in named)
    context = {key: value for question in (*provision, *deploy) for key, value in question.context.items()}
    assert context == {"s3:prefix": "live/x", "iam:PolicyARN": "arn:aws:iam::123456789012:policy/shop-cdn-x"}
    # The stack's key has no id that is known.
    assert "kms:GenerateDataKey" not in actions


def test_all_is_allowed(make_project: MakeProject) -> None:
    """By as many questions as the policy has statements."""
    iam = FakeIAM()

    found = check_permissions(connect(iam), make_project(), "deploy", ANN, NAMES)

    assert (found.name, found.state) == ("deploy permissions", "ok")
    assert re.fullmatch(r"user ann may do all of the \d+ actions, by IAM's simulator\.", found.message)
    assert {tuple(asked["ResourceArns"]) for asked in iam.asked} == {
        ("arn:aws:s3:::shop-bucket",),
        ("arn:aws:s3:::shop-bucket/*",),
        ("arn:aws:cloudfront::123456789012:distribution/E1",),
        (f"arn:aws:cloudformation:us-east-1:123456789012:stack/{make_project().stack}/*",),
    }


@pytest.mark.parametrize(("needed", "state"), [(True, "wrong"), (False, "warning")])
def test_what_is_denied(make_project: MakeProject, needed: bool, state: str) -> None:
    """Is named, with the way to it; where others may have it, it stops nobody."""
    names = find_names(connect(FakeIAM()), make_project(), ANN)
    iam = FakeIAM(denied={"cloudfront:CreateDistribution", "s3:GetBucketTagging"})

    found = check_permissions(connect(iam), make_project(), "provision", ANN, names, needed)

    assert found.state == state
    assert "denies user ann cloudfront:CreateDistribution, s3:GetBucketTagging." in found.message
    assert "template --policy provision" in found.remedy
    assert all(asked["ResourceArns"] for asked in iam.asked)


def test_a_bucket_with_a_policy_of_its_own(make_project: MakeProject) -> None:
    """May allow what the simulator does not know of: it is not said to be denied."""
    project = make_project(Settings(bucket=Bucket(existing="shop-bucket")))

    found = check_permissions(connect(FakeIAM(denied={"s3:PutObject"})), project, "deploy", ANN, NAMES)

    assert found.state == "warning"
    assert "Not checked: s3:PutObject." in found.message
    assert "policy of the bucket" in found.remedy


@pytest.mark.parametrize(
    ("account", "iam"),
    [
        (ANN, FakeIAM(refuses=True)),
        (Account(ANN.id, "arn:aws:sts::123456789012:federated-user/ann"), FakeIAM()),
    ],
    ids=["simulator denied", "unknown to the simulator"],
)
def test_without_the_simulator(make_project: MakeProject, account: Account, iam: FakeIAM) -> None:
    """Calls that only read show what they can, and the rest is said not to be checked."""
    allowed = check_permissions(connect(iam), make_project(), "deploy", account, NAMES)
    denied = check_permissions(connect(iam, "list_objects_v2"), make_project(), "deploy", account, NAMES)

    assert allowed.state == "warning"
    assert " 4 are allowed. Not checked: " in allowed.message
    assert "s3:PutObject" in allowed.message
    assert "iam:SimulatePrincipalPolicy" in allowed.remedy
    assert (denied.state, "AWS denies user ann s3:ListBucket." in denied.message) == ("wrong", account is ANN)


def test_before_there_is_a_stack(make_project: MakeProject) -> None:
    """No bucket is asked whose name is not known: whatever it answered would show nothing."""
    names = find_names(connect(FakeIAM()), make_project(), ANN)
    connection = connect(FakeIAM(refuses=True), "list_objects_v2", "list_object_versions", "get_invalidation")

    found = check_permissions(connection, make_project(), "provision", ANN, names)

    assert (found.state, "s3:ListBucket" in found.message) == ("warning", True)


def test_root_may_do_everything(make_project: MakeProject) -> None:
    """Nobody is asked."""
    root = Account(ANN.id, "arn:aws:iam::123456789012:root")

    assert check_permissions(connect(FakeIAM(refuses=True), "any"), make_project(), "deploy", root, NAMES).state == "ok"
