"""The template as a value and as text: what settings change of it, whose usual values stand in ``templates/``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

import flask_cdn_stack
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template, render_template
from flask_cdn_stack.settings.model import Settings

from .short_forms import load_template


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


def resource(name: str, **content: Any) -> dict[str, Any]:
    value: dict[str, Any] = build_template(make(**content))["Resources"][name]
    return value


def properties(name: str, **content: Any) -> dict[str, Any]:
    value: dict[str, Any] = resource(name, **content)["Properties"]
    return value


def distribution(**content: Any) -> dict[str, Any]:
    value: dict[str, Any] = properties("Distribution", **content)["DistributionConfig"]
    return value


def headers(**content: Any) -> dict[str, Any]:
    value: dict[str, Any] = properties("ResponseHeadersPolicy", **content)["ResponseHeadersPolicyConfig"]
    return value


def cache(**content: Any) -> dict[str, Any]:
    value: dict[str, Any] = properties("CachePolicy", **content)["CachePolicyConfig"]
    return value


def test_bucket_retention() -> None:
    """A bucket that is not retained outlives neither deletion nor replacement."""
    bucket = resource("Bucket", bucket={"retain": False})

    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("Delete", "Delete")


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["c"], {"QueryStringBehavior": "whitelist", "QueryStrings": ["c"]}), ("none", {"QueryStringBehavior": "none"})],
)
def test_cache_key(names: Any, expected: dict[str, Any]) -> None:
    """The key holds the named query strings, and no header and no cookie."""
    parameters = cache(query_strings=names)["ParametersInCacheKeyAndForwardedToOrigin"]

    assert parameters["QueryStringsConfig"] == expected
    assert parameters["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert parameters["CookiesConfig"] == {"CookieBehavior": "none"}


@pytest.mark.parametrize("compress", [True, False])
def test_compression(compress: bool) -> None:
    """Encodings are in the key exactly when the edge compresses."""
    parameters = cache(delivery={"compress": compress})["ParametersInCacheKeyAndForwardedToOrigin"]

    assert parameters["EnableAcceptEncodingGzip"] is compress
    assert parameters["EnableAcceptEncodingBrotli"] is compress
    assert distribution(delivery={"compress": compress})["DefaultCacheBehavior"]["Compress"] is compress


def test_cors() -> None:
    """Pages of the named origins may read, without credentials, whatever the origin says."""
    origins = ["https://shop.example", "https://*.shop.example"]

    assert headers(delivery={"cors": origins})["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": origins}


def test_hsts() -> None:
    """Browsers are told for how long, which may be no longer at all."""
    security = headers(delivery={"hsts": 0})["SecurityHeadersConfig"]

    assert security["StrictTransportSecurity"]["AccessControlMaxAgeSec"] == 0


def test_headers_that_are_off() -> None:
    """Are not sent: answers to all are the same then, and the type of a file is still not guessed."""
    policy = headers(delivery={"cors": None, "hsts": None})

    assert "CorsConfig" not in policy
    assert [item["Header"] for item in policy["CustomHeadersConfig"]["Items"]] == [
        "Cross-Origin-Resource-Policy",
        "Timing-Allow-Origin",
    ]
    assert policy["SecurityHeadersConfig"] == {"ContentTypeOptions": {"Override": True}}


def test_origin_path() -> None:
    """A prefix is the origin path, with a leading slash only."""
    (origin,) = distribution(assets={"prefix": "shop/live"})["Origins"]

    assert origin["OriginPath"] == "/shop/live"


@pytest.mark.parametrize(
    ("key", "property", "value"),
    [
        ("price_class", "PriceClass", "PriceClass_All"),
        ("http_version", "HttpVersion", "http1.1"),
        ("ipv6", "IPV6Enabled", False),
    ],
)
def test_distribution_settings(key: str, property: str, value: Any) -> None:
    """A delivery setting reaches its property."""
    assert distribution(delivery={key: value})[property] == value


def test_values_are_baked_in() -> None:
    """No parameter, condition or Fn::If makes one text mean two stacks."""
    template = build_template(Settings())

    assert list(template) == ["AWSTemplateFormatVersion", "Description", "Resources", "Outputs"]
    assert "Fn::If" not in json.dumps(template)


@pytest.mark.parametrize(
    "content", [{}, {"assets": {"prefix": "a/b"}, "query_strings": "none"}, {"delivery": {"cors": None, "hsts": None}}]
)
def test_three_forms_are_equal(content: dict[str, Any]) -> None:
    """YAML, JSON and the value say the same, in the same order."""
    settings = make(**content)
    value = build_template(settings)

    text = render_template(settings)
    from_yaml = load_template(text)
    from_json = json.loads(render_template(settings, format="json"))

    assert json.dumps(value) == json.dumps(from_yaml) == json.dumps(from_json)
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_equal_settings_give_equal_bytes() -> None:
    """Another interpreter with another hash seed writes the same text."""
    program = (
        "import sys; from flask_cdn_stack.infrastructure.template import render_template;"
        "from flask_cdn_stack.settings.model import Settings; sys.stdout.write(render_template(Settings()))"
    )
    env = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(Path(flask_cdn_stack.__file__).parents[1])}
    written = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, check=True).stdout

    assert written == render_template(Settings()).encode()


def test_tags_are_the_stacks() -> None:
    """Tags are set on the stack, which hands them on, so the template does not change with them."""
    assert render_template(make(tags={"team": "web"})) == render_template(Settings())


def test_no_template_of_refused_settings() -> None:
    """Settings that the checks refuse give no template."""
    with pytest.raises(SettingsError, match=r"^query_strings: all"):
        render_template(make(query_strings="all"))
