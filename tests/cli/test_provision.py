"""``provision``: what it makes, says and leaves behind."""

from __future__ import annotations

import json
import re

import pytest

from tests.cli.observing import assert_one_message, client, find_stack, outputs, read_files, stack_name
from tests.cli.settings_file import add_settings
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program

_KEYS = {"stack", "region", "status", "changes", "stack_changes", "notices", "capabilities", "outputs", "config_file"}
_CHANGE_KEYS = {"action", "logical_id", "type", "replacement", "properties", "policy_action", "drift"}
_OUTPUTS = {"CdnDomain", "DistributionId", "DistributionDomainName", "BucketName", "OriginMode"}


def test_it_makes_the_stack_and_writes_the_config_file(program: Program) -> None:
    """One JSON object on standard output, the story on standard error."""
    result = program.ok("provision", "--yes", "--json")

    report = result.json
    assert set(report) == _KEYS
    assert report["stack"] == stack_name(program)
    assert (report["region"], report["status"]) == ("us-east-1", "CREATE_COMPLETE")
    assert all(set(change) == _CHANGE_KEYS and change["action"] == "Add" for change in report["changes"])
    assert {change["type"] for change in report["changes"]} >= {"AWS::S3::Bucket", "AWS::CloudFront::Distribution"}
    assert set(report["outputs"]) >= _OUTPUTS
    assert report["config_file"] == str(program.folder / "cdn_config.py")
    assert "CREATE_COMPLETE" in result.stderr
    label = report["outputs"]["CdnDomain"].removesuffix(".net")
    port = program.environment["AWS_ENDPOINT_URL"].rpartition(":")[2]
    assert f'CDN_DOMAIN = "{label}.localhost:{port}"' in (program.folder / "cdn_config.py").read_text()


def test_a_second_run_has_nothing_to_do(provisioned: Program) -> None:
    """No change, no question, one line, and a config file that went missing is written again."""
    before = read_files(provisioned.folder)
    (provisioned.folder / "cdn_config.py").unlink()

    result = provisioned.ok("provision", "--json")
    again = provisioned.ok("provision")

    assert result.json["changes"] == []
    assert set(result.json["outputs"]) >= _OUTPUTS
    assert "nothing to change" in result.stderr
    assert read_files(provisioned.folder) == before
    local, told, _ = again.stderr.splitlines()
    assert (local.startswith("Local AWS at"), again.stdout) == (True, "")
    assert told == f"The stack {stack_name(provisioned)} in us-east-1 is as the settings say; nothing to change."


def test_what_was_changed_by_other_means(provisioned: Program) -> None:
    """Is named once CloudFormation has looked, also where there is nothing to change."""
    cloudformation, name = client(provisioned, "cloudformation"), stack_name(provisioned)
    bucket, status = outputs(provisioned)["BucketName"], {"Status": "Suspended"}
    client(provisioned, "s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=status)
    cloudformation.detect_stack_drift(StackName=name)

    said = provisioned.ok("provision").stderr

    assert "Warning: Resources of the stack were changed outside CloudFormation" in said
    assert ": Bucket (changed). `provision` undoes" in said
    assert "nothing to change" in said


def test_a_dry_run_shows_an_update_and_does_not_make_it(provisioned: Program) -> None:
    """The template stays until the change is made in earnest; then there is nothing left to do."""
    add_settings(provisioned.folder, "query_strings: [c]\ndelivery: {price_class: PriceClass_200}")

    plain = provisioned.ok("provision", "--dry-run").stdout
    preview = provisioned("provision", "--dry-run", "--exit-code", "--json")
    again = provisioned("provision", "--dry-run", "--exit-code", "--json")
    update = provisioned("provision", "--yes", "--json")
    after = provisioned("provision", "--dry-run", "--exit-code", "--json")

    assert (preview.exit_code, again.exit_code, update.exit_code, after.exit_code) == (3, 3, 0, 0)
    assert preview.json["changes"] == again.json["changes"] == update.json["changes"]
    assert {change["logical_id"] for change in preview.json["changes"]} == {"CachePolicy", "Distribution"}
    assert {change["replacement"] for change in preview.json["changes"]} == {"False"}
    assert "DistributionConfig.PriceClass: PriceClass_100 -> PriceClass_200\n" in plain
    assert 'QueryStrings: ["t","c","v"] -> ["c"]\n' in plain
    assert [notice in plain for notice in preview.json["notices"]] == [True, True]
    assert update.json["status"] == "UPDATE_COMPLETE"
    assert after.json["changes"] == []


def test_a_change_of_outputs_or_tags_alone(provisioned: Program) -> None:
    """Is a change as any other: named, worth an exit code, asked for and made."""
    cloudformation, name = client(provisioned, "cloudformation"), stack_name(provisioned)
    body = cloudformation.get_template(StackName=name)["TemplateBody"]
    older = re.sub(r"  OriginMode:\n(    .*\n)+", "  Former:\n    Value: one\n", body)
    assert older != body
    tags = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Tags"]
    cloudformation.update_stack(StackName=name, TemplateBody=older, Tags=tags)
    cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})

    preview = provisioned("provision", "--dry-run", "--exit-code", "--json")
    add_settings(provisioned.folder, "tags: {team: web}")
    update = provisioned.ok("provision", "--yes", "--json").json

    outputs = [
        {"action": "Remove", "kind": "Output", "name": "Former"},
        {"action": "Add", "kind": "Output", "name": "OriginMode"},
    ]
    assert preview.exit_code == 3
    assert (preview.json["changes"], preview.json["stack_changes"]) == ([], outputs)
    assert re.search(r"Remove +Former +Output", preview.stderr)
    assert update["stack_changes"] == [*outputs, {"action": "Add", "kind": "Tag", "name": "team"}]
    assert (update["status"], update["outputs"]["OriginMode"]) == ("UPDATE_COMPLETE", "bucket")
    assert {"Key": "team", "Value": "web"} in cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Tags"]
    assert provisioned("provision", "--dry-run", "--exit-code").exit_code == 0


