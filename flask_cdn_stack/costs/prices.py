"""AWS's list prices in US dollars, pay as you go, without taxes and discounts.

They were read on :data:`READ`, from stored copies of these pages, which may be older:

* CloudFront: https://aws.amazon.com/cloudfront/pricing/ (data, free tier, functions), and for invalidations How AWS
  Pricing Works, "CloudFront"; HTTPS requests by region are as in Infracost's tests
  (``cloudfront_distribution_test.golden``);
* S3 Standard, as in us-east-1: https://aws.amazon.com/s3/pricing/
* KMS: https://aws.amazon.com/kms/pricing/
* flat-rate plans: CloudFront developer guide, "Flat-rate pricing plans".
"""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

#: The date on which the prices were read.
READ = "2026-11-30"

#: The pages of the prices.
PAGES = (
    "https://aws.amazon.com/cloudfront/pricing/",
    "https://aws.amazon.com/s3/pricing/",
    "https://aws.amazon.com/kms/pricing/",
)

#: Bytes in a GB of AWS's bills (as in the examples of Amazon S3's FAQs).
GB = 2**30

#: Regions of the edge locations, as the price list groups them.
Viewers = Literal[
    "north-america", "europe", "africa-middle-east", "south-america", "japan", "australia", "asia", "india"
]
VIEWERS: tuple[Viewers, ...] = get_args(Viewers)


class EdgePrices(NamedTuple):
    """Prices at one region's edge locations: of a GB to viewers, by tier, and of 10,000 HTTPS requests."""

    transfer: tuple[float, ...]
    requests: float


#: Size in GB of each tier of data to viewers; the last tier, without a limit, is left out.
TRANSFER_TIERS = tuple(1024 * terabytes for terabytes in (10, 40, 100, 350, 524, 4 * 1024))

EDGE: dict[Viewers, EdgePrices] = {
    "north-america": EdgePrices((0.085, 0.080, 0.060, 0.040, 0.030, 0.025, 0.020), 0.0100),
    "europe": EdgePrices((0.085, 0.080, 0.060, 0.040, 0.030, 0.025, 0.020), 0.0120),
    "africa-middle-east": EdgePrices((0.110, 0.105, 0.090, 0.080, 0.060, 0.050, 0.040), 0.0120),
    "south-america": EdgePrices((0.110, 0.105, 0.090, 0.080, 0.060, 0.050, 0.040), 0.0220),
    "japan": EdgePrices((0.114, 0.089, 0.086, 0.084, 0.080, 0.070, 0.060), 0.0120),
    "australia": EdgePrices((0.114, 0.098, 0.094, 0.092, 0.090, 0.085, 0.080), 0.0125),
    "asia": EdgePrices((0.120, 0.100, 0.095, 0.090, 0.080, 0.070, 0.060), 0.0120),
    "india": EdgePrices((0.109, 0.085, 0.082, 0.080, 0.078, 0.075, 0.072), 0.0120),
}

#: The regions in a price class (AWS CDK API reference, "PriceClass"); they serve all other viewers, too.
PRICE_CLASSES: dict[str, tuple[Viewers, ...]] = {
    "PriceClass_100": ("north-america", "europe"),
    "PriceClass_200": ("north-america", "europe", "africa-middle-east", "japan", "asia", "india"),
    "PriceClass_All": VIEWERS,
}

# CloudFront's always-free tier, per account and month.
FREE_TRANSFER_GB, FREE_REQUESTS, FREE_FUNCTION_RUNS, FREE_INVALIDATIONS = 1024, 10_000_000, 2_000_000, 1_000

FUNCTION_RUN, INVALIDATION_PATH = 0.10 / 1_000_000, 0.005

STORAGE_GB, WRITE_REQUEST, READ_REQUEST = 0.023, 0.005 / 1_000, 0.0004 / 1_000

KEY_MONTH = 1.00


class Plan(NamedTuple):
    """One of CloudFront's flat-rate plans for a distribution: US dollars a month, and its allowance."""

    name: str
    usd: int
    requests: int
    transfer_gb: int


PLANS = (
    Plan("Free", 0, 1_000_000, 100),
    Plan("Pro", 15, 10_000_000, 50 * 1024),
    Plan("Business", 200, 125_000_000, 50 * 1024),
    Plan("Premium", 1000, 500_000_000, 50 * 1024),
)
