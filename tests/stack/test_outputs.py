"""What a stack says of itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.aws.cloudformation import Stack
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.config_file import ConfigValues
from flask_cdn_stack.errors import RefusedError, StackFailedError
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.naming import PROJECT_TAG
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.model import Assets, Project, Settings
from flask_cdn_stack.stack.deployed_template import diff_template
from flask_cdn_stack.stack.outputs import (
    USABLE,
    Outputs,
    check_owner,
    config_values,
    failed_state,
    parse_outputs,
    read_outputs,
    unasked_values,
)
from flask_cdn_stack.stack.stack_plan import prepare_change
from flask_cdn_stack.stack.waiting import StackWaiter
from tests.stack.conftest import MakeProject, PreparedConnection

OUTPUTS = {"CdnDomain": "d1.cloudfront.net", "DistributionId": "E1", "BucketName": "b", "OriginMode": "bucket"}
POLICY = "0f0e0d0c-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("without", "mode", "bucket"), [((), "bucket", "b"), (("BucketName",), "app", "")], ids=["bucket", "app"]
)
def test_outputs(without: tuple[str, ...], mode: str, bucket: str) -> None:
    """Three of them are needed; where the app is the origin there is no bucket."""
    outputs = {key: value for key, value in {**OUTPUTS, "OriginMode": mode}.items() if key not in without}

    assert parse_outputs("shop-cdn", outputs) == Outputs("d1.cloudfront.net", "E1", bucket)


@pytest.mark.parametrize(
    ("content", "policies"),
    [
        ({}, {"CachePolicyId": "CachePolicy", "ResponseHeadersPolicyId": "ResponseHeadersPolicy"}),
        ({"delivery": {"cache_policy_id": POLICY}}, {"ResponseHeadersPolicyId": "ResponseHeadersPolicy"}),
        ({"delivery": {"response_headers_policy_id": POLICY}}, {"CachePolicyId": "CachePolicy"}),
    ],
)
def test_policies_to_share(content: dict[str, Any], policies: dict[str, str]) -> None:
    """A stack says the ids of the policies that it makes, not of those that it is given."""
    outputs = build_template(msgspec.convert(content, Settings))["Outputs"]

    found = {name: output["Value"] for name, output in outputs.items() if name.endswith("PolicyId")}
    assert found == {name: {"Ref": resource} for name, resource in policies.items()}


@pytest.mark.parametrize("name", ["CdnDomain", "DistributionId", "BucketName"])
def test_a_missing_output(name: str) -> None:
    """Is named, with the command that brings it."""
    with pytest.raises(StackFailedError, match=f"has no output {name}") as caught:
        parse_outputs("shop-cdn", {key: value for key, value in OUTPUTS.items() if key != name})

    assert "flask-cdn-stack provision" in caught.value.hint


@pytest.mark.parametrize(
    ("tags", "named", "refused"),
    [
        ({PROJECT_TAG: "shop"}, False, ""),
        ({PROJECT_TAG: "shop"}, True, ""),
        ({PROJECT_TAG: "tea"}, True, ""),
        ({PROJECT_TAG: "tea"}, False, "belongs to the project tea, not to shop"),
        ({}, False, "was not made by flask-cdn-stack"),
        ({}, True, "was not made by flask-cdn-stack"),
        ({"project": "shop"}, False, "was not made by flask-cdn-stack"),
    ],
)
def test_owners(make_project: MakeProject, tags: dict[str, str], named: bool, refused: str) -> None:
    """A stack is this project's by its tag, or by being named in the settings."""
    found = Stack("shop-cdn", "id", "CREATE_COMPLETE", "", OUTPUTS, tags)
    if not refused:
        check_owner(found, make_project(named=named))
        return
    with pytest.raises(RefusedError, match=refused) as caught:
        check_owner(found, make_project(named=named))

    assert caught.value.exit_code == 4
    assert "the key stack" in caught.value.hint


@pytest.mark.parametrize(
    "act",
    [
        read_outputs,
        lambda connection, project: diff_template(connection, project, "{}"),
        lambda connection, project: prepare_change(connection, project, "{}", StackWaiter()),
    ],
    ids=["read", "compared", "changed"],
)
def test_a_stack_of_another_project(
    prepared: PreparedConnection, make_project: MakeProject, act: Callable[[Connection, Project], object]
) -> None:
    """Is found out before anything else is asked."""
    prepared.stack("CREATE_COMPLETE", Tags=[{"Key": PROJECT_TAG, "Value": "tea"}])

    with pytest.raises(RefusedError, match="belongs to the project tea, not to shop"):
        act(prepared, make_project())


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        ("CREATE_IN_PROGRESS", "is being changed (CREATE_IN_PROGRESS)", "Wait"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "is being changed", "Wait"),
        ("DELETE_IN_PROGRESS", "is being changed", "Wait"),
        ("ROLLBACK_COMPLETE", "is in the state ROLLBACK_COMPLETE: why.", "`flask-cdn-stack provision` to create it"),
        ("UPDATE_FAILED", "is in the state UPDATE_FAILED", "rolls the failed update back"),
        ("UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "--skip-resource"),
        ("CREATE_FAILED", "CREATE_FAILED", "deletes what is left of it"),
        ("ROLLBACK_FAILED", "ROLLBACK_FAILED", "deletes what is left of it"),
        ("DELETE_FAILED", "DELETE_FAILED", "deletes what is left of it"),
        ("IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_FAILED", "CloudFormation's console"),
    ],
)
def test_states_that_cannot_be_worked_on(status: str, message: str, hint: str) -> None:
    """Each has its way out; a stack that serves is never told to be deleted."""
    error = failed_state(Stack("shop-cdn", "id", status, "why"))

    assert message in error.message
    assert hint in error.hint
    assert status not in USABLE
    if status.startswith(("UPDATE_", "IMPORT_")):
        assert "delete" not in error.hint


