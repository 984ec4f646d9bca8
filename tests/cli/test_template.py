"""``template``: the template, without an account and without a network."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.cli.observing import assert_one_message, outputs, read_files, stack_name
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program
from tests.infrastructure.short_forms import load_template

_TEMPLATES = Path(__file__).parents[2] / "templates"


@pytest.mark.parametrize("arguments", [(), ("--format", "yaml"), ("--format", "json")])
def test_it_prints_the_template(offline_program: Program, arguments: tuple[str, ...]) -> None:
    """As YAML or JSON; data only on standard output, the next step alone on standard error, no file written."""
    before = read_files(offline_program.folder)

    result = offline_program("template", *arguments)

    assert (result.exit_code, result.stderr) == (0, "Next: `flask-cdn-stack provision` makes a stack of it.\n")
    template = json.loads(result.stdout) if "json" in arguments else yaml.load(result.stdout, Loader=yaml.BaseLoader)
    assert template["AWSTemplateFormatVersion"] == "2010-09-09"
    assert {"AWS::S3::Bucket", "AWS::CloudFront::Distribution"} <= {
        resource["Type"] for resource in template["Resources"].values()
    }
    assert read_files(offline_program.folder) == before


def test_what_works_at_a_cost_is_warned_of(offline_program: Program) -> None:
    """On standard error, beside the template."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text("delivery: {viewer_protocol: allow-all}\n")

    result = offline_program.ok("template")

    assert result.stderr.startswith("Warning: ")
    assert "allow-all" in result.stderr
    assert "Warning" not in result.stdout


def test_strict_refuses_what_is_warned_of(offline_program: Program) -> None:
    """All of it in one message, and without a template."""
    file = offline_program.folder / "flask-cdn-stack.yml"
    file.write_text("query_strings: none\nassets: {keep_names: ['*.js']}\n")

    result = offline_program("template", "--strict")

    assert_one_message(result, 2, "query_strings: none", "assets.keep_names", "--strict")
    assert "Warning" not in result.stderr
    file.write_text("")
    assert offline_program.ok("template", "--strict").stdout == offline_program.ok("template").stdout


_DOMAIN = """
    aliases: [cdn.example.com]
    certificate_arn: arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000
    hosted_zone_id: Z00000000000000000000
"""
_APP = "{domain: app.example.com, paths: [/static/*]}"


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("bucket-with-domain", f"delivery:{_DOMAIN}"),
        ("failover", f"origin: failover\napp_origin: {_APP}\n"),
    ],
)
def test_the_reusable_form(offline_program: Program, name: str, settings: str) -> None:
    """Is what lies in ``templates/`` for each kind of settings; tags are the stack's, and in neither form."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text(f"{settings}\ntags: {{team: shop}}\n")

    yaml_form = offline_program.ok("template", "--parameters")
    json_form = offline_program.ok("template", "--parameters", "--format", "json")

    assert yaml_form.stdout == (_TEMPLATES / f"{name}.yaml").read_text("utf-8")
    assert list(json_form.json["Parameters"]) == list(load_template(yaml_form.stdout)["Parameters"])


@pytest.mark.parametrize(
    ("settings", "kind", "words", "placeholders"),
    [
        ("stack: tea-cdn\n", "provision", {"stack/tea-cdn/*", "cloudformation:ExecuteChangeSet"}, "ACCOUNT, REGION"),
        ("region: eu-west-1\nstack: tea-cdn\n", "provision", {":eu-west-1:ACCOUNT:stack/tea-cdn/*"}, "ACCOUNT"),
        ("stack: tea-cdn\n", "deploy", {"distribution/DISTRIBUTION", "arn:aws:s3:::BUCKET/*", ":stack/tea-cdn/*"},
         "ACCOUNT, BUCKET, DISTRIBUTION, REGION"),
        ("bucket: {existing: tea}\nassets: {prefix: live}\n", "deploy", {"arn:aws:s3:::tea/live/*"},
         "ACCOUNT, DISTRIBUTION, REGION"),
        ("bucket: {encryption: kms}\n", "deploy", {"arn:aws:kms:REGION:ACCOUNT:key/KEY"},
         "ACCOUNT, BUCKET, DISTRIBUTION, KEY, REGION"),
        ("target: {bucket: tea, domain: tea.example, distribution_id: E1}\n", "deploy",
         {"arn:aws:s3:::tea/*", "arn:aws:cloudfront::ACCOUNT:distribution/E1"}, "ACCOUNT"),
        ("target: {bucket: tea, domain: tea.example}\n", "deploy", {"arn:aws:s3:::tea/*"}, ""),
        ("target: {bucket: tea, domain: tea.example, distribution_id: E1, region: cn-north-1}\n", "deploy",
         {"arn:aws-cn:s3:::tea/*", "arn:aws-cn:cloudfront::ACCOUNT:distribution/E1"}, "ACCOUNT"),
        ("origin: app\napp_origin: {domain: www.tea.example}\n", "deploy", {"distribution/DISTRIBUTION"},
         "ACCOUNT, DISTRIBUTION, REGION"),
    ],
)  # fmt: skip
def test_policies_without_an_account(
    offline_program: Program, settings: str, kind: str, words: set[str], placeholders: str
) -> None:
    """Have words in capitals for what is not known, which standard error lists; no ARN is left open."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text(settings)

    result = offline_program.ok("template", "--policy", kind)

    document = json.loads(result.stdout)
    assert document["Version"] == "2012-10-17"
    assert all(word in result.stdout for word in words), result.stdout
    assert "${" not in result.stdout
    said = result.stderr.partition("Next: ")[0].rstrip()
    assert said.endswith(f"by hand: {placeholders}." if placeholders else "")


