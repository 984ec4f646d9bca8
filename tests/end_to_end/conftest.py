"""A stack in an account that checks who asks."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from flask_cdn_stack.local.launcher import LocalAWS

from ..conftest import SHOP_APP, Program, program_environment, write_files
from ..local.edge.site import Clock

SETTINGS = """
    app: shop
    stack: guarded-cdn
    assets: {prefix: shop/live, keep_releases: 1, keep_days: 0}
    access: {deploy_policy: true}
"""


@dataclass(frozen=True)
class Account:
    """A provisioned stack in an account that checks who asks."""

    root: Program
    outputs: dict[str, str]
    statements: tuple[dict[str, Any], ...]

    def client(self, service: str, program: Program | None = None) -> Any:
        values = (program or self.root).environment
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name="us-east-1",
            endpoint_url=values["AWS_ENDPOINT_URL"],
            aws_access_key_id=values["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=values["AWS_SECRET_ACCESS_KEY"],
        )

    def user(self, folder: Path, statements: tuple[dict[str, Any], ...]) -> Program:
        """Return the program as a new user runs it who holds these statements, and nothing else."""
        iam, name = self.client("iam"), f"user-{uuid.uuid4().hex[:8]}"
        iam.create_user(UserName=name)
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        shutil.copytree(self.root.folder, folder, dirs_exist_ok=True)
        return Program(
            folder,
            {
                **self.root.environment,
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            },
        )


@pytest.fixture
def clock() -> Clock:
    """The time of an edge and of a browser before it."""
    return Clock()


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """The stack is made by who may do everything."""
    folder = tmp_path_factory.mktemp("guarded") / "project"
    write_files(
        folder,
        {
            "flask-cdn-stack.yml": SETTINGS,
            "shop/__init__.py": SHOP_APP,
            "shop/static/css/app.css": "body { color: black }\n",
            "shop/static/logo.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
        },
    )
    module = "tests.servers.ministack_strict"
    with LocalAWS(environment=os.environ, module=module, settings={"AUTH": "true"}) as aws:
        root = Program(folder, program_environment(aws))
        outputs = json.loads(root.ok("provision", "--yes", "--json").stdout)["outputs"]
        found = Account(root, outputs, ())
        iam = found.client("iam")
        policy = iam.get_policy(PolicyArn=outputs["DeployPolicyArn"])["Policy"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        document = json.loads(document) if isinstance(document, str) else document
        yield replace(found, statements=tuple(document["Statement"]))