@pytest.mark.parametrize(("answer", "words"), [(b"n\n", "Aborted; nothing was changed."), (b"\x03", "Aborted.")])
def test_a_user_who_declines_keeps_nothing(program: Program, answer: bytes, words: str) -> None:
    """No, or Ctrl-C, at the question after the changes."""
    result = run_in_terminal(program, "provision", answer=answer)

    assert result.exit_code == 4
    assert re.search(r"Add +Bucket +AWS::S3::Bucket", result.stdout)
    assert re.search(r"In account 0{12}, region us-east-1\.\s+Go ahead\? \[y/N\]:", result.stdout)
    assert words in result.stdout
    assert "Traceback" not in result.stdout
    assert find_stack(program) is None
    assert not (program.folder / "cdn_config.py").exists()


def test_the_policy_of_a_bucket_that_exists(program: Program) -> None:
    """Is left alone: what it lacks is shown after every run, until it is there."""
    s3, name = client(program, "s3"), stack_name(program).replace("cdn", "own")
    s3.create_bucket(Bucket=name)
    add_settings(program.folder, f"bucket: {{existing: {name}}}")

    first = program.ok("provision", "--yes", "--json")
    _, _, advice = first.stderr.partition("lacks these statements; add them to it:\n")
    statements, _ = json.JSONDecoder().raw_decode(advice)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    second = program.ok("provision", "--dry-run", "--json")

    assert [statement["Sid"] for statement in statements] == ["AllowDistribution", "DenyOwnRecords"]
    assert first.json["outputs"]["DistributionId"] in statements[0]["Condition"]["StringEquals"]["AWS:SourceArn"]
    assert f"The policy of the bucket {name} lets the distribution read it." in second.stderr
    assert "lacks" not in second.stderr


def test_the_session_is_in_the_wrong_region(program: Program) -> None:
    """Refused before anything is sent, as where the settings name it."""
    add_settings(program.folder, "delivery: {logs: v2}")
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "eu-central-1"}
    message = "delivery.logs: 'v2' can be set up in us-east-1 only"

    assert_one_message(program("provision", "--yes", environment=nowhere), 2, message)
    assert not (program.folder / "cdn_config.py").exists()


def test_a_certificate_for_other_names(program: Program) -> None:
    """Is refused before anything is made; one for the alias makes it the CDN's domain."""
    acm = client(program, "acm")
    settings = program.folder / "flask-cdn-stack.yml"
    before = settings.read_text()
    for name in ("tea.example", "*.shop.example"):
        arn = acm.request_certificate(DomainName=name)["CertificateArn"]
        settings.write_text(f"{before}delivery:\n  aliases: [cdn.shop.example]\n  certificate_arn: {arn}\n")
        if name == "tea.example":
            assert_one_message(program("provision", "--yes"), 2, "for tea.example, and not for cdn.shop.example")
            assert find_stack(program) is None

    report = program.ok("provision", "--yes", "--json").json

    assert report["outputs"]["CdnDomain"] == "cdn.shop.example"
    assert 'CDN_DOMAIN = "cdn.shop.example"' in (program.folder / "cdn_config.py").read_text()