@pytest.mark.parametrize(
    ("status", "usable"),
    [
        ("UPDATE_COMPLETE", True),
        ("UPDATE_IN_PROGRESS", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_IN_PROGRESS", True),
        ("UPDATE_FAILED", False),
        ("UPDATE_ROLLBACK_FAILED", False),
        ("DELETE_FAILED", False),
        ("CREATE_IN_PROGRESS", False),
    ],
)
def test_states_with_outputs(
    prepared: PreparedConnection, make_project: MakeProject, status: str, usable: bool
) -> None:
    """While an update goes on, the outputs are still those of before; after a failure they are not to be relied on."""
    outputs = [{"OutputKey": key, "OutputValue": value} for key, value in OUTPUTS.items()]
    prepared.stack(status, Outputs=outputs, Tags=[{"Key": PROJECT_TAG, "Value": "shop"}])
    if usable:
        assert read_outputs(prepared, make_project()).bucket == "b"
        return
    with pytest.raises(StackFailedError, match=status):
        read_outputs(prepared, make_project())


@pytest.mark.parametrize(
    ("served", "wanted", "refused"),
    [
        ({}, {}, ""),
        ({"AssetsPrefix": "a"}, {"assets": {"prefix": "a"}}, ""),
        ({}, {"assets": {"prefix": "a"}}, r"assets\.prefix"),
        ({"AssetsPrefix": "a"}, {}, r"assets\.prefix"),
        ({}, {"origin": "failover"}, ""),
        ({"OriginMode": "failover"}, {}, ""),
        ({"OriginMode": "app"}, {"origin": "app"}, ""),
        ({"OriginMode": "app"}, {}, "origin: bucket"),
        ({"OriginMode": "failover"}, {"origin": "app"}, "origin: app"),
        ({"ImmutableQuery": "true"}, {"assets": {"immutable": True}}, ""),
        ({"ImmutableQuery": "true"}, {}, r"assets\.immutable"),
        ({}, {"assets": {"immutable": True}}, r"assets\.immutable"),
        ({}, {"assets": {"immutable": True, "fingerprint": "path"}}, ""),
    ],
)
def test_a_stack_that_serves_something_else(
    prepared: PreparedConnection, make_project: MakeProject, served: dict[str, str], wanted: Any, refused: str
) -> None:
    """Below another prefix, or from another origin, than what is uploaded: that is refused, with the command."""
    described = [{"OutputKey": key, "OutputValue": value} for key, value in {**OUTPUTS, **served}.items()]
    prepared.stack("CREATE_COMPLETE", Outputs=described, Tags=[{"Key": PROJECT_TAG, "Value": "shop"}])
    project = make_project(msgspec.convert(wanted, Settings))
    if not refused:
        assert read_outputs(prepared, project).bucket == ("" if "app" in wanted.values() else "b")
        return
    with pytest.raises(StackFailedError, match=refused) as caught:
        read_outputs(prepared, project)
    assert "`flask-cdn-stack provision`" in caught.value.hint


@pytest.mark.parametrize(
    ("config_file", "manifest_file", "manifest"),
    [
        ("cdn_config.py", "cdn_manifest.txt", "cdn_manifest.txt"),
        ("instance/cdn.py", "cdn_manifest.txt", "../cdn_manifest.txt"),
        ("cdn_config.py", "build/cdn/manifest.txt", "build/cdn/manifest.txt"),
        ("instance/cdn.py", "instance/manifest.txt", "manifest.txt"),
        (None, "build/manifest.txt", "manifest.txt"),
        ("cdn_config.py", None, None),
    ],
)
def test_config_values(
    make_project: MakeProject, config_file: str | None, manifest_file: str | None, manifest: str | None
) -> None:
    """The manifest is found from the config file's folder, wherever both were moved to."""
    settings = Settings(
        config_file=config_file, manifest_file=manifest_file, assets=Assets(checksum_length=12, local=("sw.js",))
    )

    assert config_values(make_project(settings, folder=Path("/p")), "d1.cloudfront.net", True) == ConfigValues(
        "d1.cloudfront.net", True, manifest, 12, local_names=("sw.js",)
    )


@pytest.mark.parametrize(
    ("aliases", "before", "domain"),
    [
        ((), {}, None),
        ((), {"CDN_DOMAIN": "d1.cloudfront.net", "CDN_HTTPS": True}, "d1.cloudfront.net"),
        (("*.shop.example", "cdn.shop.example"), {}, "cdn.shop.example"),
        (("cdn.shop.example",), {"CDN_DOMAIN": "old.example", "CDN_HTTPS": False}, "cdn.shop.example"),
        (("cdn.shop.example",), {"CDN_DOMAIN": None, "CDN_HTTPS": None}, None),
    ],
    ids=["nothing known", "the file", "the settings", "another name in the settings", "no stack"],
)
def test_values_without_asking(
    make_project: MakeProject, aliases: tuple[str, ...], before: dict[str, Any], domain: str | None
) -> None:
    """A name of its own is in the settings, any other in the config file of before; None there says: no stack."""
    values = unasked_values(make_project(Settings(delivery=Delivery(aliases=aliases))), before)

    assert (values.domain, values.https) == (domain, None if domain is None else True)
