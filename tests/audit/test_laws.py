"""Every template that is made keeps every law, and the laws of the tests do look."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from flask_cdn_stack.infrastructure.dns import name_record
from flask_cdn_stack.infrastructure.launchable import VARIANTS as LAUNCHABLE
from flask_cdn_stack.infrastructure.launchable import Variant, render_variant
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

from ..infrastructure.cases import CASES
from ..infrastructure.short_forms import load_template
from .broken import REMOVED, break_template
from .laws import check_laws, find_mistakes

CONFIG = "Distribution.DistributionConfig"
ORIGIN = f"{CONFIG}.Origins.0"
CUSTOM = f"{CONFIG}.Origins.1"
GROUP = f"{CONFIG}.OriginGroups.Items.0"
CERTIFICATE = f"{CONFIG}.ViewerCertificate"
CACHE = "CachePolicy.CachePolicyConfig"
HEADERS = "ResponseHeadersPolicy.ResponseHeadersPolicyConfig"
#: The settings, the place in the resources' properties, what is put there, and a part of the sentence.
BROKEN: list[tuple[str, str, Any, str]] = [
    ("bucket", f"{CACHE}.MinTTL", 86401, "not in this order"),
    ("named", CERTIFICATE, REMOVED, "without a certificate"),
    ("named", f"{name_record('AAAA', 'cdn.shop.example')}.AliasTarget.HostedZoneId", "Z1D633", "CloudFront's is Z2"),
    ("bucket", f"{ORIGIN}.DomainName", "shop.s3-website.eu-west-1.amazonaws.com", "website endpoint"),
    ("bucket", f"{ORIGIN}.ConnectionAttempts", 9, "ConnectionAttempts is 9"),
    ("failover", f"{GROUP}.Members.Items.1.OriginId", "apq", "its member apq is no origin"),
    ("bucket", f"{HEADERS}.CustomHeadersConfig.Items.2.Value", "Accept-Encoding", "Vary does not name origin"),
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "Content-Type", "Content-Type cannot be removed"),
]


def test_cases() -> None:
    """Whatever two choices of different parts of the settings go together."""
    for content in CASES:
        check_laws(build_template(msgspec.convert(content, Settings)))


@pytest.mark.parametrize("variant", LAUNCHABLE, ids=lambda variant: variant.name)
def test_launchable(variant: Variant) -> None:
    """Parameters in place of values, and short forms read back, pass too."""
    check_laws(load_template(render_variant(variant)))


@pytest.mark.parametrize(("name", "place", "value", "message"), BROKEN, ids=[place for _, place, *_ in BROKEN])
def test_broken(name: str, place: str, value: Any, message: str) -> None:
    """Each mistake is found."""
    assert any(message in mistake for mistake in find_mistakes(break_template(name, {place: value})))
