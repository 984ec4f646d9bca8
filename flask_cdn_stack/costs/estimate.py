"""An estimate of a month, and of one deploy, from a site's files, its traffic and its settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from .prices import (
    EDGE,
    FREE_FUNCTION_RUNS,
    FREE_INVALIDATIONS,
    FREE_REQUESTS,
    FREE_TRANSFER_GB,
    FUNCTION_RUN,
    GB,
    INVALIDATION_PATH,
    KEY_MONTH,
    PLANS,
    READ_REQUEST,
    STORAGE_GB,
    TRANSFER_TIERS,
    WRITE_REQUEST,
    Plan,
    Viewers,
)

# A deploy reads the record of the state once. It writes that to claim and to publish, and the release's own record.
_RECORD_READS, _RECORD_WRITES = 1, 3

#: Bytes of a request's line in the access logs, about.
LOG_LINE = 500

_MONTH_DAYS = 30


@dataclass(frozen=True)
class Traffic:
    """What is asked of a CDN in a month.

    :param visits: those of browsers that have none of the files yet.
    :param requests_per_visit: files that such a browser loads.
    :param bytes_per_visit: their bytes.
    :param hit_rate: the part of the requests that the edge answers by itself, from 0 to 1.
    :param viewers: where those who ask are.
    """

    visits: int
    requests_per_visit: int
    bytes_per_visit: int
    hit_rate: float
    viewers: Viewers

    @property
    def requests(self) -> int:
        """Requests a month."""
        return self.visits * self.requests_per_visit

    @property
    def gigabytes(self) -> float:
        """GB a month."""
        return self.visits * self.bytes_per_visit / GB


@dataclass(frozen=True)
class Publishing:
    """What is published: objects, their bytes, deploys a month, and objects that change with each."""

    objects: int
    size: int
    deploys: int
    changed: int

    @property
    def size_per_deploy(self) -> float:
        """Bytes that a deploy sends: objects are taken to be of one size."""
        return self.changed * self.size / self.objects if self.objects else 0.0


@dataclass(frozen=True)
class Setup:
    """What the settings make of it.

    :param kept_days: for how long what was replaced stays in the bucket.
    :param most_paths: how many paths a deploy asks the edge to forget, at most; 0: none, however much is replaced.
    :param has_new_keys: what changes gets another key.
    :param runs_function: a CloudFront Function sees each request.
    :param has_own_key: the bucket is encrypted with a KMS key of the stack's.
    :param log_days: for how long access logs are kept; 0: there are none.
    """

    has_bucket: bool = True
    kept_days: int = 30
    most_paths: int = 10
    has_new_keys: bool = False
    runs_function: bool = False
    has_own_key: bool = False
    log_days: int = 0


class Item(NamedTuple):
    """A line of a bill. ``free`` is the part of the quantity that an account has for nothing."""

    name: str
    quantity: float
    unit: str
    free: float
    usd: float


def estimate_month(traffic: Traffic, publishing: Publishing, setup: Setup) -> tuple[Item, ...]:
    """Return what a month comes to, as if the account had no other use of what is free in it."""
    return (*_at_the_edge(traffic, publishing, setup), *_in_the_bucket(traffic, publishing, setup))


def _at_the_edge(traffic: Traffic, publishing: Publishing, setup: Setup) -> Iterator[Item]:
    edge, used = EDGE[traffic.viewers], traffic.gigabytes
    free = min(used, FREE_TRANSFER_GB)
    # What is free lies in the first tier.
    usd = _tiered(used, edge.transfer) - _tiered(free, edge.transfer)
    yield Item("CloudFront, data to viewers", used, "GB", free, usd)
    yield _priced("CloudFront, HTTPS requests", traffic.requests, "requests", edge.requests / 10_000, FREE_REQUESTS)
    if setup.runs_function:
        runs = traffic.requests
        yield _priced("CloudFront, function runs", runs, "runs", FUNCTION_RUN, FREE_FUNCTION_RUNS)
    if setup.has_bucket and setup.most_paths:
        # Of a month's free paths a deploy leaves some to the next: beyond them it asks for one only.
        paths = publishing.deploys * min(publishing.changed, setup.most_paths)
        paths = min(paths, max(FREE_INVALIDATIONS, publishing.deploys))
        yield _priced("CloudFront, invalidation paths", paths, "paths", INVALIDATION_PATH, FREE_INVALIDATIONS)
    if setup.log_days:
        logs = traffic.requests * LOG_LINE * setup.log_days / _MONTH_DAYS / GB
        yield _priced("S3, access logs kept", logs, "GB", STORAGE_GB)


def _in_the_bucket(traffic: Traffic, publishing: Publishing, setup: Setup) -> Iterator[Item]:
    if not setup.has_bucket:
        return
    replaced = publishing.deploys * publishing.size_per_deploy * setup.kept_days / _MONTH_DAYS
    yield _priced("S3, files", publishing.size / GB, "GB", STORAGE_GB)
    yield _priced("S3, earlier versions", replaced / GB, "GB", STORAGE_GB)
    misses = round(traffic.requests * (1 - traffic.hit_rate))
    writes = publishing.deploys * _writes(publishing.changed, setup.has_new_keys)
    reads = misses + publishing.deploys * _RECORD_READS
    yield _priced("S3, reads by the edge and by deploys", reads, "requests", READ_REQUEST)
    yield _priced("S3, writes by deploys", writes, "requests", WRITE_REQUEST)
    if setup.has_own_key:
        yield _priced("KMS, key of the bucket", 1, "key", KEY_MONTH)


def estimate_deploy(objects: int, setup: Setup, *, is_first: bool = False) -> tuple[Item, ...]:
    """Return what one deploy comes to that sends so many objects; sending data to AWS costs nothing.

    :param is_first: all of its keys are new, and it replaces nothing.
    """
    if not setup.has_bucket:
        return ()
    items = [
        _priced("S3, writes", _writes(objects, is_first or setup.has_new_keys), "requests", WRITE_REQUEST),
        _priced("S3, reads", _RECORD_READS, "requests", READ_REQUEST),
    ]
    if setup.most_paths and not is_first:
        paths = min(objects, setup.most_paths)
        items.append(_priced("CloudFront, invalidation paths", paths, "paths", INVALIDATION_PATH, FREE_INVALIDATIONS))
    return tuple(items)


def total(items: tuple[Item, ...]) -> float:
    """Return their dollars."""
    return sum(item.usd for item in items)


def fitting_plan(traffic: Traffic) -> Plan | None:
    """Return the least of CloudFront's flat-rate plans whose allowance the traffic keeps within; None: none has it."""
    return next(
        (plan for plan in PLANS if traffic.requests <= plan.requests and traffic.gigabytes <= plan.transfer_gb), None
    )


def _writes(objects: int, has_new_keys: bool) -> int:
    # A deploy with nothing to send writes nothing; one with new keys lists the bucket, which costs what a write does.
    return objects + _RECORD_WRITES + has_new_keys if objects else 0


def _priced(name: str, quantity: float, unit: str, price: float, free: float = 0) -> Item:
    is_free = min(quantity, free)
    return Item(name, quantity, unit, is_free, (quantity - is_free) * price)


def _tiered(quantity: float, prices: tuple[float, ...]) -> float:
    bounds = [0.0]
    for size in TRANSFER_TIERS:
        bounds.append(bounds[-1] + size)
    parts = [max(0.0, min(quantity, end) - start) for start, end in pairwise([*bounds, float("inf")])]
    return sum(part * price for part, price in zip(parts, prices, strict=True))
