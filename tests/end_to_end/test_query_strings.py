"""What viewers can do with query strings, through the distribution of a local AWS.

It does not act on the names that S3 acts on, so what the function at the edge drops is shown where that is run by
itself; this shows that files still arrive with it in the way, and with which policy.
"""

from __future__ import annotations

import pytest

from ..conftest import Program
from .published import ask

ACTING = [
    "response-content-type=text/html",
    "Response-Content-Type=text/html",
    "response%2Dcontent%2Dtype=text/html",
    "response%252Dcontent%252Dtype=text/html",
    "c=1&response-content-disposition=attachment",
    "versionId=null",
    "partNumber=1",
]


def view(program: Program, domain: str, target: str) -> tuple[int, bytes, list[str | None]]:
    """Return status and body of an answer, and its type, disposition and policy."""
    answer = ask(program, domain, target)
    names = ("content-type", "content-disposition", "content-security-policy")
    return answer.status, answer.body, [answer.headers.get(name) for name in names]


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

    assert plain[0] == 200
    assert plain[2] == ["image/svg+xml", None, policy]
    assert {query: view(program, domain, f"/static/logo.svg?{query}") for query in ACTING} == dict.fromkeys(
        ACTING, plain
    )
