"""What viewers get of an app behind the CDN: as the only origin, and where it stands in for the bucket.

Requests go through an edge that knows nothing but the template that the program prints; the app answers https.
"""

from __future__ import annotations

import copy
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.local.launcher import LocalAWS, reserve_port

from ..conftest import Program, program_environment, write_files
from ..servers.app_server import AppServer, load_app, serve_app
from ..servers.edge import Edge, Surroundings
from ..servers.edge_rules import read_rules
from ..servers.tls_front import Authority, TLSFront, make_authority

HOST = "www.shop.example"

APP = """
    from flask import Blueprint, Flask

    from flask_cdn_stack import CDN


    def create_app():
        app = Flask(__name__)
        CDN(app)
        admin = Blueprint("admin", __name__, url_prefix="/admin", static_folder="files")
        admin.add_url_rule("/", "index", lambda: "private")
        app.register_blueprint(admin)
        app.add_url_rule("/", "index", lambda: "private")
        app.add_url_rule("/login", "login", lambda: "private", methods=["GET", "POST"])

        @app.after_request
        def remember(response):
            response.set_cookie("session", "secret")
            return response

        return app
"""
FILES = {"/static/css/app.css": b"body { color: black }\n", "/admin/files/table.js": b"console.log('table')\n"}

#: What is not a static file, however it is written.
PAGES = [
    "/",
    "/login",
    "/admin/",
    "/static",
    "/Static/css/app.css",
    "//login",
    "/static/../login",
    "/static/%2e%2e/login",
    "/.flask-cdn-stack/state.json.gz",
]


@dataclass(frozen=True)
class Site:
    """An app behind an edge, and what an edge of the same template needs."""

    folder: Path
    app: AppServer
    edge: Edge
    template: dict[str, Any]
    values: dict[str, str]
    surroundings: Surroundings

    def another_edge(self, surroundings: Surroundings) -> Edge:
        """Return an edge of the same template in another world."""
        return Edge(read_rules(self.template, self.values), surroundings)


@contextmanager
def open_site(program: Program, authority: Authority, origin: str, s3: str = "") -> Iterator[Site]:
    """Serve the app of a new project, deploy to its bucket where it has one, and put the edge in front."""
    files = {f"shop{path.replace('/admin', '')}": body for path, body in FILES.items()}
    write_files(program.folder, {**files, "shop/__init__.py": APP})
    with serve_app(load_app(program.folder / "shop")) as app, TLSFront(app.url, authority) as front:
        domain = f"app_origin: {{domain: {HOST}, port: {front.port}}}"
        settings = f"app: shop\nstack: {origin}-origin-cdn\norigin: {origin}\n{domain}\n"
        write_files(program.folder, {"flask-cdn-stack.yml": settings})
        template = program.ok("template", "--format", "json").json
        values = deploy(program) if s3 else {}
        arn = f"arn:aws:cloudfront::000000000000:distribution/{values.get('Distribution')}"
        surroundings = Surroundings(s3, arn, authority.certificate)
        with Edge(read_rules(template, values), surroundings) as edge:
            yield Site(program.folder, app, edge, template, values, surroundings)


def deploy(program: Program) -> dict[str, str]:
    """Make the stack, fill its bucket, and return what the template's references stand for."""
    outputs = program.ok("provision", "--yes", "--json").json["outputs"]
    program.ok("deploy")
    bucket = outputs["BucketName"]
    domain = f"{bucket}.s3.us-east-1.amazonaws.com"
    return {"Bucket": bucket, "Bucket.RegionalDomainName": domain, "Distribution": outputs["DistributionId"]}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority") / "trusted", HOST)


@pytest.fixture(scope="module")
def app_site(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Site]:
    program = Program(tmp_path_factory.mktemp("app") / "project", program_environment(None))
    with open_site(program, authority, "app") as site:
        yield site


@pytest.fixture(scope="module")
def failover_site(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, local_aws: LocalAWS
) -> Iterator[Site]:
    program = Program(tmp_path_factory.mktemp("failover") / "project", program_environment(local_aws))
    with open_site(program, authority, "failover", local_aws.endpoint_url) as site:
        yield site


@pytest.fixture(params=["app_site", "failover_site"])
def site(request: pytest.FixtureRequest) -> Site:
    """Each site in turn, of which nothing was asked so far."""
    found: Site = request.getfixturevalue(request.param)
    found.app.take()
    found.edge.asked.clear()
    return found


@pytest.mark.parametrize("path", FILES)
def test_static_files_come_from_the_app(app_site: Site, path: str) -> None:
    """Of the app and of its blueprint, asked under its own name for exactly what the viewer wants."""
    app_site.app.take()
    target = f"{path}?c=1&response-content-type=text/html"

    answer = app_site.edge.fetch(target, headers={"Cookie": "session=mine", "Origin": "https://shop.example"})

    assert (answer.status, answer.body) == (200, FILES[path])
    assert "html" not in answer.headers["content-type"]
    ((asked, host, cookie),) = [(one.target, one.host, one.cookie) for one in app_site.app.take()]
    assert (asked, host, cookie) == (target, HOST, None)


