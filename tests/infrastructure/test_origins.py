"""Where CloudFront fetches from, and what of the app it may ask for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.function_code import request_code
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template
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
