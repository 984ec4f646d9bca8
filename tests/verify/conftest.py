from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.verify.fake_cdn import LOGO, STYLE, FakeCDN


@pytest.fixture
def cdn() -> Iterator[FakeCDN]:
    """A CDN with a style sheet that is compressed, and a picture that is too small for it."""
    files = {"static/css/app.css": ("text/css; charset=utf-8", STYLE), "static/logo.svg": ("image/svg+xml", LOGO)}
    with FakeCDN(files) as found:
        yield found
