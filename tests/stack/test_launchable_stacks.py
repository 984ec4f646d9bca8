"""The templates to launch, launched on a local AWS with their parameters filled in."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.infrastructure.launchable import VARIANTS, Variant

FOLDER = Path(__file__).parents[2] / "templates"


@pytest.fixture
def values(connection: Connection) -> dict[str, str]:
    """What somebody would fill in, with certificate and zone in the account."""
    certificate = connection.client("acm").request_certificate(DomainName="cdn.shop.example")["CertificateArn"]
    zone = connection.client("route53").create_hosted_zone(Name="shop.example", CallerReference=uuid.uuid4().hex)
    return {
        "AppDomain": "www.shop.example",
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
    given = {key: value for key, value in values.items() if key in variant.parameters}
    client.create_stack(
        StackName=name,
        TemplateBody=(FOLDER / f"{variant.name}.yaml").read_text("utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    client.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
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
        assert values["AppDomain"] in {origin["DomainName"] for origin in config["Origins"]["Items"]}
    client.delete_stack(StackName=name)


def test_what_is_refused(client: Any) -> None:
    """A name that S3 acts on is refused before anything is made."""
    with pytest.raises(client.exceptions.ClientError, match="QueryStringNames"):
        client.create_stack(
            StackName=f"launched-{uuid.uuid4().hex[:6]}",
            TemplateBody=(FOLDER / "bucket.yaml").read_text("utf-8"),
            Parameters=[{"ParameterKey": "QueryStringNames", "ParameterValue": "c,response-content-type"}],
        )
