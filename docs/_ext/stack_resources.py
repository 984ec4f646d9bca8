"""``.. stack-resources::`` tells of every resource that a template can have; one that is not told of is an error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings

_APP = {"domain": "www.shop.example", "paths": ["/static/*"]}
_CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0f0e0d0c-1111-2222-3333-444455556666"

#: Settings that have every resource between them, and how people call each.
SETTINGS: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "``origin: app``": {"origin": "app", "app_origin": _APP},
    "``query_strings: all`` on a bucket": {"query_strings": "all", "unsafe_query_strings": True},
    "``assets.immutable``": {"assets": {"immutable": True}},
    "``bucket.encryption: kms``": {"bucket": {"encryption": "kms"}},
    "``delivery.aliases`` with ``hosted_zone_id``": {
        "delivery": {"aliases": ["cdn.shop.example"], "certificate_arn": _CERTIFICATE, "hosted_zone_id": "Z1EXAMPLE"}
    },
    "``delivery.logs: v2``": {"region": "us-east-1", "delivery": {"logs": "v2"}},
    "``delivery.logs: v1``": {"region": "us-east-1", "delivery": {"logs": "v1"}},
    "``access.github``": {"access": {"github": "shop/web:production"}},
}


class Story(NamedTuple):
    """Why a resource is there, what it costs, and the keys of the settings that change it."""

    reason: str
    cost: str
    keys: tuple[str, ...] = ()


_FREE = "Nothing."

STORIES = {
    "Bucket": Story(
        "Keeps the files. Private, encrypted, without ACLs; replaced and deleted objects stay for a while as versions, "
        "which ``rollback`` copies back. Uploads that were never finished are removed after a week.",
        "S3 storage, replaced versions included, and requests.",
        ("bucket.retain", "bucket.versioning", "bucket.noncurrent_days", "bucket.encryption", "bucket.existing"),
    ),
    "BucketPolicy": Story(
        "Lets this one distribution read, and nobody anything without TLS 1.2; the records of ``deploy`` are never "
        "served.",
        _FREE,
        ("bucket.manage_policy", "delivery.missing", "assets.prefix"),
    ),
    "BucketKey": Story(
        "The key that S3 encrypts the bucket with, where it is to be one of your own. It outlives the stack, because "
        "without it the files are lost.",
        "A monthly fee for the key, and KMS requests; the bucket key keeps these few.",
        ("bucket.encryption",),
    ),
    "OriginAccessControl": Story("Signs what CloudFront asks of the bucket, which refuses everything else.", _FREE),
    "CachePolicy": Story(
        "Says what tells two cached copies apart: the path and the query strings that are listed, never cookies or "
        "headers; and for how long they are kept. An account has 20.",
        _FREE,
        ("query_strings", "delivery.ttl", "delivery.compress", "delivery.cache_policy_id"),
    ),
    "ResponseHeadersPolicy": Story(
        "Adds HSTS, ``nosniff`` and what lets other origins embed the files to every answer, and CORS headers to what "
        "is asked for with CORS; ``Vary`` keeps browsers from taking the one for the other. Takes away what only S3 or "
        "the app's visitors are to know. An account has 20.",
        _FREE,
        ("delivery.cors", "delivery.hsts", "delivery.csp", "delivery.response_headers_policy_id"),
    ),
    "NotFoundFunction": Story(
        "Answers 404 to every path that is not one of the app's static ones, so that the app's pages are neither "
        "reachable nor cached under the CDN's name.",
        "CloudFront's price for an invocation of a function, for requests to such paths.",
        ("app_origin.paths",),
    ),
    "RequestFilterFunction": Story(
        "Drops the query strings that S3 acts on, however they are written, where viewers may send any name; leads "
        "checksums in the query to the names that have them, where the settings want that.",
        "CloudFront's price for an invocation of a function, for every request.",
        ("query_strings", "unsafe_query_strings", "assets.immutable"),
    ),
    "Distribution": Story(
        "Serves the files all over the world, over https, compressed.",
        "CloudFront's price for requests and data transfer; `price_class` bounds it.",
        ("origin", "app_origin.domain", "delivery.price_class", "delivery.waf_arn", "delivery.geo",
         "delivery.origin_shield"),
    ),
    "RecordA": Story("Leads an alias to the distribution, over IPv4; one for each alias.", _FREE,
                      ("delivery.aliases", "delivery.hosted_zone_id")),
    "RecordAAAA": Story("The same over IPv6.", _FREE, ("delivery.ipv6",)),
    "LogBucket": Story(
        "Keeps the access logs, for 90 days. It outlives the stack: CloudFront may write to it for a day after that.",
        "S3 storage and requests.",
        ("delivery.logs",),
    ),
    "LegacyLogBucket": Story(
        "The same for version 1, which writes through an ACL. It is a bucket of its own: S3 does not take the ACL away "
        "again.",
        "S3 storage and requests.",
        ("delivery.logs",),
    ),
    "LogBucketPolicy": Story("Lets CloudFront's logs in, and nothing without TLS.", _FREE, ("delivery.logs",)),
    "LogSource": Story("Names the distribution as the source of logs.", _FREE, ("delivery.logs",)),
    "LogDestination": Story("Names the log bucket as their destination.", _FREE, ("delivery.logs",)),
    "LogDelivery": Story("Joins the two.", "Delivery as CloudWatch Logs prices it.", ("delivery.logs",)),
    "DeployPolicy": Story(
        "Allows exactly what ``deploy``, ``releases``, ``rollback``, ``prune``, ``status`` and ``verify`` do, on this "
        "stack alone.",
        _FREE,
        ("access.deploy_policy",),
    ),
    "DeployRole": Story(
        "Is taken on by one environment of one repository of GitHub Actions, without any stored key.",
        _FREE,
        ("access.github", "access.oidc_provider_arn"),
    ),
}  # fmt: skip


class StackResources(SphinxDirective):
    """Every resource, in the order of the template: why it is there, what it costs, which key changes it."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each resource."""
        lines = [line for title, kind in find_resources().items() for line in _lines(title, *kind)]
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


def find_resources() -> dict[str, tuple[str, str]]:
    """Return type and occasion of every resource, by its title."""
    found: dict[str, tuple[str, str]] = {}
    for occasion, content in SETTINGS.items():
        for title, resource in build_template(msgspec.convert(content, Settings))["Resources"].items():
            # What follows the kind of a DNS record is the alias.
            name = re.sub(r"^(Record(?:AAAA|A))[A-Z].*", r"\1", title)
            found.setdefault(name, (resource["Type"], occasion))
    if strange := found.keys() ^ STORIES.keys():
        raise ExtensionError(f"stack-resources tells of too much, or too little: {', '.join(sorted(strange))}")
    return found


def _lines(title: str, kind: str, occasion: str) -> Iterator[str]:
    story = STORIES[title]
    yield from (title, "-" * len(title), "", f"``{kind}``, with {occasion}. {story.reason}", "")
    yield from (f"Cost: {story.cost}", "")
    if story.keys:
        yield from (f"Keys: {', '.join(f':confval:`{key}`' for key in story.keys)}.", "")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("stack-resources", StackResources)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
