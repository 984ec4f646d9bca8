"""The estimate of a month and of a deploy: worked by hand from the price list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.costs.estimate import (
    Item,
    Publishing,
    Setup,
    Traffic,
    estimate_deploy,
    estimate_month,
    fitting_plan,
    total,
)
from flask_cdn_stack.costs.prices import EDGE, GB, PRICE_CLASSES, TRANSFER_TIERS, VIEWERS
from flask_cdn_stack.costs.text import number_text, usd_text

SHOP = Publishing(objects=200, size=GB, deploys=30, changed=20)
SMALL = Traffic(visits=10_000, requests_per_visit=20, bytes_per_visit=500_000, hit_rate=0.9, viewers="europe")


def lines(items: tuple[Item, ...]) -> dict[str, Item]:
    return {item.name.partition(", ")[2]: item for item in items}


def test_a_small_site() -> None:
    """Keeps within what is free at the edge, and pays for the bucket."""
    month = lines(estimate_month(SMALL, SHOP, Setup()))

    assert {name for name, item in month.items() if item.usd == 0} == {
        "data to viewers", "HTTPS requests", "invalidation paths",
    }  # fmt: skip
    assert month["files"].usd == pytest.approx(0.023)
    # Thirty times a tenth of the files, each kept for a month.
    assert month["earlier versions"].usd == pytest.approx(3 * 0.023)
    assert month["reads by the edge and by deploys"].usd == pytest.approx((20_000 + 30) * 0.0004 / 1000)
    assert month["writes by deploys"].usd == pytest.approx(30 * 23 * 0.005 / 1000)


@pytest.mark.parametrize(
    ("terabytes", "viewers", "usd"),
    [
        (1, "europe", 0),
        (2, "europe", 1024 * 0.085),
        (12, "japan", 9 * 1024 * 0.114 + 2 * 1024 * 0.089),
        (60, "north-america", 1024 * (9 * 0.085 + 40 * 0.080 + 10 * 0.060)),
    ],
)
def test_data_to_viewers(terabytes: int, viewers: str, usd: float) -> None:
    """The first TB is free, and part of the first of the tiers."""
    traffic = Traffic(terabytes * 1024, 1, GB, 1.0, viewers)  # type: ignore[arg-type]

    assert lines(estimate_month(traffic, SHOP, Setup()))["data to viewers"].usd == pytest.approx(usd)


def test_requests_functions_and_logs() -> None:
    """Are paid for beyond what is free; a line of a log takes room for as long as it is kept."""
    busy = replace(SMALL, visits=1_000_000)
    setup = Setup(runs_function=True, has_own_key=True, log_days=90)

    month = lines(estimate_month(busy, SHOP, setup))

    assert month["HTTPS requests"].usd == pytest.approx(10_000_000 / 10_000 * 0.012)
    assert month["function runs"].usd == pytest.approx(18 * 0.10)
    assert month["access logs kept"].usd == pytest.approx(20_000_000 * 500 * 3 / GB * 0.023)
    assert month["key of the bucket"].usd == 1


@pytest.mark.parametrize(
    ("deploys", "changed", "most", "paths", "charged"),
    [(30, 20, 10, 300, 0), (300, 20, 10, 1000, 0), (1500, 5, 10, 1500, 500), (30, 20, 0, None, None)],
)
def test_invalidation_paths(deploys: int, changed: int, most: int, paths: int | None, charged: int | None) -> None:
    """A deploy asks for ten at most, and for one when the free ones are used up; with checksums in names for none."""
    month = lines(estimate_month(SMALL, replace(SHOP, deploys=deploys, changed=changed), Setup(most_paths=most)))

    item = month.get("invalidation paths")
    assert (item and item.quantity, item and item.usd) == (paths, charged and charged * 0.005)


def test_an_app_as_the_origin() -> None:
    """Has no bucket, and a deploy sends nothing."""
    setup = Setup(has_bucket=False)

    assert all(item.name.startswith("CloudFront") for item in estimate_month(SMALL, SHOP, setup))
    assert estimate_deploy(200, setup) == ()


def test_deploys() -> None:
    """The first sends all, and looks for what is there; one with nothing to send reads the record only."""
    assert total(estimate_deploy(1000, Setup(), is_first=True)) == pytest.approx((1004 * 5 + 0.4) / 1_000_000)
    assert total(estimate_deploy(0, Setup())) == pytest.approx(0.0004 / 1000)


def test_an_app_without_files() -> None:
    """Costs nothing."""
    assert total(estimate_month(replace(SMALL, visits=0), Publishing(0, 0, 0, 0), Setup())) == 0


@pytest.mark.parametrize(
    ("visits", "size", "plan"),
    [(10_000, 1000, "Free"), (10_000, 20_000_000, "Pro"), (1_000_000, 1000, "Business"), (10**8, 1, None)],
)
def test_flat_rates(visits: int, size: int, plan: str | None) -> None:
    """The least that has both requests and data."""
    found = fitting_plan(replace(SMALL, visits=visits, bytes_per_visit=size))

    assert (found and found.name) == plan


def test_the_price_list() -> None:
    """Has a price for each tier and each place, none of which costs more with more use."""
    assert set(EDGE) == set(VIEWERS) == set(PRICE_CLASSES["PriceClass_All"])
    for prices in EDGE.values():
        assert len(prices.transfer) == len(TRANSFER_TIERS) + 1
        assert list(prices.transfer) == sorted(prices.transfer, reverse=True)


def test_numbers() -> None:
    """Have as many digits as tell something, and what is not nothing is not shown as nothing."""
    assert [usd_text(usd) for usd in (0, 0.001, 0.006, 1234.5)] == ["0.00", "< 0.01", "0.01", "1,234.50"]
    assert [number_text(number) for number in (3, 0.001, 12.345, 1234.5)] == ["3", "< 0.01", "12.35", "1,234"]
