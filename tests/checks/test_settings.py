"""What the checks refuse, what they warn of, and what they let pass."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.checks.query_strings import acts_on_s3, check_query_strings
from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.naming import OWN_FOLDER, PROJECT_TAG
from flask_cdn_stack.settings.model import Settings


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


def nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


def many_tags(count: int) -> dict[str, str]:
    return {f"key-{number}": "" for number in range(count)}


ACCEPTED: list[tuple[str, Any]] = [
    ("stack", "Shop-cdn-2" + "x" * 30),
    ("region", "eu-central-2"),
    ("query_strings", ["c", *"abdefghij"]),
    ("query_strings", ["c", "x" * 1023]),
    ("delivery.ttl", {"min": 5, "default": 5, "max": 5}),
    ("delivery.ttl", {"min": 0, "default": 0, "max": 1}),
    ("delivery.cors", None),
    ("delivery.cors", ["https://shop.example", "http://localhost:5000", "https://127.0.0.1:8443"]),
    ("delivery.hsts", 0),
    ("assets.prefix", "shop/live_2/v1.0"),
    ("assets.prefix", "x" * 254),
    ("assets.prefix", OWN_FOLDER + "-not"),
    ("tags", many_tags(49)),
    ("tags", {"k" * 128: "v" * 256}),
    ("tags", {"Kosten Stelle": "a+b=c/d:e@f.g_h-i", "größe": "1", "saws:x": "aws:y"}),
    ("config_file", None),
    ("tags", {"flask-cdn-stack:team": "web"}),
    ("assets.media_types", {"*.x": "text/x", "*.y": 'a/b;c=d ; e="f; g=h"', "*.z": "application/vnd.x-y+json"}),
    ("config_file", "CDN_manifest.txt"),
    ("config_file", "..cdn.py"),
    ("manifest_file", None),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("stack", "", "1 to 40 letters"),
    ("stack", "1shop", "begins with a letter"),
    ("stack", "shop\n", "letters, digits and hyphens"),
    ("stack", "x" * 41, "1 to 40"),
    ("region", "cn-north-1", "'cn-north-1' lies in an AWS partition of its own"),
    ("region", "x y", "'x y' is not the code of an AWS region"),
    ("region", "us-east-1\n", "is not the code"),
    ("query_strings", ["C"], "C lacks c"),
    ("query_strings", ["c", ""], "'' has characters"),
    ("query_strings", ["c", "a%62"], "'a%62' has characters"),
    ("delivery.ttl", {"min": 2, "default": 1, "max": 3}, "min 2, default 1 and max 3"),
    ("delivery.ttl", {"min": 0, "default": 0, "max": 0}, "delivery.ttl.max: 0 lets the edge keep nothing"),
    ("delivery.cors", [], "the list is empty"),
    ("delivery.cors", ["*"], "'*' is not an origin"),
    ("delivery.cors", ["https://shop.example/"], "trailing slash"),
    ("delivery.cors", ["https://Shop.example"], "lower case"),
    ("delivery.cors", ["https://shop.*"], "only as the host's first part"),
    ("delivery.cors", ["https://a.example:0"], "not an origin"),
    ("delivery.cors", ["null"], "'null' is not an origin"),
    ("delivery.cors", ["https://a.example", "https://a.example"], "listed twice"),
    ("assets.prefix", "/shop", "leading, trailing or double slash"),
    ("assets.prefix", "a/../b", "'a/../b'"),
    ("assets.prefix", f"shop/{OWN_FOLDER}/x", "records that are never served"),
    ("assets.prefix", "a b", "characters other than"),
    ("assets.prefix", "x" * 255, "has 255 characters"),
    ("tags", many_tags(50), "50 are given"),
    ("tags", {"k" * 129: "x"}, "1 to 128 characters"),
    ("tags", {"k": "x" * 257}, "tags.k: a key has"),
    ("tags", {"AWS:x": "y"}, "belong to AWS"),
    ("tags", {"a;b": "y"}, "'a;b'"),
    ("tags", {"a": "b\nc"}, "may have letters"),
    ("tags", {PROJECT_TAG: "tea"}, "this tag is flask-cdn-stack's own"),
    ("assets.media_types", {"*.x": "nonsense\r\nX: y"}, "assets.media_types.*.x: 'nonsense\\r\\nX: y' is not a media"),
    ("assets.media_types", {"*.x": "text/css\n"}, "is not a media type"),
    ("assets.media_types", {"*.x": "text/css; charset=ü"}, "in ASCII"),
    ("config_file", "./cdn_manifest.txt", "'cdn_manifest.txt' is the config file too"),
    ("manifest_file", ".//cdn_config.py", "'.//cdn_config.py' is the config file too"),
]


@pytest.mark.parametrize(("path", "value"), ACCEPTED)
def test_accepted(path: str, value: Any) -> None:
    """What AWS takes and serves passes without a word."""
    assert check_settings(make(**nested(path, value))) == ()


#: What no page of AWS's states.
OWN_RULES = ("never served", "which project the stack belongs to", "is the config file too")


@pytest.mark.parametrize(("path", "value", "message"), REFUSED)
def test_refused(path: str, value: Any, message: str) -> None:
    """What fails later is refused at once, with the key, the value, the rule, its page and what to do."""
    with pytest.raises(SettingsError) as caught:
        check_settings(make(**nested(path, value)))

    assert message in caught.value.message
    assert caught.value.message.startswith((path, "manifest_file"))
    assert re.search(r'\([\w\' ]+, "', caught.value.message) or caught.value.message.rstrip(".").endswith(OWN_RULES)
    assert caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "name",
    [
        "response-content-type", "response-anything", "partNumber", "versionId", "acl", "legal-hold", "uploadId",
        "list-type", "policy", "X-Amz-Signature", "x-amz-anything", "AWSAccessKeyId",
    ],
)  # fmt: skip
def test_names_that_act_on_s3(name: str) -> None:
    """A name that S3 acts on is refused."""
    with pytest.raises(SettingsError, match="S3 acts on"):
        check_query_strings(("c", name))


@pytest.mark.parametrize(
    "disguise",
    [
        str.upper,
        lambda name: f"%{ord(name[0]):02x}{name[1:]}",
        lambda name: f"%25{ord(name[0]):02X}{name[1:]}",
        lambda name: "".join(f"%2525{ord(letter):02x}" for letter in name),
        lambda name: f" {name}\t",
    ],
)
def test_spellings_of_names_that_act_on_s3(disguise: Any) -> None:
    """Such a name, or the beginning of one, is refused in every spelling."""
    for name in ("versionId", "response-expires"):
        with pytest.raises(SettingsError, match="S3 acts on"):
            check_query_strings(("c", disguise(name)))


@pytest.mark.parametrize("name", ["t", "c", "v", "h", "responses", "x-am", "aclx", "version", "%", "100%25"])
def test_names_that_do_not_act_on_s3(name: str) -> None:
    """Other names mean nothing to S3."""
    assert not acts_on_s3(name)
