"""``.. stack-resources::`` describes every resource that a template can have; one without a description is an error."""

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

#: Settings whose templates together have every resource, each with its name in the page.
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
        "Stores the files. It is private, encrypted and without ACLs. It keeps replaced and deleted objects for a "
        "while as versions, which ``rollback`` copies back, and deletes unfinished uploads after a week.",
        "S3 storage, replaced versions included, and requests.",
        ("bucket.retain", "bucket.versioning", "bucket.noncurrent_days", "bucket.encryption", "bucket.existing"),
    ),
    "BucketPolicy": Story(
        "Allows this distribution to read the files, but not the records of ``deploy``, and denies all requests "
        "without TLS 1.2 or newer.",
        _FREE,
        ("bucket.manage_policy", "delivery.missing", "assets.prefix"),
    ),
    "BucketKey": Story(
        "A KMS key of your own with which S3 encrypts the objects. It stays when the stack is deleted, because nobody "
        "can read the files without it.",
        "A monthly fee for the key, and KMS requests, of which an S3 Bucket Key makes few.",
        ("bucket.encryption",),
    ),
    "OriginAccessControl": Story("Signs CloudFront's requests to the bucket, so that it can be private.", _FREE),
    "CachePolicy": Story(
        "Defines the cache key, which is the path and the listed query strings, without cookies; and for how long "
        "copies are cached. An account can have 20 of them.",
        _FREE,
        ("query_strings", "delivery.ttl", "delivery.compress", "delivery.cache_policy_id"),
    ),
    "ResponseHeadersPolicy": Story(
        "Adds HSTS, ``nosniff`` and the headers that let other origins embed the files to every response, and CORS "
        "headers to responses to requests with CORS. ``Vary`` keeps browsers from using a response without CORS for a "
        "request with it. Removes headers of S3 and of the app that viewers should not get. An account can have 20 of "
        "them.",
        _FREE,
        ("delivery.cors", "delivery.hsts", "delivery.csp", "delivery.response_headers_policy_id"),
    ),
    "NotFoundFunction": Story(
        "Answers 404 for every path that is not one of the app's static paths, so that the app's pages are neither "
        "served nor cached under the CDN's name.",
        "CloudFront's price for an invocation of a function, for requests to such paths.",
        ("app_origin.paths",),
    ),
    "RequestFilterFunction": Story(
        "With ``query_strings: all``, removes the query strings that S3 acts on, in any encoding. With "
        "``assets.immutable``, sends a URL with a checksum in the query string to the object with that checksum.",
        "CloudFront's price for an invocation of a function, for every request.",
        ("query_strings", "unsafe_query_strings", "assets.immutable"),
    ),
    "Distribution": Story(
        "Serves the files worldwide, over https and compressed.",
        "CloudFront's price for requests and data transfer; ``delivery.price_class`` limits it.",
        ("origin", "app_origin.domain", "delivery.price_class", "delivery.waf_arn", "delivery.geo",
         "delivery.origin_shield"),
    ),
    "RecordA": Story("Points an alias to the distribution, for IPv4; one record for each alias.", _FREE,
                      ("delivery.aliases", "delivery.hosted_zone_id")),
    "RecordAAAA": Story("The same for IPv6.", _FREE, ("delivery.ipv6",)),
    "LogBucket": Story(
        "Stores the access logs, for 90 days. It stays when the stack is deleted, because CloudFront may write to it "
        "for a day after that.",
        "S3 storage and requests.",
        ("delivery.logs",),
    ),
    "LegacyLogBucket": Story(
        "The same for version 1 of the logs, which needs ACLs. It is a separate bucket, because S3 does not disable "
        "the ACLs of a bucket with such logs.",
        "S3 storage and requests.",
        ("delivery.logs",),
    ),
    "LogBucketPolicy": Story("Lets CloudFront write logs, and denies requests without TLS.", _FREE, ("delivery.logs",)),
    "LogSource": Story("Defines the distribution as the source of the logs.", _FREE, ("delivery.logs",)),
    "LogDestination": Story("Defines the log bucket as their destination.", _FREE, ("delivery.logs",)),
    "LogDelivery": Story("Connects the two.", "CloudWatch Logs' price for the delivery.", ("delivery.logs",)),
    "DeployPolicy": Story(
        "An IAM policy that allows what ``deploy``, ``releases``, ``rollback``, ``prune``, ``status`` and ``verify`` "
        "do, on this stack only.",
        _FREE,
        ("access.deploy_policy",),
    ),
    "DeployRole": Story(
        "An IAM role that GitHub Actions assume without a stored access key, in one environment of one repository.",
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
        names = ", ".join(sorted(strange))
        raise ExtensionError(f"stack-resources: a resource without a description, or the reverse: {names}")
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
