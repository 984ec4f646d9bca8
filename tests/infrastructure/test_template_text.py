"""What the text of a template says to whoever reads it, and how long it may be."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.infrastructure.yaml_text import read_template, write_yaml
from flask_cdn_stack.settings.model import Settings


def make(**content: Any) -> Settings:
    return msgspec.convert(content, Settings)


@pytest.mark.parametrize(
    "name",
    ["1e3", "1E-3", "-1e3", "1.5e3", ".5e1", "5.e0", "1.2.3", "12", "0x1F", "0o17", "1_000", "2026-01-02", ".inf", ".",
     "y", "N", "yes", "Off", "true", "null", "~", "-"],
)  # fmt: skip
def test_text_is_text_to_every_reader(name: str) -> None:
    """What YAML 1.1 or 1.2 could take for a number, a truth value or nothing is quoted."""
    text = render_template(make(query_strings=["c", name]))

    assert f"              - c\n              - '{name}'\n" in text


def test_plain_text_stays_plain() -> None:
    """Names that no reader takes for something else are not quoted."""
    text = render_template(make(query_strings=["c", "yn", "e3", "1e", "v1.2"]))

    assert re.search(r"- c\n +- yn\n +- e3\n +- 1e\n +- v1.2\n", text)


TEXTS = (
    "", " ", "a b", "a\nb", "a\r\nb", "line\n" * 12, "x " * 150, "x" * 250, "012345", "2026-01-02", "- a", "a: b #c",
    "é", "'", '"', "!Ref", "&a", "\u2028", "\x00",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_written_is_read(text: str) -> None:
    """Whatever text it holds, and whatever functions of CloudFormation's."""
    template = {
        "Plain": text,
        "Listed": [text, [text], {}, []],
        "Named": {text or "name": {"Ref": text}},
        "Functions": [
            {"Fn::Sub": [text, {"A": {"Ref": text}}]},
            {"Fn::Join": [text, [text, {"Fn::GetAtt": ["A", "B.C"]}]]},
            {"Fn::If": ["Is", {"Fn::Sub": text}, {"Condition": text}]},
        ],
    }

    assert read_template(write_yaml(template)) == template


def test_what_others_write() -> None:
    """Dates are text and numbers are names, where a template has them, and JSON is read as well."""
    content = {"Version": "2012-10-17", "Mappings": {"Accounts": {"111122223333": {"Count": 2}}}}
    text = "Version: 2012-10-17\nMappings: {Accounts: {111122223333: {Count: 2}}}\n"

    assert read_template(text) == content
    assert read_template(json.dumps(content)) == content
    assert read_template("A: !GetAtt B.C.D\nE: !Sub ['${X}', {X: !Ref Y}]\n") == {
        "A": {"Fn::GetAtt": ["B", "C.D"]},
        "E": {"Fn::Sub": ["${X}", {"X": {"Ref": "Y"}}]},
    }


def test_more_records_than_a_template_holds() -> None:
    """Are refused as the setting that they are; without records as many names fit as CloudFront takes."""
    names = {
        "aliases": [f"shop-{number}.shop.example" for number in range(100)],
        "certificate_arn": "arn:aws:acm:us-east-1:111122223333:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
    }
    render_template(make(delivery=names))

    with pytest.raises(SettingsError, match=r"^delivery\.aliases: 100 are listed, with which") as caught:
        render_template(make(delivery={**names, "hosted_zone_id": "Z0123456789ABC"}))

    assert "51200" in caught.value.message
    assert "CloudFormation user guide" in caught.value.message
    assert "wildcard" in caught.value.hint
