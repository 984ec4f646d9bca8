"""The templates that people launch as they are."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.infrastructure.launchable import VARIANTS, Variant, render_variant
from flask_cdn_stack.infrastructure.parameters import CATALOG

from .short_forms import load_template

FOLDER = Path(__file__).parents[2] / "templates"
COMMAND = "python -m flask_cdn_stack.infrastructure.launchable templates"

each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)


def load(variant: Variant) -> dict[str, Any]:
    return load_template(render_variant(variant))


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
def test_every_parameter_is_used(variant: Variant) -> None:
    """And every reference to one leads to it."""
    content = load(variant)
    text = render_variant(variant)
    names = set(content["Parameters"])

    assert names == set(variant.parameters)
    assert all(re.search(rf"!Ref '?{name}\b", text) for name in names)


@each_variant
def test_every_parameter_is_explained(variant: Variant) -> None:
    """In the console it has a group, a label, and a description; a default must pass its own pattern."""
    content = load(variant)
    interface = content["Metadata"]["AWS::CloudFormation::Interface"]

    grouped = [name for group in interface["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(content["Parameters"])
    assert set(interface["ParameterLabels"]) == set(content["Parameters"])
    for name, parameter in content["Parameters"].items():
        assert parameter["Description"].endswith(".")
        assert ("Default" in parameter) is not CATALOG[name].asked
        pattern, default = parameter.get("AllowedPattern"), parameter.get("Default")
        if pattern and default:
            assert all(re.fullmatch(pattern, item) for item in str(default).split(","))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("QueryStringNames", ["c", "utm_source"], ["response-content-type", "X-Amz-Date", "versionId", "a b", ""]),
        ("AppDomain", ["www.shop.example", "a-b.example"], ["https://shop.example", "shop", "shop.example/x"]),
        ("StaticPath", ["/static/*", "/shop/static/*"], ["/*", "static/*", "*", "/static"]),
        (
            "CertificateArn",
            ["arn:aws:acm:us-east-1:111122223333:certificate/0f0e-1"],
            ["arn:aws:acm:eu-west-1:111122223333:certificate/0f0e-1", "0f0e-1"],
        ),
    ],
)
def test_patterns(name: str, good: list[str], bad: list[str]) -> None:
    """Refuse before anything is made what CloudFront would refuse after minutes, or what is not safe."""
    pattern = CATALOG[name].limits["AllowedPattern"]

    assert all(re.fullmatch(pattern, value) for value in good)
    assert not [value for value in bad if re.fullmatch(pattern, value)]
