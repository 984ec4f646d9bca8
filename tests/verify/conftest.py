from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers.tls_front import Authority, TLSFront, make_authority
from tests.verify.fake_cdn import HOST, LOGO, STYLE, FakeCDN


@pytest.fixture
def cdn() -> Iterator[FakeCDN]:
    """A CDN with a style sheet that is compressed, and a picture that is too small for it."""
    files = {"static/css/app.css": ("text/css; charset=utf-8", STYLE), "static/logo.svg": ("image/svg+xml", LOGO)}
    with FakeCDN(files) as found:
        yield found


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Its certificates are good for 30 days."""
    return make_authority(tmp_path_factory.mktemp("authority"), HOST)


@pytest.fixture
def front(cdn: FakeCDN, authority: Authority) -> Iterator[TLSFront]:
    """That CDN by https."""
    with TLSFront(cdn.url, authority) as found:
        yield found
