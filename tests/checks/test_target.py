"""What is refused of a target, and what a target makes useless."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.settings import check_settings, require_stack
from flask_cdn_stack.errors import RefusedError, SettingsError
from flask_cdn_stack.settings.model import Settings


def make(target: dict[str, str], **content: Any) -> Settings:
    """Return settings with a target, of which what it must have is added."""
    return msgspec.convert(
        {"target": {"bucket": "shop-assets", "domain": "cdn.shop.example", **target}, **content}, Settings
    )


@pytest.mark.parametrize(
    "target",
    [
        {},
        {"bucket": "shop.assets.1"},
        {"bucket": "10.0.0.x"},
        {"domain": "[::1]:9000"},
        {"domain": "bücher.example"},
        {"distribution_id": "E1A2B3C4D5E6F7"},
        {"region": "us-gov-west-1"},
        {"region": "cn-north-1", "distribution_id": "E1A2B3C4D5E6F7"},
        {"region": "auto"},
    ],
)
def test_accepted(target: dict[str, str]) -> None:
    """What S3, CloudFront and other services call theirs passes without a word."""
    assert check_settings(make(target)) == ()


REFUSED = {
    "bucket": (
        ["", "ab", "a" * 64, "Shop", "a_b", "-ab", "ab.", "a..b", "10.0.0.1", "s3://shop", "shop/x", "abc\n"],
        "is not a name of 3 to 63 lower-case letters",
        "S3 user guide",
    ),
    "domain": (
        ["", "https://cdn.example", "//cdn.example", "cdn.example/x", "cdn.example/", "a b", "x:0", "x:y"],
        "is not a host, with a port where needed",
        "CDN_DOMAIN",
    ),
    "distribution_id": (
        ["", "e1", "d1.cloudfront.net", "arn:aws:cloudfront::1:distribution/E1", "E", "E1\n"],
        "is not the id of a CloudFront distribution",
        "CloudFront API reference",
    ),
    "region": (["", "EU", "eu central", "-x", "auto\n"], "is not the code of a region", "S3 user guide"),
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, (values, *_) in REFUSED.items() for value in values])
def test_refused(key: str, value: str) -> None:
    """With the key, the value, the rule, where it is from, and how to write it."""
    _, rule, page = REFUSED[key]

    with pytest.raises(SettingsError) as caught:
        check_settings(make({key: value}))

    assert caught.value.message.startswith(f"target.{key}: {value!r} {rule}")
    assert page in caught.value.message
    assert caught.value.hint.startswith("Write ")


def test_passwords() -> None:
    """Are not said again."""
    with pytest.raises(SettingsError, match=r"target\.domain: 'x' is not a host") as caught:
        check_settings(make({"domain": "me:secret@x"}))

    assert "secret" not in str(caught.value)


def test_what_must_be_given() -> None:
    """A target without bucket or domain is none."""
    for target, missing in [({"domain": "x"}, "target.bucket"), ({"bucket": "shop"}, "target.domain")]:
        with pytest.raises(SettingsError, match=missing):
            check_settings(msgspec.convert({"target": target}, Settings))


KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.mark.parametrize(
    ("more", "unused"),
    [
        ({"stack": "shop-cdn"}, "stack."),
        ({"bucket": {"retain": False}, "tags": {"a": "b"}}, "bucket, tags."),
        ({"delivery": {"ttl": {"min": 1}}}, "delivery."),
        ({"bucket": {"encryption": f"kms:{KEY}", "former_keys": [f"{KEY}0"]}, "region": "eu-central-1"}, ""),
        ({"region": "eu-central-1", "query_strings": ["c"], "assets": {"prefix": "shop"}, "bucket": {}}, ""),
    ],
)
def test_what_only_a_stack_can_have(more: dict[str, Any], unused: str) -> None:
    """Passes beside a target, which one stage may have where another has a stack; a warning says what is not used."""
    warnings = check_settings(make({}, **more))

    assert warnings == ((f"target: there is no stack, so these have no effect: {unused}",) if unused else ())


def test_commands_that_need_a_stack() -> None:
    """Are refused where there is a target, with what to do instead."""
    require_stack(Settings())
    with pytest.raises(RefusedError, match="the bucket shop-assets: there is no stack") as caught:
        require_stack(make({}))

    assert "`flask-cdn-stack config --write`" in caught.value.hint
    assert caught.value.exit_code == 4


def test_regions() -> None:
    """The target's wins over the stack's, where it has one."""
    assert Settings().session_region is None
    assert Settings(region="eu-west-1").session_region == "eu-west-1"
    assert make({}, region="eu-west-1").session_region == "eu-west-1"
    assert make({"region": "auto"}, region="eu-west-1").session_region == "auto"
