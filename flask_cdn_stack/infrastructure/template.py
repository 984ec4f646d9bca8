"""The whole CloudFormation template, as a value and as text. Equal settings give equal bytes."""

from __future__ import annotations

from typing import Any, Literal

from troposphere import GetAtt, Output, Ref, Template

from ..settings.model import Settings
from .bucket import build_bucket, build_bucket_policy
from .checks import check_settings
from .distribution import (
    build_cache_policy,
    build_distribution,
    build_origin_access_control,
    build_response_headers_policy,
)

DESCRIPTION = "A private S3 bucket and a CloudFront distribution for the static files of a Flask app"

_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Resources", "Outputs")
_ATTRIBUTES = ("Type", "DeletionPolicy", "UpdateReplacePolicy", "Properties")


def render_template(settings: Settings, format: Literal["yaml", "json"] = "yaml") -> str:
    """Return the template as text: YAML with CloudFormation's short forms, or JSON.

    :raises flask_cdn_stack.errors.SettingsError: as :func:`.checks.check_settings`.
    """
    template = _build(settings)
    if format == "json":
        return str(template.to_json(indent=2, sort_keys=False)) + "\n"
    return str(template.to_yaml(sort_keys=False))


def build_template(settings: Settings) -> dict[str, Any]:
    """Return the template as a value, with the long forms of CloudFormation's functions.

    :raises flask_cdn_stack.errors.SettingsError: as :func:`.checks.check_settings`.
    """
    return dict(_build(settings).to_dict())


class _OrderedTemplate(Template):  # type: ignore[misc]
    """A template whose sections and attributes stand in the order in which people read them."""

    def to_dict(self) -> dict[str, Any]:
        content = super().to_dict()
        content["Resources"] = {name: _pick(value, _ATTRIBUTES) for name, value in content["Resources"].items()}
        return _pick(content, _SECTIONS)


def _build(settings: Settings) -> Template:
    check_settings(settings)
    template = _OrderedTemplate(Description=DESCRIPTION)
    template.set_version()
    bucket = template.add_resource(build_bucket(settings))
    access = template.add_resource(build_origin_access_control())
    cache = template.add_resource(build_cache_policy(settings))
    headers = template.add_resource(build_response_headers_policy(settings))
    distribution = template.add_resource(build_distribution(settings, bucket, access, cache, headers))
    template.add_resource(build_bucket_policy(bucket, distribution))
    template.add_output(_outputs(settings, bucket, distribution))
    return template


def _outputs(settings: Settings, bucket: Any, distribution: Any) -> list[Output]:
    domain = GetAtt(distribution, "DomainName")
    prefix = settings.assets.prefix
    return [
        Output("CdnDomain", Description="Host of the static files' URLs", Value=domain),
        Output("DistributionId", Description="The CloudFront distribution", Value=Ref(distribution)),
        Output("DistributionDomainName", Description="The distribution's own host name", Value=domain),
        Output("BucketName", Description="The S3 bucket with the static files", Value=Ref(bucket)),
        Output("OriginMode", Description="Where CloudFront fetches from", Value="bucket"),
        *([Output("AssetsPrefix", Description="Folder in the bucket that is served", Value=prefix)] if prefix else []),
    ]


def _pick(content: dict[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    # A key without a place in the order is an error here, so that none is dropped in silence.
    return {key: content[key] for key in sorted(content, key=order.index)}