LARGE = f"""\
stack: {"a" * 40}
region: us-east-1
origin: failover
app_origin: {{domain: www.tea.example}}
bucket: {{encryption: kms}}
access: {{github: 'tea/web:production'}}
delivery:
  aliases: [cdn.tea.example]
  certificate_arn: arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab
  hosted_zone_id: Z1D633PJN98FT9
  logs: v2
  waf_arn: arn:aws:wafv2:us-east-1:111122223333:global/webacl/{"w" * 128}/1234abcd-12ab-34cd-56ef-1234567890ab
"""


def test_a_policy_larger_than_iam_takes(offline_program: Program) -> None:
    """Is said to be one, with what to do."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text(LARGE)

    large = offline_program.ok("template", "--policy", "provision")
    small = offline_program.ok("template", "--policy", "deploy")

    assert "IAM takes 6144" in " ".join(large.stderr.split())
    assert "IAM takes" not in small.stderr


def test_the_policy_of_a_stack(program: Program) -> None:
    """Names what it has."""
    program.ok("provision", "--yes")

    result = program.ok("template", "--policy", "deploy")

    found = outputs(program)
    assert f"arn:aws:s3:::{found['BucketName']}/*" in result.stdout
    assert f":distribution/{found['DistributionId']}" in result.stdout
    assert f":stack/{stack_name(program)}/*" in result.stdout
    assert not re.search(r"\b[A-Z]{3,}\b", result.stdout)
    assert "by hand" not in result.stderr


def test_the_difference_to_the_deployed_template(program: Program) -> None:
    """Everything before the stack is there, nothing after it, then what a setting changes; in colour at a terminal."""
    settings = program.folder / "flask-cdn-stack.yml"
    new = program("template", "--diff", "--exit-code")
    program.ok("provision", "--yes")
    same = program.ok("template", "--diff", "--exit-code")
    settings.write_text(f"{settings.read_text()}delivery: {{price_class: PriceClass_All}}\n")
    other = program("template", "--diff", "--exit-code")
    without_code = program.ok("template", "--diff")
    coloured = run_in_terminal(program, "template", "--diff", "--exit-code")

    assert (new.exit_code, other.exit_code, coloured.exit_code) == (3, 3, 3)
    assert {line[0] for line in new.stdout.splitlines()[3:]} == {"+"}
    assert same.stdout == ""
    assert f"The stack {stack_name(program)} in us-east-1 has this template." in same.stderr
    assert [line for line in other.stdout.splitlines()[2:] if line[0] != " "][1:] == [
        "-        PriceClass: PriceClass_100",
        "+        PriceClass: PriceClass_All",
    ]
    assert without_code.stdout == other.stdout
    assert "\x1b[32m+        PriceClass: PriceClass_All" in coloured.stdout


def test_the_policy_to_provision_a_target(offline_program: Program) -> None:
    """There is no stack to provision beside it."""
    (offline_program.folder / "flask-cdn-stack.yml").write_text("target: {bucket: tea, domain: tea.example}\n")

    assert_one_message(offline_program("template", "--policy", "provision"), 4, "name a target")
