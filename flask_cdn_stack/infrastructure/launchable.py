"""Builds templates with parameters, which users can launch from the console or the CLI without this tool.

``python -m flask_cdn_stack.infrastructure.launchable templates`` writes them into the folder ``templates/``.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..settings.delivery import AppOrigin, Delivery
from ..settings.model import Settings
from .dns import name_record
from .parameters import Parameter, choose_parameters
from .template import OrderedTemplate, build_template

_APP = AppOrigin(domain="app.example.com", paths=("/static/*",))
_OWN_DOMAIN = Delivery(
    aliases=("cdn.example.com",),
    certificate_arn="arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
    hosted_zone_id="Z00000000000000000000",
)

_ONLY_IN_VIRGINIA = {
    "Assertions": [
        {
            "Assert": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]},
            "AssertDescription": "CloudFront's logs are delivered by a stack in us-east-1 only.",
        }
    ]
}

_NOT_ITSELF = {
    "Assertions": [
        {
            "Assert": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AppDomain"}, {"Ref": "DomainName"}]}]},
            "AssertDescription": "The app's host is not the CDN's own: CloudFront would ask itself.",
        }
    ]
}


@dataclass(frozen=True)
class Variant:
    """One of the templates in ``templates/``, and the settings from which it is built."""

    name: str
    purpose: str
    settings: Settings


VARIANTS = (
    Variant("bucket", "Files in a private bucket, under the name that CloudFront gives.", Settings()),
    Variant(
        "bucket-with-domain",
        "The same under a host name of your own, with its DNS records.",
        Settings(delivery=_OWN_DOMAIN),
    ),
    Variant(
        "bucket-with-logs",
        "The same with access logs in a bucket of their own. Only in us-east-1.",
        Settings(delivery=Delivery(logs="v2")),
    ),
    Variant(
        "app",
        "No bucket: CloudFront fetches static files from the app.",
        Settings(origin="app", app_origin=_APP),
    ),
    Variant(
        "failover",
        "Files in a private bucket; what it lacks is fetched from the app.",
        Settings(origin="failover", app_origin=_APP),
    ),
)


def render_launchable(settings: Settings, format: Literal["yaml", "json"] = "yaml") -> str:
    """Return a template with parameters as text, with their groups for the console, and rules.

    Values of the app's origin, the host name, the cache and the bucket become parameters, as far as the settings have
    them; everything else is as in :func:`.template.render_template`.

    :raises flask_cdn_stack.errors.SettingsError: as :func:`flask_cdn_stack.checks.settings.check_settings`.
    """
    template = _Launchable(settings)
    if format == "json":
        return str(template.to_json(indent=2, sort_keys=False)) + "\n"
    return str(template.to_yaml(sort_keys=False))


def render_variant(variant: Variant) -> str:
    """Return a launchable template's YAML."""
    return render_launchable(variant.settings)


def write_variants(folder: Path) -> None:
    """Write every launchable template into a folder."""
    folder.mkdir(exist_ok=True)
    for variant in VARIANTS:
        (folder / f"{variant.name}.yaml").write_text(render_variant(variant), "utf-8", newline="\n")


class _Launchable(OrderedTemplate):
    """A built template in which some values are parameters."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._settings = settings

    def to_dict(self) -> dict[str, Any]:
        content = _name_records(build_template(self._settings), self._settings)
        parameters = choose_parameters(self._settings)
        content["Parameters"] = {
            parameter.name: parameter.describe(_replace(content, parameter)) for parameter in parameters
        }
        content["Metadata"] = {"AWS::CloudFormation::Interface": dict(_interface(parameters))}
        if rules := dict(_rules(self._settings, content["Parameters"])):
            content["Rules"] = rules
        return self.arrange(content)


def _rules(settings: Settings, parameters: Collection[str]) -> Iterator[tuple[str, Any]]:
    if settings.delivery.logs == "v2":
        yield "OnlyInVirginia", _ONLY_IN_VIRGINIA
    if {"AppDomain", "DomainName"} <= set(parameters):
        yield "NotItself", _NOT_ITSELF


def _name_records(content: dict[str, Any], settings: Settings) -> dict[str, Any]:
    # A parameter gives the only alias, so the logical id cannot be built from it; with one alias it need not be unique.
    aliases = settings.delivery.aliases
    if len(aliases) != 1:
        return content
    names = {name_record(kind, aliases[0]): f"Record{kind}0" for kind in ("A", "AAAA")}
    resources = {names.get(title, title): resource for title, resource in content["Resources"].items()}
    return {**content, "Resources": resources}


def _replace(content: dict[str, Any], parameter: Parameter) -> Any:
    """Put a reference at each of a parameter's places, and return the first value that it replaces."""
    found: list[Any] = []
    for place in parameter.places:
        *way, last = place.split(".")
        node: Any = content
        for step in way:
            node = _step(node, step)
        if node is not None and (key := _key(node, last)) is not None:
            found.append(node[key])
            node[key] = parameter.refer()
    if not found:
        raise LookupError(f"{parameter.name} stands for nothing in this template.")
    return found[0]


def _step(node: Any, step: str) -> Any:
    key = None if node is None else _key(node, step)
    return None if key is None else node[key]


def _key(node: Any, step: str) -> Any:
    # Items of a list are found by their index, or by their Id or Sid.
    if not isinstance(node, list):
        return step if step in node else None
    if step.isdigit():
        return int(step) if int(step) < len(node) else None
    return next((number for number, item in enumerate(node) if step in (item.get("Id"), item.get("Sid"))), None)


def _interface(parameters: tuple[Parameter, ...]) -> Iterator[tuple[str, Any]]:
    groups = dict.fromkeys(parameter.group for parameter in parameters)
    yield (
        "ParameterGroups",
        [
            {
                "Label": {"default": group},
                "Parameters": [parameter.name for parameter in parameters if parameter.group == group],
            }
            for group in groups
        ],
    )
    yield "ParameterLabels", {parameter.name: {"default": parameter.label} for parameter in parameters}


if __name__ == "__main__":
    write_variants(Path(sys.argv[1]))
