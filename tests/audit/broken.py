"""Built templates in which something is broken on purpose."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping
from typing import Any

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.delivery import AppOrigin, Delivery
from flask_cdn_stack.settings.model import Access, Assets, Bucket, Settings

APP = AppOrigin(domain="www.shop.example", path="/shop", paths=("/static/*", "/blog/static/*"))
ARN = "arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab"
NAMED = Delivery(aliases=("cdn.shop.example",), certificate_arn=ARN, hosted_zone_id="Z1D633PJN98FT9")

SETTINGS = {
    "bucket": Settings(),
    "app": Settings(origin="app", app_origin=APP),
    "failover": Settings(origin="failover", app_origin=APP),
    "named": Settings(delivery=NAMED),
    "unsafe": Settings(query_strings="all", unsafe_query_strings=True),
    "unsafe immutable": Settings(query_strings="all", unsafe_query_strings=True, assets=Assets(immutable=True)),
    "existing": Settings(bucket=Bucket(existing="shop-assets", region="eu-central-1", manage_policy=True)),
    "key": Settings(bucket=Bucket(encryption="kms"), access=Access(deploy_policy=True)),
    "github": Settings(bucket=Bucket(encryption="kms"), access=Access(github="shop/web:production")),
    "missing": Settings(delivery=Delivery(missing=404)),
    "failover unsafe": Settings(origin="failover", app_origin=APP, query_strings="all", unsafe_query_strings=True),
    "logs v1": Settings(delivery=Delivery(logs="v1")),
    "logs v2": Settings(region="us-east-1", delivery=Delivery(logs="v2")),
}

REMOVED = object()


@functools.cache
def build(name: str) -> dict[str, Any]:
    return build_template(SETTINGS[name])


def put(template: dict[str, Any], place: str, value: Any) -> None:
    title, *steps, last = place.split(".")
    found: Any = template["Resources"][title]["Properties"]
    for step in steps:
        found = found[int(step) if isinstance(found, list) else step]
    key = int(last) if isinstance(found, list) else last
    if value is REMOVED:
        del found[key]
    else:
        found[key] = value


def break_template(name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return a built template with a value put at each of some places."""
    template = copy.deepcopy(build(name))
    for place, value in changes.items():
        put(template, place, value)
    return template
