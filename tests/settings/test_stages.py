"""Stages that are not there, and stages that share what only one of them can own."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import FILE_NAME, load_project
from tests.conftest import write_files

MANAGED = "bucket: {existing: shop-assets, manage_policy: on}\n"
APP = "origin: app, app_origin: {domain: www.shop.example}"
TARGET = "target: {bucket: shop, domain: cdn.shop.example}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("stages: {live: , test: }", "has no stage 'prod'", "Its stages are: live, test."),
        ("app: shop", "has no stage 'prod'", "It has none. Add it under stages:"),
        (None, "There is no flask-cdn-stack.yml in", "flask-cdn-stack init"),
    ],
)
def test_an_unknown_stage(folder: Path, text: str | None, message: str, hint: str) -> None:
    """The stages there are, or how to get one."""
    if text is not None:
        write_files(folder, {FILE_NAME: text})

    with pytest.raises(SettingsError) as caught:
        load_project(folder, stage="prod")

    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("stack: shop\nstages: {live: , test: }", "live and test share stack shop:"),
        ("stages: {live: , test: {stack: shop-cdn-live}}", "live and test share stack shop-cdn-live:"),
        ("stack: shop\nregion: eu-west-1\nstages: {a: {stack: x}, live: , test: }", "stack shop in eu-west-1:"),
        (f"{MANAGED}stages: {{live: , test: }}", "live and test share bucket.manage_policy of shop-assets:"),
        (f"stack: shop\n{TARGET}\nstages: {{live: , test: }}", "live and test share stack shop in shop: deploying"),
    ],
)
def test_shared(folder: Path, text: str, shared: str) -> None:
    """Is refused in either stage, and not where no stage is chosen."""
    file = folder / FILE_NAME
    write_files(folder, {file.name: text})

    with pytest.raises(SettingsError) as caught:
        load_project(folder, stage="live")

    assert caught.value.message.startswith(f"{file}: the stages live and test share ")
    assert shared in caught.value.message
    assert "for each of them under stages:" in caught.value.hint
    with pytest.raises(SettingsError, match="the stages test and live share"):
        load_project(folder, stage="test")
    load_project(folder)


@pytest.mark.parametrize(
    "text",
    [
        "stages: {live: , test: }",
        "stack: shop\nstages: {live: , test: {stack: shop-test}}",
        "stack: shop\nstages: {live: {region: eu-west-1}, test: {region: eu-west-2}}",
        f"stack: shop\nstages: {{live: {{{TARGET}}}, test: }}",
        f"stack: shop\nstages: {{live: {{stack: own}}, test: , other: {{{TARGET}}}}}",
        f"{MANAGED}stages: {{live: , test: {{bucket: {{existing: shop-test}}}}}}",
        f"{MANAGED}stages: {{live: , test: {{bucket: {{manage_policy: off}}}}}}",
        f"{MANAGED}stages: {{live: , test: {{{APP}}}}}",
        "bucket: {existing: shop-assets}\nstages: {live: {assets: {prefix: live}}, test: {assets: {prefix: test}}}",
        f"stages: {{live: , {'long' * 10}: }}",
        f"{TARGET}\nstages: {{live: , test: }}",
        f"stack: shop\n{TARGET}\nstages: {{live: {{assets: {{prefix: live}}}}, test: }}",
    ],
)
def test_apart(folder: Path, text: str) -> None:
    """Stages with a stack, a region, a bucket or a target of their own are nobody else's concern."""
    write_files(folder, {FILE_NAME: text})

    assert load_project(folder, stage="live").stage == "live"


@pytest.mark.parametrize(("region", "together"), [("eu-west-1", True), ("eu-west-3", False), (None, False)])
def test_a_region_by_flag(folder: Path, region: str | None, together: bool) -> None:
    """Is that of the stage in use, and brings it where another one lies."""
    text = "stack: shop\nstages: {live: {region: eu-west-1}, test: {region: eu-west-2}}"
    write_files(folder, {FILE_NAME: text})
    flags = {"region": region} if region else {}

    if together:
        with pytest.raises(SettingsError, match="test and live share stack shop in eu-west-1"):
            load_project(folder, stage="test", flags=flags)
    else:
        load_project(folder, stage="test", flags=flags)


def test_a_region_by_flag_for_a_file_without(folder: Path) -> None:
    """It would be the other stage's, too."""
    write_files(folder, {FILE_NAME: "stack: shop\nstages: {live: , test: }"})

    with pytest.raises(SettingsError, match="share stack shop in eu-west-3"):
        load_project(folder, stage="test", flags={"region": "eu-west-3"})
