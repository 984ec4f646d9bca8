"""What viewers can do with query strings.

Through the distribution of a local AWS, which sends none of them to its bucket, files still arrive with the function
in the way. Through an edge that sends what the template says, to an S3 that acts on it, nothing changes; and it does
as soon as the template is a little different.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.local.launcher import LocalAWS
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.verify import Answer

from ..conftest import Program
from ..local.published_site import client, create_stack
from ..servers.edge import Edge, Surroundings
from ..servers.edge_rules import read_rules
from .published import ask

ACTING = [
    "response-content-type=text/html",
    "Response-Content-Type=text/html",
    "response%2Dcontent%2Dtype=text/html",
    "response%252Dcontent%252Dtype=text/html",
    "c=1&response-content-disposition=attachment",
    "partNumber=1",
    "versionId=null",
    "version%49d=null",
    "VersionId=null",
    "acl",
    "%61cl",
    "ACL",
    "list-type=2",
    "list%2Dtype=2",
    "List-Type=2",
]

#: Those that S3 acts on as they are written: it decodes a name once, and compares it as it is.
WRITTEN_PLAINLY = [ACTING[number] for number in (0, 2, 4, 5, 6, 7, 9, 10)]

#: A bucket's listing, which S3 gives where no object is asked for.
LISTING = ["list-type=2", "list%2Dtype=2", "List-Type=2", "versions", "prefix=static/", "acl", "%61cl", "ACL"]

PATH, BODY, TYPE = "/static/logo.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>\n", "image/svg+xml"
ALL: dict[str, Any] = {"query_strings": "all", "unsafe_query_strings": True}


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


@dataclass(frozen=True)
class Place:
    """A bucket with one file, and what an edge needs to read it."""

    values: dict[str, str]
    surroundings: Surroundings

    @contextmanager
    def serve(self, template: Mapping[str, Any]) -> Iterator[Edge]:
        """Put an edge of a template in front of the bucket."""
        with Edge(read_rules(template, self.values), self.surroundings) as edge:
            yield edge


@pytest.fixture(scope="module")
def place(local_aws: LocalAWS) -> Place:
    outputs = create_stack(local_aws, "queried-cdn", build({}))
    bucket, distribution = outputs["BucketName"], outputs["DistributionId"]
    client(local_aws, "s3").put_object(Bucket=bucket, Key=PATH[1:], Body=BODY, ContentType=TYPE)
    arn = f"arn:aws:cloudfront::000000000000:distribution/{distribution}"
    domain = f"{bucket}.s3.us-east-1.amazonaws.com"
    values = {"Bucket": bucket, "Bucket.RegionalDomainName": domain, "Distribution": distribution}
    return Place(values, Surroundings(local_aws.endpoint_url, arn))


def build(content: dict[str, Any]) -> dict[str, Any]:
    return build_template(msgspec.convert(content, Settings))


def look(answer: Answer) -> tuple[Any, ...]:
    """Return all of an answer that a query string could change."""
    names = ("type", "disposition", "encoding", "language", "range")
    values = [answer.headers.get(name) for name in (*(f"content-{name}" for name in names), "cache-control", "expires")]
    return answer.status, answer.body, values


def find_acting(edge: Edge) -> list[str]:
    """Return the query strings of ``ACTING`` that change the answer, which is right without them."""
    plain = edge.fetch(PATH)
    assert (plain.status, plain.body, plain.headers["content-type"]) == (200, BODY, TYPE)
    return [query for query in ACTING if look(edge.fetch(f"{PATH}?{query}")) != look(plain)]


@pytest.mark.parametrize(
    ("content", "policy"),
    [({}, None), ({"query_strings": "none"}, None), (ALL, "sandbox")],
    ids=["listed", "none", "all"],
)
def test_nothing_acts_where_s3_would(place: Place, content: dict[str, Any], policy: str | None) -> None:
    """However a name is written, as built; where it may be any, errors are no pages either."""
    with place.serve(build(content)) as edge:
        assert find_acting(edge) == []
        assert edge.fetch("/static/missing.svg").headers.get("content-security-policy") == policy


@pytest.mark.parametrize("content", [{}, {"query_strings": "none"}, ALL], ids=["listed", "none", "all"])
def test_the_root_lists_nothing(place: Place, content: dict[str, Any]) -> None:
    """Nor shows who may do what with the bucket: it is one object's name, whatever is asked of it."""
    with place.serve(build(content)) as edge:
        plain = edge.fetch("/")
        assert plain.status in (403, 404)
        assert [query for query in LISTING if edge.fetch(f"/?{query}").status != plain.status] == []
        assert all("?" not in target for _, target in edge.asked)
        assert b"static" not in edge.fetch("/?list-type=2").body


