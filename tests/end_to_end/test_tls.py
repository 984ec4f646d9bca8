"""All of it over TLS, with an authority that only the user trusts."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.local.launcher import LocalAWS

from ..conftest import Program
from ..servers.tls_front import Authority, TLSFront, make_authority
from .published import ask


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return make_authority(tmp_path / "authority")


def through(front: TLSFront, **more: str) -> dict[str, str]:
    return {"AWS_ENDPOINT_URL": front.url, **more}


def test_a_stack_and_its_releases(program: Program, local_aws: LocalAWS, authority: Authority) -> None:
    """Provisioned, deployed, changed, listed and taken back."""
    with TLSFront(local_aws.endpoint_url, authority) as front:
        environment = {**program.environment, **through(front, AWS_CA_BUNDLE=str(authority.certificate))}
        user = Program(program.folder, environment)
        domain = user.ok("provision", "--yes", "--json").json["outputs"]["DistributionDomainName"]
        user.ok("deploy")
        (program.folder / "shop/static/css/app.css").write_text("body { color: red }\n")
        uploaded = user.ok("deploy", "--json").json["uploaded"]
        user.ok("rollback", "--yes")
        releases = user.ok("releases", "--json").json["releases"]

    assert [item["key"] for item in uploaded] == ["static/css/app.css"]
    assert len(releases) == 3
    assert ask(program, domain, "/static/css/app.css").body == b"body { color: black }\n"
