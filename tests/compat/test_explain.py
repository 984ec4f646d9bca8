"""What an app's config is said to mean."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from flask_cdn_stack import CDN
from flask_cdn_stack.compat import flask_cdn, flask_s3
from flask_cdn_stack.compat.explain import Explanation, explain_config
from flask_cdn_stack.compat.peer_settings import PEER_SETTINGS, READERS
from flask_cdn_stack.compat.s3_settings import LAST_OLD_NAMES
from flask_cdn_stack.config_keys import CONFIG_KEYS

from .s3_app import NEW, OLD


def explain(extension: Any = None, **config: Any) -> Explanation:
    app = Flask("shop")
    app.config.update(config)
    if extension is not None:
        extension(app)
    return explain_config(app)


def states(explanation: Explanation) -> dict[str, str]:
    return {finding.key: finding.state for finding in explanation.findings}


def test_an_app_of_ours() -> None:
    """Its own keys are understood, a peer's have no effect, and a slip of the pen is named."""
    explanation = explain(CDN, CDN_DOMAIN="cdn.example.net", CDN_TIMESTAP=True, S3_BUCKET_NAME="shop")
    assert explanation.reader == "flask_cdn_stack.CDN"
    assert states(explanation) == {"CDN_DOMAIN": "used", "S3_BUCKET_NAME": "ignored", "CDN_TIMESTAP": "unknown"}
    meanings = {finding.key: finding.meaning for finding in explanation.findings}
    assert "FlaskS3" in meanings["S3_BUCKET_NAME"]
    assert "CDN_TIMESTAMP" in meanings["CDN_TIMESTAP"]


def test_an_app_without_a_cdn() -> None:
    """Nothing is read, and that is said."""
    explanation = explain(CDN_DOMAIN="cdn.example.net")
    assert explanation.reader is None
    assert "neither" in explanation.urls
    assert states(explanation) == {"CDN_DOMAIN": "ignored"}


def test_what_the_extension_wrote_itself() -> None:
    """Defaults that init_app wrote are told from what the user set."""
    found = states(explain(flask_cdn.CDN, CDN_DOMAIN="cdn.example.net", CDN_HTTPS=True))
    assert found["CDN_DOMAIN"] == found["CDN_HTTPS"] == "used"
    assert found["CDN_TIMESTAMP"] == found["CDN_DEBUG"] == "default"


def test_flask_s3() -> None:
    """Both dialects are understood, CDN_* values are not, and keys are not shown."""
    explanation = explain(
        flask_s3.FlaskS3, S3_BUCKET_NAME="shop", CDN_DOMAIN="x.net", AWS_SECRET_ACCESS_KEY="wJalrXUtnFEMI"
    )
    found = states(explanation)
    assert explanation.reader == READERS["flask_s3"]
    assert explanation.urls.startswith("//shop.s3.amazonaws.com/")
    assert (found["S3_BUCKET_NAME"], found["CDN_DOMAIN"], found["AWS_SECRET_ACCESS_KEY"]) == ("used", "ignored", "used")
    assert "wJalrXUtnFEMI" not in repr(explanation)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "<the request's scheme>://cdn.example.net/<path>?t="),
        (
            {"CDN_HTTPS": False, "CDN_MANIFEST": True, "CDN_VERSION": 7},
            "http://cdn.example.net/<path>?c=<checksum>&v=7",
        ),
        ({"CDN_MANIFEST": True, "CDN_FINGERPRINT": "path"}, "in the file's name"),
        ({"DEBUG": True}, "The app's own at present"),
    ],
)
def test_what_urls_look_like(config: dict[str, Any], expected: str) -> None:
    """A pattern says what the settings come to."""
    assert expected in explain(CDN, **({"CDN_DOMAIN": "cdn.example.net"} | config)).urls


@pytest.mark.parametrize(
    ("config", "ignored"),
    [
        ({"CDN_TIMESTAMP": True, "CDN_MANIFEST": True}, {"CDN_MANIFEST", "CDN_MANIFEST_URL"}),
        ({"CDN_TIMESTAMP": False}, {"CDN_MANIFEST_URL"}),
        ({"CDN_MANIFEST": True}, set()),
    ],
)
def test_a_manifest_that_is_not_used(config: dict[str, Any], ignored: set[str]) -> None:
    """Turning on the manifest beside time stamps, or only saying where it is, has no effect; that is said."""
    explanation = explain(CDN, CDN_DOMAIN="cdn.example.net", CDN_MANIFEST_URL="m.txt", **config)
    assert {key for key, state in states(explanation).items() if state == "ignored"} == ignored


