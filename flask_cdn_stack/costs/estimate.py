"""Estimates the cost of a month and of one deploy, from a site's files, traffic and settings."""

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

# A deploy reads the state once. It writes the state twice, before uploading and to publish, and the release record.
_RECORD_READS, _RECORD_WRITES = 1, 3

#: Bytes of a request's line in the access logs, roughly.
LOG_LINE = 500

_MONTH_DAYS = 30


@dataclass(frozen=True)
class Traffic:
    """The requests to a CDN in a month.

    :param visits: visits with an empty browser cache.
    :param requests_per_visit: files that the browser loads then.
    :param bytes_per_visit: bytes of these files.
    :param hit_rate: the share of requests that the edge answers from its cache, from 0 to 1.
    :param viewers: the region of the viewers, as the price list groups them.
    """

    visits: int
    requests_per_visit: int
    bytes_per_visit: int
    hit_rate: float
    viewers: Viewers

    @property
    def requests(self) -> int:
        """Requests in a month."""
        return self.visits * self.requests_per_visit

    @property
    def gigabytes(self) -> float:
        """GB sent to viewers in a month."""
        return self.visits * self.bytes_per_visit / GB


@dataclass(frozen=True)
class Publishing:
    """What is published: objects, their bytes, deploys in a month, and objects that change with each deploy."""

    objects: int
    size: int
    deploys: int
    changed: int

    @property
    def size_per_deploy(self) -> float:
        """Bytes that a deploy uploads, if all objects have the same size."""
        return self.changed * self.size / self.objects if self.objects else 0.0


@dataclass(frozen=True)
class Setup:
    """The settings that change the cost.

    :param kept_days: days for which earlier versions stay in the bucket.
    :param most_paths: most paths that a deploy invalidates; 0: it never invalidates.
    :param has_new_keys: a changed file gets a new key.
    :param runs_function: a CloudFront Function runs for each request.
    :param has_own_key: the bucket is encrypted with a KMS key of the stack.
    :param log_days: days for which access logs are kept; 0: there are none.
    """

    has_bucket: bool = True
    kept_days: int = 30
    most_paths: int = 10
    has_new_keys: bool = False
    runs_function: bool = False
    has_own_key: bool = False
    log_days: int = 0


class Item(NamedTuple):
    """A line of the bill. ``free`` is the part of the quantity within the free tier."""

    name: str
    quantity: float
    unit: str
    free: float
    usd: float


def estimate_month(traffic: Traffic, publishing: Publishing, setup: Setup) -> tuple[Item, ...]:
    """Return the items of a month's bill. The whole free tier is taken to be unused otherwise."""
    return (*_at_the_edge(traffic, publishing, setup), *_in_the_bucket(traffic, publishing, setup))


def _at_the_edge(traffic: Traffic, publishing: Publishing, setup: Setup) -> Iterator[Item]:
    edge, used = EDGE[traffic.viewers], traffic.gigabytes
    free = min(used, FREE_TRANSFER_GB)
    # The free amount lies within the first tier.
    usd = _tiered(used, edge.transfer) - _tiered(free, edge.transfer)
    yield Item("CloudFront, data to viewers", used, "GB", free, usd)
    yield _priced("CloudFront, HTTPS requests", traffic.requests, "requests", edge.requests / 10_000, FREE_REQUESTS)
    if setup.runs_function:
        runs = traffic.requests
        yield _priced("CloudFront, function runs", runs, "runs", FUNCTION_RUN, FREE_FUNCTION_RUNS)
    if setup.has_bucket and setup.most_paths:
        # Once a month's free paths are used up, a deploy invalidates a single path with a wildcard.
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
    """Return the items for one deploy of so many objects. AWS does not charge for data sent to it.

    :param is_first: all its keys are new, and nothing has to be invalidated.
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
    """Return the sum of the items, in US dollars."""
    return sum(item.usd for item in items)


def fitting_plan(traffic: Traffic) -> Plan | None:
    """Return the smallest of CloudFront's flat-rate plans that the traffic fits; None if it fits none."""
    return next(
        (plan for plan in PLANS if traffic.requests <= plan.requests and traffic.gigabytes <= plan.transfer_gb), None
    )


def _writes(objects: int, has_new_keys: bool) -> int:
    # A deploy without uploads writes nothing. With new keys it lists the bucket, which is priced like a write.
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
