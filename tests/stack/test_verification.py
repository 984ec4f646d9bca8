"""What is known of a project's CDN before it is looked at."""

from __future__ import annotations

import pytest

from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.manifest import render_manifest
from flask_cdn_stack.settings.delivery import AppOrigin, Delivery
from flask_cdn_stack.settings.model import Settings, Target
from flask_cdn_stack.stack.outputs import Outputs
from flask_cdn_stack.stack.site import Site
from flask_cdn_stack.stack.verification import find_rules, verify_site
from flask_cdn_stack.verify.model import Page, Rules
from tests.stack.conftest import MakeProject
from tests.verify.fake_cdn import LOGO, FakeCDN

_ALIAS = Delivery(aliases=("*.shop.example", "cdn.shop.example"), certificate_arn="arn", tls_policy="TLSv1.3_2025")


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        (Settings(), Rules(("*",))),
        (Settings(delivery=Delivery(cors=None, compress=False)), Rules((), compresses=False)),
        (Settings(delivery=Delivery(cors=("https://a.example",))), Rules(("https://a.example",))),
        (Settings(delivery=Delivery(viewer_protocol="https-only")), Rules(("*",), plain_http="https-only")),
        (Settings(delivery=Delivery(response_headers_policy_id="x")), Rules(("*",), sends_cors=False)),
        (Settings(delivery=_ALIAS), Rules(("*",), tls_policy="TLSv1.3_2025")),
        (Settings(delivery=Delivery(aliases=("*.shop.example",), certificate_arn="arn")), Rules(("*",))),
        (Settings(target=Target(bucket="b", domain="d")), Rules(("*",), is_own=False, sends_cors=False)),
    ],
)
def test_the_rules(make_project: MakeProject, settings: Settings, rules: Rules) -> None:
    """Are the settings', as far as the CDN is a stack's."""
    assert find_rules(make_project(settings)) == rules


def test_an_app_as_the_origin(make_project: MakeProject) -> None:
    """Serves what its manifest names, with headers of its own; there is no bucket to look at."""
    settings = Settings(origin="app", app_origin=AppOrigin(domain="shop.example"))
    project = make_project(settings)
    with FakeCDN({"static/logo.svg": ("image/svg+xml", LOGO)}) as cdn:
        connection = open_connection("us-east-1", endpoint_url=cdn.url)
        outputs = Outputs("d111111abcdef8.cloudfront.net", "E1", "")
        (file,) = cdn.publish().files
        site = Site(project, lambda: connection, outputs=outputs)
        with pytest.raises(CDNStackError, match="no manifest"):
            verify_site(site, project)
        (project.folder / "cdn_manifest.txt").write_text(render_manifest({file.key: file.checksum}))
        host = f"d111111abcdef8.cloudfront.localhost:{cdn.url.rpartition(':')[2]}"
        page = Page("http://localhost/", (f"https://{host}/static/logo.svg?c={file.checksum}",))

        report = verify_site(site, project, read_pages=lambda: (page,))

    assert report.failed == ()
    assert report.checked == (f"http://{host}/static/logo.svg?c={file.checksum}",)
    assert {check.name: check.looked for check in report.checks} == {
        "host": 1, "certificate": 0, "http": 0, "status": 1, "bytes": 1, "cors": 2, "hit": 1, "query": 7, "private": 3,
        "pages": 2,
    }  # fmt: skip
