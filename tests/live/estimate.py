"""What a run in a real account takes and costs, by the parts that were chosen. Nothing of it is measured.

Times are the longer ones that people report of CloudFormation with a distribution in it. Prices are those of us-east-1
in November 2026, without what is free each month: with that, most accounts pay a few cents, for the keys and the web
ACL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from math import ceil

from tests.live.account import Account

#: Minutes that a stack with a distribution takes.
CREATE, UPDATE, DELETE = 6, 4, 10

#: Minutes that a wait for an invalidation takes, a certificate that is proved by DNS, and what else a test does.
INVALIDATE, ISSUE, WORK = 2, 5, 1

#: Dollars for one of each: a request to the edge and a write to S3 (1,000 views of 3 KB are less than a cent of
#: traffic), an invalidation path, a month of a key and of a web ACL, of which a run takes some hours. Certificates,
#: OIDC providers and records of a zone that is there cost nothing.
VIEW, WRITE, PATH, KEY_MONTH, ACL_MONTH = 1.2e-6, 5e-6, 5e-3, 1.0, 5.0

_MONTH_HOURS = 730

#: Custom cache policies, and response headers policies, that an account may have (CloudFront quotas).
MAX_POLICIES = 20


@dataclass(frozen=True)
class Part:
    """A test module: what it covers, and what it asks for.

    :param sites: the configurations whose stacks it looks at.
    :param creates: stacks that it creates besides them.
    :param named_updates: updates that are made besides the others where the owner of a domain gave one.
    :param until: minutes that it takes where it waits for something else of AWS's.
    """

    module: str
    covers: str
    sites: frozenset[str] = field(default_factory=frozenset)
    creates: int = 0
    updates: int = 0
    named_updates: int = 0
    waits: int = 0
    deploys: int = 0
    views: int = 0
    keys: int = 0
    acls: int = 0
    until: int = 0

    def count_minutes(self, has_domain: bool) -> int:
        """Return how long it takes, beyond the stacks that are made at first."""
        named = self.named_updates * UPDATE + ISSUE if has_domain and self.named_updates else 0
        work = self.creates * CREATE + self.updates * UPDATE + self.waits * INVALIDATE + WORK
        return max(self.until, work + named)


#: In the order in which they run: what goes wrong more likely, or with more harm, first.
PARTS = (
    Part("test_first_provisions", "two first runs at once, and a no beside them", creates=1),
    Part(
        "test_first_fetch",
        "the first fetch of every file, and verify: SSE-S3, KMS, a prefix, a bucket of one's own elsewhere",
        frozenset({"plain", "kms", "prefix", "elsewhere"}),
        deploys=4,
        views=400,
        keys=1,
    ),
    Part("test_policies", "the printed policies as the only rights of every command", creates=1, deploys=3),
    Part(
        "test_destroy",
        "a stack that leaves its bucket, and another that adopts it, by the printed policy",
        creates=1,
        deploys=2,
        views=1,
        until=2 * (CREATE + DELETE) + 2 * WORK,
    ),
    Part(
        "test_changes",
        "a change of every settings key of a stack that serves",
        frozenset({"changing"}),
        updates=9,
        named_updates=2,
        deploys=12,
        views=80,
        keys=2,
        acls=1,
    ),
    Part("test_concurrent_deploys", "two deploys at once, and S3's own refusals", frozenset({"plain"}), deploys=3),
    Part("test_queries", "query strings that S3 would act on", frozenset({"plain", "open"}), deploys=2, views=60),
    Part("test_invalidation", "what the edge forgets", frozenset({"plain"}), waits=1, deploys=2, views=200),
    Part("test_headers", "headers, compression, errors at the edge", frozenset({"plain", "kms"}), deploys=2, views=60),
    Part("test_long_waits", "a session that ends, logs that arrive", frozenset({"plain", "logs"}), views=10, until=17),
)

#: Writes to S3 of one deploy, and paths that it invalidates, at most.
_DEPLOY_WRITES, _DEPLOY_PATHS = 12, 10


@dataclass(frozen=True)
class Estimate:
    """What the chosen parts ask for together, with a domain of an owner or without."""

    parts: tuple[Part, ...]
    has_domain: bool = False

    @property
    def stacks(self) -> int:
        """How many stacks, each with a distribution and a policy of each kind, there are in the end."""
        return len(frozenset().union(*(part.sites for part in self.parts))) + sum(part.creates for part in self.parts)

    @property
    def minutes(self) -> int:
        """How long it takes, with the first stacks made at once and all of them deleted at once."""
        first = CREATE if any(part.sites for part in self.parts) else 0
        return first + sum(part.count_minutes(self.has_domain) for part in self.parts) + DELETE

    @property
    def dollars(self) -> float:
        """What it costs, rounded up to a cent."""
        deploys, views = sum(part.deploys for part in self.parts), sum(part.views for part in self.parts)
        months = sum(part.keys * KEY_MONTH + part.acls * ACL_MONTH for part in self.parts)
        # By the hour, of which the last counts whole.
        kept = months * ceil(self.minutes / 60) / _MONTH_HOURS
        exact = views * VIEW + deploys * (_DEPLOY_WRITES * WRITE + _DEPLOY_PATHS * PATH) + kept
        return ceil(exact * 100) / 100

    def __str__(self) -> str:
        return (
            f"about {self.minutes} minutes, at most ${self.dollars:.2f} where nothing is free, "
            f"{self.stacks} stacks with a distribution each"
        )


def estimate(modules: Collection[str], has_domain: bool = False) -> Estimate:
    """Return what a run of these modules takes and costs."""
    return Estimate(tuple(part for part in PARTS if part.module in modules), has_domain)


def find_shortages(account: Account, stacks: int) -> Iterable[str]:
    """Yield a sentence for each kind of policy of which the account may not have as many more as a run makes."""
    cloudfront = account.client("cloudfront")
    for kind, method in (
        ("CachePolicy", "list_cache_policies"),
        ("ResponseHeadersPolicy", "list_response_headers_policies"),
    ):
        there = getattr(cloudfront, method)(Type="custom")[f"{kind}List"]["Quantity"]
        if there + stacks > MAX_POLICIES:
            yield f"The account has {there} policies of the kind {kind}, of {MAX_POLICIES}, and a run makes {stacks}."
