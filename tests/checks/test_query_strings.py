"""Query strings by where they go: to a bucket by signed requests, or to the app."""

from __future__ import annotations

import pytest

from flask_cdn_stack.checks.query_strings import check_query_strings
from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.delivery import AppOrigin
from flask_cdn_stack.settings.model import Settings

APP = AppOrigin(domain="www.shop.example")
ACTING = ("c", "response-content-type", "versionId", "x-amz-meta")


def test_names_that_act_on_s3() -> None:
    """Are refused where S3 is asked, and mean nothing to an app."""
    check_query_strings(ACTING, signed=False)
    assert check_settings(Settings(origin="app", app_origin=APP, query_strings=ACTING)) == ()
    for settings in (
        Settings(query_strings=ACTING),
        Settings(origin="failover", app_origin=APP, query_strings=ACTING),
        Settings(query_strings=ACTING, unsafe_query_strings=True),
    ):
        with pytest.raises(SettingsError, match="S3 acts on 'response-content-type'"):
            check_settings(settings)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "the list is empty"),
        (("c", *"abdefghijk"), "11 names are listed"),
        (("c", "x" * 1024), "1025 characters together"),
        (("c", "a b"), "'a b' has characters"),
        (("c", "c"), "listed twice"),
        (("t", "v"), "lacks c"),
    ],
)
@pytest.mark.parametrize("signed", [True, False])
def test_what_no_cache_policy_takes(names: tuple[str, ...], message: str, signed: bool) -> None:
    """Is refused whoever is asked."""
    with pytest.raises(SettingsError, match=message):
        check_query_strings(names, signed=signed)


@pytest.mark.parametrize(
    ("settings", "warning"),
    [
        (Settings(origin="app", app_origin=APP), ""),
        (Settings(origin="app", app_origin=APP, query_strings="all"), ""),
        (Settings(query_strings="all", unsafe_query_strings=True), "true lets every name"),
        (Settings(origin="failover", app_origin=APP, query_strings="all", unsafe_query_strings=True), "true lets"),
        (Settings(unsafe_query_strings=True), "has no effect while query_strings is not all"),
        (Settings(origin="app", app_origin=APP, unsafe_query_strings=True), "has no effect while origin is app"),
    ],
)
def test_all(settings: Settings, warning: str) -> None:
    """Is an app's default; on a bucket it takes a word, and that word is said back."""
    warnings = [sentence for sentence in check_settings(settings) if sentence.startswith("unsafe_query_strings: ")]

    assert len(warnings) == bool(warning)
    assert warning in "".join(warnings)
