"""The templates that people launch as they are."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.query_strings import ACTING_NAMES
from flask_cdn_stack.infrastructure.launchable import VARIANTS, Variant, render_launchable, render_variant
from flask_cdn_stack.infrastructure.parameters import CATALOG
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

from .short_forms import load_template

FOLDER = Path(__file__).parents[2] / "templates"
COMMAND = "python -m flask_cdn_stack.infrastructure.launchable templates"

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


BUCKET = "QueryStringNames DefaultTTL PriceClass NoncurrentDays"
PARAMETERS = {
    "bucket": BUCKET,
    "bucket-with-domain": f"DomainName CertificateArn HostedZoneId {BUCKET}",
    "bucket-with-logs": BUCKET,
    "app": "AppDomain AppPort StaticPath DefaultTTL PriceClass",
    "failover": f"AppDomain AppPort StaticPath {BUCKET}",
}

APP = {"domain": "www.shop.example", "paths": ["/static/*"]}
CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0f0e0d0c-1111-2222-3333-444455556666"
NAME = {"aliases": ["cdn.shop.example"], "certificate_arn": CERTIFICATE}
POLICY = "0f0e0d0c-1111-2222-3333-444455556666"


def launch(content: dict[str, Any]) -> dict[str, Any]:
    return load_template(render_launchable(msgspec.convert(content, Settings)))


@each_variant
def test_files_are_the_generators(variant: Variant) -> None:
    """What lies in the folder is what the generator writes."""
    path = FOLDER / f"{variant.name}.yaml"
    written, wanted = path.read_text("utf-8"), render_variant(variant)
    changes = "\n".join(difflib.unified_diff(written.splitlines(), wanted.splitlines(), "written", "wanted", n=1))

    assert not changes, f"{path} is not up to date; write it with `{COMMAND}`:\n{changes}"


def test_nothing_else_lies_there() -> None:
    """A template without a variant would never be looked at."""
    assert {path.stem for path in FOLDER.glob("*.yaml")} == {variant.name for variant in VARIANTS}


@each_variant
def test_every_parameter_is_explained(variant: Variant) -> None:
    """Each is used, has a group, a label and a description in the console; a default must pass its own pattern."""
    text = render_variant(variant)
    content = load_template(text)
    parameters, interface = content["Parameters"], content["Metadata"]["AWS::CloudFormation::Interface"]

    assert list(parameters) == PARAMETERS[variant.name].split()
    assert sorted(name for group in interface["ParameterGroups"] for name in group["Parameters"]) == sorted(parameters)
    assert set(interface["ParameterLabels"]) == set(parameters)
    for name, parameter in parameters.items():
        assert re.search(rf"!Ref '?{name}\b", text), name
        assert parameter["Description"].endswith(".")
        assert ("Default" in parameter) is not CATALOG[name].asked
        pattern, default = parameter.get("AllowedPattern"), parameter.get("Default")
        if pattern and default:
            assert re.fullmatch(pattern, default)


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"query_strings": "none"}, "DefaultTTL PriceClass NoncurrentDays"),
        ({"delivery": {"cache_policy_id": POLICY}}, "PriceClass NoncurrentDays"),
        ({"bucket": {"versioning": False}}, "QueryStringNames DefaultTTL PriceClass"),
        ({"delivery": NAME}, f"DomainName CertificateArn {BUCKET}"),
        ({"delivery": {**NAME, "aliases": ["a.shop.example", "b.shop.example"]}}, BUCKET),
        ({"delivery": {**NAME, "hosted_zone_id": "Z1", "ipv6": False}},
         f"DomainName CertificateArn HostedZoneId {BUCKET}"),
        ({"origin": "app", "app_origin": APP, "query_strings": ["c"]}, PARAMETERS["app"]),
        ({"origin": "app", "app_origin": {**APP, "paths": ["/a/*", "/b/*"]}},
         "AppDomain AppPort DefaultTTL PriceClass"),
    ],
)  # fmt: skip
def test_parameters_follow_the_settings(content: dict[str, Any], names: str) -> None:
    """What the settings do not have, or have several times, is not asked for; each one is used, and may be kept."""
    template = launch(content)

    assert list(template["Parameters"]) == names.split()
    for parameter in template["Parameters"].values():
        assert "Default" not in parameter or re.fullmatch(
            parameter.get("AllowedPattern", ".*"), f"{parameter['Default']}"
        )


def test_other_settings_are_baked_in() -> None:
    """As in the template without parameters; the values that parameters stand for are their defaults."""
    delivery = {"csp": "default-src 'none'", "price_class": "PriceClass_All", "ttl": {"min": 60, "default": 90}}
    content = {"query_strings": ["c", "x"], "assets": {"prefix": "shop"}, "delivery": {**delivery, "cors": None}}
    reusable, plain = launch(content), build_template(msgspec.convert(content, Settings))

    defaults = {name: parameter["Default"] for name, parameter in reusable["Parameters"].items()}
    assert defaults == {
        "QueryStringNames": "c,x",
        "DefaultTTL": 90,
        "PriceClass": "PriceClass_All",
        "NoncurrentDays": 30,
    }
    assert reusable["Parameters"]["DefaultTTL"]["MinValue"] == 60
    assert _fill_in(reusable["Resources"], defaults) == plain["Resources"]
    assert reusable["Outputs"] == plain["Outputs"]


def _fill_in(node: Any, values: dict[str, Any]) -> Any:
    match node:
        case {"Fn::Split": [",", {"Ref": name}]} if name in values:
            return values[name].split(",")
        case {"Ref": name} if name in values:
            return values[name]
        case dict():
            return {key: _fill_in(value, values) for key, value in node.items()}
        case list():
            return [_fill_in(value, values) for value in node]
    return node


@pytest.mark.parametrize(
    ("content", "rules"),
    [
        ({}, set()),
        ({"delivery": {"logs": "v2"}}, {"OnlyInVirginia"}),
        ({"origin": "app", "app_origin": APP, "delivery": NAME}, {"NotItself"}),
        (
            {"origin": "failover", "app_origin": APP, "delivery": {**NAME, "logs": "v2"}},
            {"OnlyInVirginia", "NotItself"},
        ),
    ],
)
def test_rules(content: dict[str, Any], rules: set[str]) -> None:
    """Those between parameters, and between a template and its region, which no pattern can say."""
    assert set(launch(content).get("Rules", {})) == rules


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        (
            "QueryStringNames",
            ["c", "utm_source,c", "c,t,v", "c,a,b,d,e,f,g,h,i,j", "c,aclx,xacl", "c,x-response-"],
            ["", "t,v", "C", "ac", "c,", ",c", "c,,t", "c, t", "c,a b", "c,a%62", "c,a,b,d,e,f,g,h,i,j,k",
             "c,response-content-type", "Response-expires,c", "X-Amz-Date,c", "c,versionId", "versionId,c", "c,ACL",
             *(f"c,{name}" for name in ACTING_NAMES)],
        ),
        (
            "AppPort",
            ["443", "1024", "1030", "1100", "2000", "8443", "9999", "10000", "59999", "64999", "65535"],
            ["", "0", "1", "80", "81", "444", "1023", "01024", "65536", "65540", "65600", "66000", "70000", "100000"],
        ),
        ("AppDomain", ["www.shop.example", "a-b.example"], ["https://shop.example", "shop", "shop.example/x"]),
        ("StaticPath", ["/static/*", "/shop/static/*"], ["/*", "static/*", "*", "/static"]),
        (
            "CertificateArn",
            ["arn:aws:acm:us-east-1:111122223333:certificate/0f0e-1"],
            ["", "arn:aws:acm:eu-west-1:111122223333:certificate/0f0e-1", "0f0e-1"],
        ),
        ("DomainName", ["cdn.shop.example"], ["", "https://cdn.shop.example", "cdn"]),
    ],
)  # fmt: skip
def test_patterns(name: str, good: list[str], bad: list[str]) -> None:
    """Refuse before anything is made what CloudFront would refuse after minutes, or what is not safe."""
    pattern = CATALOG[name].limits["AllowedPattern"]

    assert all(re.fullmatch(pattern, value) for value in good)
    assert not [value for value in bad if re.fullmatch(pattern, value)]


def test_the_deploy_policy_names_the_certificate_that_is_launched_with() -> None:
    """And not that of the settings."""
    content = launch({"delivery": NAME, "access": {"deploy_policy": True}})
    statements = content["Resources"]["DeployPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert statements[-1]["Resource"] == {"Ref": "CertificateArn"}