@pytest.mark.parametrize("path", ["/static/css/app.css", "/static/missing.css"])
def test_headers(site: Site, path: str) -> None:
    """Those of the policy are there, also on an error; cookies and what S3 says of itself are not."""
    headers = site.edge.fetch(path, headers={"Origin": "https://shop.example"}).headers

    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-content-type-options"] == "nosniff"
    # Two are CloudFront's own, which no policy takes away.
    others = headers.keys() - {"x-amz-cf-id", "x-amz-cf-pop"}
    assert not [name for name in others if name == "set-cookie" or name.startswith("x-amz-")]


@pytest.mark.parametrize("page", PAGES)
def test_pages_stay_where_they_are(site: Site, page: str) -> None:
    """The edge answers for itself, and neither origin is asked."""
    answer = site.edge.fetch(page)

    assert (answer.status, answer.body) == (404, b"")
    assert (site.app.take(), site.edge.asked) == ([], [])


@pytest.mark.parametrize("path", ["/static/..%2flogin", "/static/%252e%252e/login", "/static/..;/login"])
def test_pages_behind_a_static_path(site: Site, path: str) -> None:
    """Are no files to the app either."""
    answer = site.edge.fetch(path)

    assert answer.status == 404
    assert b"private" not in answer.body


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/static/css/app.css?c=1", "/login"])
def test_plain_http(site: Site, method: str, path: str) -> None:
    """Is sent on to https before anything else."""
    answer = site.edge.fetch(path, method, {"X-Forwarded-Proto": "http"})

    assert answer.status == {"GET": 301, "POST": 307}[method]
    assert answer.headers["location"] == f"https://cdn.example{path}"
    assert site.edge.asked == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/static/css/app.css", "/login"])
def test_nothing_is_written(site: Site, method: str, path: str) -> None:
    """Neither to the app nor to the bucket."""
    assert site.edge.fetch(path, method).status == 403
    assert site.edge.asked == []


@pytest.mark.parametrize(("name", "trusted"), [(HOST, False), ("other.example", True)])
def test_an_app_that_cannot_prove_its_name(app_site: Site, tmp_path: Path, name: str, trusted: bool) -> None:
    """Gets no request, and the viewer 502: by an unknown authority, or with a certificate for another name."""
    authority = make_authority(tmp_path / "other", name)
    app_site.app.take()
    with TLSFront(app_site.app.url, authority) as front:
        template = change(app_site.template, front.port, "Origins", 0, "CustomOriginConfig", "HTTPSPort")
        known = authority.certificate if trusted else app_site.surroundings.authority
        with Edge(read_rules(template, {}), replace(app_site.surroundings, authority=known)) as edge:
            assert edge.fetch("/static/css/app.css").status == 502
    assert app_site.app.take() == []


def change(template: dict[str, Any], value: Any, *place: str | int) -> dict[str, Any]:
    """Return a copy of the template with another value at a place in its distribution."""
    changed = copy.deepcopy(template)
    node = changed["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    for step in place[:-1]:
        node = node[step]
    node[place[-1]] = value
    return changed


@pytest.mark.parametrize("path", FILES)
def test_deployed_files_come_from_the_bucket(failover_site: Site, path: str) -> None:
    """The app is not asked for them."""
    failover_site.app.take()
    failover_site.edge.asked.clear()

    answer = failover_site.edge.fetch(f"{path}?c=1&utm=2")

    assert (answer.status, answer.body) == (200, FILES[path])
    assert answer.headers["cache-control"] == "public, max-age=3600, s-maxage=31536000"
    assert (failover_site.app.take(), failover_site.edge.asked) == ([], [("bucket", f"{path}?c=1")])


def test_what_the_bucket_lacks(failover_site: Site) -> None:
    """Is a 403 of S3's, and comes from the app, by the same path and query."""
    write_files(failover_site.folder, {"shop/static/late.css": b"late"})
    failover_site.edge.asked.clear()

    answer = failover_site.edge.fetch("/static/late.css?c=1&utm=2")

    assert (answer.status, answer.body) == (200, b"late")
    assert failover_site.edge.asked == [("bucket", "/static/late.css?c=1"), ("app", "/static/late.css?c=1")]


def test_a_bucket_that_is_down(failover_site: Site) -> None:
    """Nobody listens at its address, and the app answers for it."""
    down = replace(failover_site.surroundings, s3=f"http://127.0.0.1:{reserve_port(0)}")
    with failover_site.another_edge(down) as edge:
        answer = edge.fetch("/static/css/app.css")

        assert (answer.status, answer.body) == (200, FILES["/static/css/app.css"])
        assert [name for name, _ in edge.asked] == ["bucket", "app"]


def test_connections_to_an_app_end_with_the_edge(app_site: Site) -> None:
    """Also one that the app just closed, where TLS says farewell a moment longer; else Python warns of it."""
    with app_site.another_edge(app_site.surroundings) as edge:
        assert edge.fetch("/static/css/app.css").status == 200
    gc.collect()
