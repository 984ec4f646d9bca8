"""Where CloudFront fetches from, and what of the app it may ask for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.function_code import request_code
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

APP = {"domain": "www.shop.example", "paths": ["/static/*", "/admin/static/*"]}


def test_app_elsewhere() -> None:
    """Path, port and patience are the settings'."""
    own = APP | {"path": "/shop", "port": 8443, "connection_attempts": 1, "connection_timeout": 10}
    template = build_template(msgspec.convert({"origin": "app", "app_origin": own}, Settings))
    (app,) = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]["Origins"]

    assert app["OriginPath"] == "/shop"
    assert app["CustomOriginConfig"]["HTTPSPort"] == 8443
    assert (app["ConnectionAttempts"], app["ConnectionTimeout"]) == (1, 10)


@pytest.mark.parametrize("every", [{}, {"query_strings": "all", "unsafe_query_strings": True}], ids=["some", "all"])
def test_versions_by_the_query(every: dict[str, Any]) -> None:
    """The one function of the behavior asks for them; where there is none, the second origin has what is published."""
    plain = build_template(msgspec.convert(every, Settings))
    template = build_template(msgspec.convert({**every, "assets": {"immutable": True, "prefix": "live"}}, Settings))
    config = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    behavior, (group,) = config["DefaultCacheBehavior"], config["OriginGroups"]["Items"]
    first, second = config["Origins"]

    assert behavior["TargetOriginId"] == group["Id"]
    assert [each["OriginId"] for each in group["Members"]["Items"]] == [first["Id"], second["Id"]]
    assert group["FailoverCriteria"]["StatusCodes"]["Items"] == [403, 404]
    assert first | {"Id": second["Id"]} == second
    code = template["Resources"]["RequestFilterFunction"]["Properties"]["FunctionCode"]
    assert code == request_code(drops_acting=bool(every), maps_query=True, prefix="live")
    assert [each["EventType"] for each in behavior["FunctionAssociations"]] == ["viewer-request"]
    assert template["Outputs"].keys() - plain["Outputs"].keys() == {"AssetsPrefix", "ImmutableQuery"}
