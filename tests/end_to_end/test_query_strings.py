"""What viewers can do with query strings, through the distribution of a local AWS.

It does not act on the names that S3 acts on, so what the function at the edge drops is shown where that is run by
itself; this shows that files still arrive with it in the way, and with which policy.
"""

from __future__ import annotations

import http.client
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from ..conftest import Program

ACTING = [
    "response-content-type=text/html",
    "Response-Content-Type=text/html",
    "response%2Dcontent%2Dtype=text/html",
    "response%252Dcontent%252Dtype=text/html",
    "c=1&response-content-disposition=attachment",
    "versionId=null",
    "partNumber=1",
]


def view(program: Program, domain: str, target: str) -> tuple[int, str | None, str | None, bytes, str | None]:
    """Return status, type, disposition, body and policy of an answer."""
    address = urlsplit(program.environment["AWS_ENDPOINT_URL"])
    with closing(http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)) as connection:
        connection.request("GET", target, headers={"Host": domain})
        answer = connection.getresponse()
        body = answer.read()
    names = ("Content-Type", "Content-Disposition", "Content-Security-Policy")
    kind, disposition, policy = (answer.headers[name] for name in names)
    return answer.status, kind, disposition, body, policy


@pytest.mark.parametrize(
    ("settings", "policy"),
    [("", None), ("query_strings: none\n", None), ("query_strings: all\nunsafe_query_strings: on\n", "sandbox")],
    ids=["listed", "none", "all"],
)
def test_nothing_that_s3_acts_on_arrives(program: Program, settings: str, policy: str | None) -> None:
    """Whichever names are forwarded; where it may be any, answers are no pages besides."""
    with (program.folder / "flask-cdn-stack.yml").open("a", encoding="utf-8") as file:
        file.write(settings)
    domain = program.ok("provision", "--yes", "--json").json["outputs"]["DistributionDomainName"]
    program.ok("deploy")
    plain = view(program, domain, "/static/logo.svg")

    assert plain[:3] == (200, "image/svg+xml", None)
    assert plain[4] == policy
    assert {query: view(program, domain, f"/static/logo.svg?{query}") for query in ACTING} == dict.fromkeys(
        ACTING, plain
    )