def test_a_wrong_value() -> None:
    """Everything is listed all the same, and the error is handed over."""
    explanation = explain(CDN, CDN_DOMAIN="cdn.example.net", CDN_HTTPS="perhaps")
    assert explanation.error is not None
    assert "CDN_HTTPS" in explanation.error.message
    assert set(states(explanation)) == {"CDN_DOMAIN", "CDN_HTTPS"}


@pytest.mark.parametrize(
    "config",
    [
        {"S3_SECRET": "hush"},
        {"FLASKS3_HEADERS": {"Authorization": "hush"}},
        {"FLASKS3_CDN_DOMAIN": {"a": "https://u:hush@x"}},
        {"CDN_MANIFEST_URL": " https://u:hush@x/m?sig=hush"},
        {"CDN_DOMAIN": "u:hush@x"},
    ],
)
def test_secrets(config: dict[str, Any]) -> None:
    """No value that may be one is shown, in a finding or in an error."""
    for extension in (None, CDN, flask_cdn.CDN, flask_s3.FlaskS3):
        explanation = explain(extension, **({"S3_BUCKET_NAME": "shop"} | config))
        assert "hush" not in repr(explanation) + str(explanation.error), extension


@pytest.mark.parametrize(
    ("config", "ignored"),
    [
        (NEW | {"S3_BUCKET_NAME": "old", "USE_S3": True}, {"S3_BUCKET_NAME"}),
        (NEW | dict.fromkeys(sorted(LAST_OLD_NAMES), "of the app itself"), LAST_OLD_NAMES),
        (NEW | {"FLASKS3_ACTIVE": True, "USE_S3": False}, {"USE_S3"}),
        (OLD | {"S3_URL_SCHEME": "http", "S3_USE_HTTPS": True, "S3_USE_HTTP": 1}, {"S3_USE_HTTPS", "S3_USE_HTTP"}),
        (NEW | {"FLASKS3_CACHE_CONTROL": "no-cache"}, {"FLASKS3_CACHE_CONTROL"}),
        (OLD | {"S3_GZIP_CONTENT_TYPES": ["text/css"]}, {"S3_GZIP_CONTENT_TYPES"}),
        (NEW | {"FLASKS3_USE_HTTP": True}, {"FLASKS3_USE_HTTP"}),
    ],
    ids=lambda value: str(sorted(value)),
)
def test_settings_of_flask_s3_without_effect(config: dict[str, Any], ignored: set[str]) -> None:
    """What another setting wins over, or what is for something that is off, is told."""
    explanation = explain(flask_s3.FlaskS3, **config)
    assert explanation.error is None
    assert {key for key, state in states(explanation).items() if state == "ignored"} == ignored


@pytest.mark.parametrize(
    ("config", "expected"),
    [({"S3_CACHE_BUSTING": True}, "?<six digits of the file's SHA-1>"), ({"USE_GZIP": True}, ".gz behind names of")],
)
def test_what_urls_in_s3_look_like(config: dict[str, Any], expected: str) -> None:
    """A pattern says it of the forks' URLs too."""
    assert expected in explain(flask_s3.FlaskS3, S3_BUCKET_NAME="shop", **config).urls
    assert expected not in explain(flask_s3.FlaskS3, S3_BUCKET_NAME="shop", USE_S3=False, **config).urls


def test_the_peer_itself() -> None:
    """An import that was forgotten is warned of."""
    assert "flask_cdn" in explain_config(Flask("shop"), ["flask_cdn"]).warnings[0]


def test_the_table_of_settings() -> None:
    """No setting stands in it twice, every key of ours does, and every reader is a name that can be imported."""
    names = [setting.name for setting in PEER_SETTINGS]
    assert len(names) == len(set(names))
    assert {key.name for key in CONFIG_KEYS} <= set(names)
    assert {reader for setting in PEER_SETTINGS for reader in setting.readers} == set(READERS)
