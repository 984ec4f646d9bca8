"""Where CloudFront fetches from, and what of the app it may ask for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.function_code import request_code
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.naming import ROOT_OBJECT
from flask_cdn_stack.settings.model import Settings

APP = {"domain": "www.shop.example", "paths": ["/static/*", "/admin/static/*"]}
MODES = ["app", "failover"]


def build(origin: str, **content: Any) -> dict[str, Any]:
    resources: dict[str, Any] = build_template(
        msgspec.convert({"origin": origin, "app_origin": APP, **content}, Settings)
    )["Resources"]
    return resources


def distribution(origin: str, **content: Any) -> dict[str, Any]:
    config: dict[str, Any] = build(origin, **content)["Distribution"]["Properties"]["DistributionConfig"]
    return config


def test_app_needs_no_bucket() -> None:
    """Nothing of S3 is made for it."""
    types = {resource["Type"] for resource in build("app").values()}

    assert not {kind for kind in types if "S3" in kind or "OriginAccessControl" in kind}
    assert "DefaultRootObject" not in distribution("app")


@pytest.mark.parametrize("origin", MODES)
def test_app_is_asked_by_tls(origin: str) -> None:
    """By https alone, with TLS 1.2, and it is not waited for long."""
    app = next(item for item in distribution(origin)["Origins"] if item["Id"] == "app")

    assert app == {
        "Id": "app",
        "DomainName": "www.shop.example",
        "CustomOriginConfig": {
            "OriginProtocolPolicy": "https-only",
            "HTTPSPort": 443,
            "OriginSSLProtocols": ["TLSv1.2"],
        },
        "ConnectionAttempts": 2,
        "ConnectionTimeout": 3,
    }


def test_app_elsewhere() -> None:
    """Path, port and patience are the settings'."""
    own = APP | {"path": "/shop", "port": 8443, "connection_attempts": 1, "connection_timeout": 10}
    (app,) = distribution("app", app_origin=own)["Origins"]

    assert app["OriginPath"] == "/shop"
    assert app["CustomOriginConfig"]["HTTPSPort"] == 8443
    assert (app["ConnectionAttempts"], app["ConnectionTimeout"]) == (1, 10)


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"port": 80}, "app_origin.port: 80 is the port of plain http, and CloudFront asks the app by https only"),
        ({"port": 1023}, "app_origin.port: 1023 is not 443 or one from 1024 to 65535"),
        ({"paths": []}, "app_origin.paths: the list is empty"),
        ({"paths": ["/a/*", "/a/*"]}, "app_origin.paths: '/a/*' is listed twice"),
    ],
)
@pytest.mark.parametrize("origin", MODES)
def test_app_that_cannot_be_asked(origin: str, own: dict[str, Any], message: str) -> None:
    """Is refused with the page that says so, and what to do."""
    with pytest.raises(SettingsError) as caught:
        build(origin, app_origin=APP | own)

    assert caught.value.message.startswith(message)
    assert "(CloudFront developer guide, " in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("origin", MODES)
def test_only_static_paths_reach_the_app(origin: str) -> None:
    """Every other path is answered at the edge, by a function that comes before cache and origin."""
    config = distribution(origin)

    assert [behavior["PathPattern"] for behavior in config["CacheBehaviors"]] == APP["paths"]
    assert not [behavior for behavior in config["CacheBehaviors"] if "FunctionAssociations" in behavior]
    assert config["DefaultCacheBehavior"]["FunctionAssociations"] == [
        {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["NotFoundFunction", "FunctionARN"]}}
    ]


@pytest.mark.parametrize("origin", MODES)
def test_cookies_are_not_kept(origin: str) -> None:
    """No viewer gets another's, and none is sent to the app."""
    resources = build(origin)
    headers = resources["ResponseHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    key = resources["CachePolicy"]["Properties"]["CachePolicyConfig"]["ParametersInCacheKeyAndForwardedToOrigin"]

    assert {"Header": "Set-Cookie"} in headers["RemoveHeadersConfig"]["Items"]
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}


def test_query_strings_by_origin() -> None:
    """The app gets all of them, where the settings do not say; a bucket gets those that are listed."""

    def behavior(origin: str) -> str:
        config = build(origin)["CachePolicy"]["Properties"]["CachePolicyConfig"]
        return str(config["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]["QueryStringBehavior"])

    assert {origin: behavior(origin) for origin in MODES} == {"app": "all", "failover": "whitelist"}


def test_failover() -> None:
    """The bucket is asked first, and soon given up; S3 says 403 of a file that is missing."""
    config = distribution("failover")
    bucket, app = config["Origins"]

    assert (bucket["Id"], app["Id"]) == ("bucket", "app")
    assert (bucket["ConnectionAttempts"], bucket["ConnectionTimeout"]) == (2, 3)
    assert config["OriginGroups"] == {
        "Items": [
            {
                "Id": "bucket-then-app",
                "FailoverCriteria": {"StatusCodes": {"Items": [403, 404, 500, 502, 503, 504], "Quantity": 6}},
                "Members": {"Items": [{"OriginId": "bucket"}, {"OriginId": "app"}], "Quantity": 2},
            }
        ],
        "Quantity": 1,
    }
    assert {behavior["TargetOriginId"] for behavior in config["CacheBehaviors"]} == {"bucket-then-app"}
    assert config["DefaultRootObject"] == ROOT_OBJECT


def test_every_name_on_a_bucket() -> None:
    """Where viewers may send any name, the edge drops those that S3 acts on, and answers are no pages."""
    resources = build("failover", query_strings="all", unsafe_query_strings=True)
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    headers = resources["ResponseHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]

    assert {
        behavior["FunctionAssociations"][0]["FunctionARN"]["Fn::GetAtt"][0] for behavior in config["CacheBehaviors"]
    } == {"RequestFilterFunction"}
    assert headers["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"] == "sandbox"


@pytest.mark.parametrize("every", [{}, {"query_strings": "all", "unsafe_query_strings": True}], ids=["some", "all"])
def test_checksums_that_lead_to_names(every: dict[str, Any]) -> None:
    """The one function of the behavior does that too, and the stack says so."""
    plain = build_template(msgspec.convert(every, Settings))
    template = build_template(msgspec.convert({**every, "assets": {"immutable": True}}, Settings))
    behavior = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]

    code = template["Resources"]["RequestFilterFunction"]["Properties"]["FunctionCode"]
    assert code == request_code(drops_acting=bool(every), maps_query=True)
    assert [each["EventType"] for each in behavior["FunctionAssociations"]] == ["viewer-request"]
    assert template["Outputs"].keys() - plain["Outputs"].keys() == {"ImmutableQuery"}


def test_every_name_on_a_bucket_alone() -> None:
    """Without an app the one behavior has the filter."""
    content = {"query_strings": "all", "unsafe_query_strings": True}
    resources = build_template(msgspec.convert(content, Settings))["Resources"]
    behavior = resources["Distribution"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]

    assert behavior["FunctionAssociations"][0]["FunctionARN"] == {
        "Fn::GetAtt": ["RequestFilterFunction", "FunctionARN"]
    }