def list_a_name(template: dict[str, Any]) -> None:
    """Forward two names of S3's, as they are written plainly and encoded."""
    names = ["response-content-type", "response%2Dcontent%2Dtype"]
    query_strings(template).update(QueryStringBehavior="whitelist", QueryStrings=names)


def forward_everything(template: dict[str, Any]) -> None:
    """Take the list away, and with it all that protects."""
    config = query_strings(template)
    config.clear()
    config["QueryStringBehavior"] = "all"


def pass_through(template: dict[str, Any]) -> None:
    """Let the function do nothing."""
    function = template["Resources"]["RequestFilterFunction"]["Properties"]
    function["FunctionCode"] = "function handler(event) { return event.request; }"


def leave_out_the_function(template: dict[str, Any]) -> None:
    """Have it, and associate it with nothing."""
    config = template["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    del config["DefaultCacheBehavior"]["FunctionAssociations"]


def query_strings(template: dict[str, Any]) -> dict[str, Any]:
    config: dict[str, Any] = template["Resources"]["CachePolicy"]["Properties"]["CachePolicyConfig"]
    found: dict[str, Any] = config["ParametersInCacheKeyAndForwardedToOrigin"]["QueryStringsConfig"]
    return found


@pytest.mark.parametrize(
    ("content", "break_it", "acting"),
    [
        ({}, list_a_name, [ACTING[0], ACTING[2]]),
        ({}, forward_everything, WRITTEN_PLAINLY),
        (ALL, pass_through, WRITTEN_PLAINLY),
        (ALL, leave_out_the_function, WRITTEN_PLAINLY),
    ],
)
def test_it_acts_where_the_template_lets_it(
    place: Place, content: dict[str, Any], break_it: Callable[[dict[str, Any]], None], acting: list[str]
) -> None:
    """The control: the same edge and the same S3, with a template that is broken on purpose."""
    template = build(content)
    break_it(template)

    with place.serve(template) as edge:
        assert find_acting(edge) == acting
        assert edge.fetch(f"{PATH}?{ACTING[0]}").headers["content-type"] == "text/html"


@pytest.mark.parametrize(
    ("content", "sent", "arrives"),
    [
        ({}, "c=1&x=2&t=3&C=4&v=5", "c=1&t=3&v=5"),
        ({"query_strings": ["c"]}, "t=1&c=2&c=3&%63=4", "c=2&c=3"),
        ({"query_strings": "none"}, "c=1&t=2", ""),
        (ALL, "c=1&x=%2B&utm_source=a+b&c=2&acl", "c=1&c=2&x=%2B&utm_source=a+b"),
    ],
)
def test_what_arrives_at_the_bucket(place: Place, content: dict[str, Any], sent: str, arrives: str) -> None:
    """Names that are forwarded come with their values as they were sent."""
    with place.serve(build(content)) as edge:
        answer = edge.fetch(f"{PATH}?{sent}")

        assert (answer.status, answer.body) == (200, BODY)
        assert edge.asked == [("bucket", f"{PATH}?{arrives}".rstrip("?"))]
