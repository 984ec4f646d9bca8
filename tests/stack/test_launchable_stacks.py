"""The templates to launch, launched on a local AWS with their parameters filled in."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.infrastructure.launchable import VARIANTS, Variant, render_launchable
from flask_cdn_stack.infrastructure.parameters import choose_parameters
from flask_cdn_stack.settings.delivery import AppOrigin, Delivery
from flask_cdn_stack.settings.model import Settings

FOLDER = Path(__file__).parents[2] / "templates"


@pytest.fixture
def values(connection: Connection) -> dict[str, str]:
    """What somebody would fill in, with certificate and zone in the account."""
    certificate = connection.client("acm").request_certificate(DomainName="cdn.shop.example")["CertificateArn"]
    zone = connection.client("route53").create_hosted_zone(Name="shop.example", CallerReference=uuid.uuid4().hex)
    return {
        "AppDomain": "www.shop.example",
        "AppPort": "8443",
        "CertificateArn": certificate,
        "DomainName": f"{uuid.uuid4().hex[:8]}.shop.example",
        "HostedZoneId": zone["HostedZone"]["Id"].rpartition("/")[2],
        "QueryStringNames": "c,v",
        "NoncurrentDays": "9",
    }


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_launch(client: Any, connection: Connection, values: dict[str, str], variant: Variant) -> None:
    """Each stack is made, and has what was filled in."""
    name = f"launched-{variant.name}-{uuid.uuid4().hex[:6]}"
    parameters = {parameter.name for parameter in choose_parameters(variant.settings)}
    given = {key: value for key, value in values.items() if key in parameters}
    client.create_stack(
        StackName=name,
        TemplateBody=(FOLDER / f"{variant.name}.yaml").read_text("utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 300})
    (stack,) = client.describe_stacks(StackName=name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    cloudfront = connection.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=outputs["DistributionId"])["DistributionConfig"]
    policy = cloudfront.get_cache_policy_config(Id=config["DefaultCacheBehavior"]["CachePolicyId"])

    names = policy["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]
    if "QueryStringNames" in given:
        assert names["QueryStrings"]["Items"] == ["c", "v"]
    if "DomainName" in given:
        assert config["Aliases"]["Items"] == [values["DomainName"]]
        assert outputs["CdnDomain"] == values["DomainName"]
        assert config["ViewerCertificate"]["ACMCertificateArn"] == values["CertificateArn"]
    if "AppDomain" in given:
        origins = {origin["DomainName"]: origin for origin in config["Origins"]["Items"]}
        assert origins[values["AppDomain"]]["CustomOriginConfig"]["HTTPSPort"] == 8443
    client.delete_stack(StackName=name)


ARN = "arn:aws:acm:{}:111122223333:certificate/0f0e0d0c-1111-2222-3333-444455556666"


@pytest.mark.parametrize(
    ("template", "values", "refused"),
    [
        ("bucket", {"QueryStringNames": "c,response-content-type"}, "QueryStringNames"),
        ("app", {"AppDomain": "www.shop.example", "AppPort": "81"}, "1024 to 65535"),
        ("app", {}, "AppDomain"),
        ("bucket-with-domain", {"DomainName": "cdn.shop.example", "HostedZoneId": "Z1"}, "CertificateArn"),
    ],
)
def test_what_is_refused(client: Any, template: str, values: dict[str, str], refused: str) -> None:
    """Before anything is made: values that a parameter's pattern does not take, and those that are missing."""
    assert_refused(client, (FOLDER / f"{template}.yaml").read_text("utf-8"), values, refused)


def test_an_app_that_is_its_own_cdn(client: Any) -> None:
    """Is refused by a rule of the project's reusable form."""
    settings = Settings(
        origin="app",
        app_origin=AppOrigin(domain="www.shop.example", paths=("/static/*",)),
        delivery=Delivery(aliases=("cdn.shop.example",), certificate_arn=ARN.format("us-east-1")),
    )
    values = {"AppDomain": "shop.example", "DomainName": "shop.example", "CertificateArn": ARN.format("us-east-1")}

    assert_refused(client, render_launchable(settings), values, "CloudFront would ask itself")


def assert_refused(client: Any, text: str, values: dict[str, str], refused: str) -> None:
    with pytest.raises(client.exceptions.ClientError, match=refused):
        client.create_stack(
            StackName=f"launched-{uuid.uuid4().hex[:6]}",
            TemplateBody=text,
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        )
