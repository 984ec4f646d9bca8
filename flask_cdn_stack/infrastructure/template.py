"""Builds the whole CloudFormation template, as a value and as text. Equal settings give equal bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal

from troposphere import Ref, Template

from ..audit.template import check_template
from ..checks.content_security import lets_viewers_choose
from ..checks.function_code import not_found_code, request_code
from ..checks.quotas import MAX_TEMPLATE
from ..checks.settings import check_settings
from ..errors import SettingsError
from ..settings.model import Settings
from .bucket import Place, build_bucket, build_bucket_policy, locate_bucket
from .cloudfront_policies import (
    build_cache_policy,
    build_origin_access_control,
    build_response_headers_policy,
)
from .distribution import Parts, build_distribution
from .dns import build_records
from .encryption import build_key
from .functions import build_function
from .iam import build_deploy_policy, build_github_role
from .logs import build_logs, log_config
from .outputs import build_outputs
from .yaml_text import write_yaml

DESCRIPTIONS = {
    "bucket": "A private S3 bucket and a CloudFront distribution for the static files of a Flask app",
    "app": "A CloudFront distribution in front of the static files of a Flask app",
    "failover": "A private S3 bucket and a CloudFront distribution for the static files of a Flask app, "
    "which stands in for the bucket",
}

_SHORTER = {
    "app_origin.paths": "Join some with *, as in /blog/*/static/*.",
    "delivery.aliases": "Join some with a wildcard, as in *.shop.example, or take hosted_zone_id out and make the "
    "records by other means.",
    "delivery.cors": 'Join some with a wildcard, as in https://*.shop.example, or write "*" for every origin.',
}

_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Resources", "Outputs")
_ATTRIBUTES = ("Type", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata", "Properties")


def render_template(settings: Settings, format: Literal["yaml", "json"] = "yaml") -> str:
    """Return the template as text: YAML with CloudFormation's short forms, or JSON.

    :raises flask_cdn_stack.errors.SettingsError: AWS would not accept the settings.
    """
    template, _ = _build(settings)
    if format == "json":
        return str(template.to_json(indent=2, sort_keys=False)) + "\n"
    return str(template.to_yaml(sort_keys=False))


def build_template(settings: Settings) -> dict[str, Any]:
    """Return the template as plain values, with the long forms of CloudFormation's functions.

    :raises flask_cdn_stack.errors.SettingsError: as :func:`flask_cdn_stack.checks.settings.check_settings`.
    """
    return _build(settings)[1]


class OrderedTemplate(Template):  # type: ignore[misc]
    """A template with its sections and attributes in a readable order."""

    def to_dict(self) -> dict[str, Any]:
        """Return the template as plain values."""
        return self.arrange(super().to_dict())

    def to_yaml(self, *, sort_keys: bool = False) -> str:
        """Return the template as YAML with CloudFormation's short forms."""
        return write_yaml(self.to_dict())

    @staticmethod
    def arrange(content: dict[str, Any]) -> dict[str, Any]:
        """Return a template with its sections and attributes in that order."""
        resources = {name: _pick(value, _ATTRIBUTES) for name, value in content["Resources"].items()}
        return _pick({**content, "Resources": resources}, _SECTIONS)


def _build(settings: Settings) -> tuple[Template, dict[str, Any]]:
    check_settings(settings)
    template = OrderedTemplate(Description=DESCRIPTIONS[settings.origin])
    template.set_version()
    resources = {resource.title: resource for resource in _build_resources(settings)}
    for resource in resources.values():
        template.add_resource(resource)
    template.add_output(list(build_outputs(settings, resources)))
    content = template.to_dict()
    _check_size(settings, content)
    check_template(content)
    return template, content


def _check_size(settings: Settings, content: dict[str, Any]) -> None:
    # Measured as indented JSON, the longest form in which it is sent.
    size = len(json.dumps(content, indent=2).encode())
    if size <= MAX_TEMPLATE:
        return
    delivery, cors = settings.delivery, settings.delivery.cors
    counts = {
        "app_origin.paths": len(settings.app_origin.paths or ()),
        "delivery.aliases": len(delivery.aliases),
        "delivery.cors": len(cors) if isinstance(cors, tuple) else 0,
    }
    # Approximate bytes of an entry. Only these settings can make a template too large.
    weights = {
        "app_origin.paths": 800,
        "delivery.aliases": 50 if delivery.hosted_zone_id is None else 1300,
        "delivery.cors": 60,
    }
    key = max(counts, key=lambda name: counts[name] * weights[name])
    raise SettingsError(
        f"{key}: {counts[key]} are listed, with which the template has {size} bytes, and CloudFormation takes "
        f'{MAX_TEMPLATE} (CloudFormation user guide, "Understand CloudFormation quotas").',
        _SHORTER[key],
    )


def _build_resources(settings: Settings) -> Iterator[Any]:
    key = build_key(settings)
    bucket = build_bucket(settings, key) if settings.has_bucket and not settings.bucket.existing else None
    place = locate_bucket(settings, bucket) if settings.has_bucket else None
    access = build_origin_access_control() if place else None
    yield from filter(None, (key, bucket, access))

    cache, headers = _policies(settings)
    functions = _functions(settings)
    yield from filter(None, (cache, headers, *functions.values()))

    parts = Parts(
        place,
        access,
        settings.delivery.cache_policy_id or Ref(cache),
        settings.delivery.response_headers_policy_id or Ref(headers),
        logging=log_config(settings),
        **functions,
    )
    distribution = build_distribution(settings, parts)
    yield distribution
    yield from _around(settings, place, distribution)


def _policies(settings: Settings) -> tuple[Any, Any]:
    delivery = settings.delivery
    return (
        None if delivery.cache_policy_id else build_cache_policy(settings),
        None if delivery.response_headers_policy_id else build_response_headers_policy(settings),
    )


def _functions(settings: Settings) -> dict[str, Any]:
    functions = {}
    if settings.has_app_origin:
        functions["not_found"] = build_function("NotFound", not_found_code())
    drops, maps = lets_viewers_choose(settings), settings.assets.maps_query
    if drops or maps:
        code = request_code(drops_acting=drops, maps_query=maps, prefix=settings.assets.prefix)
        functions["request_filter"] = build_function("RequestFilter", code)
    return functions


def _around(settings: Settings, place: Place | None, distribution: Any) -> Iterator[Any]:
    """Build the bucket policy, the logs, the DNS records, and the deploy policy and role."""
    if place and (not settings.bucket.existing or settings.bucket.manage_policy):
        yield build_bucket_policy(settings, place, distribution)
    yield from build_logs(settings, distribution)
    yield from build_records(settings, distribution)
    policy = build_deploy_policy(settings, place, distribution) if place else None
    yield from filter(None, (policy, build_github_role(settings, policy)))


def _pick(content: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    # A key that is missing in the order raises an error, so that none is dropped silently.
    return {key: content[key] for key in sorted(content, key=order.index)}
