"""An estimate as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .estimate import Item, total

#: What an estimate leaves out.
NOT_IN_IT = (
    "taxes, discounts and support",
    "the app itself, what it sends, and your domain",
    "what S3 costs in other regions than us-east-1: in many, more",
    "compression at the edge, with which less text is sent",
    "errors, range requests, bots, and requests that no page makes",
    "AWS WAF, Origin Shield, Route 53 and requests to KMS, where the settings have them",
    "what else the account uses of what is free each month",
)


def table_lines(heading: str, items: Sequence[Item]) -> Iterator[str]:
    """Yield the lines of a table of items, with their total."""
    yield f"{heading:<38}{'QUANTITY':>24}{'FREE':>16}{'USD':>10}"
    for item in items:
        unit = item.unit.removesuffix("s") if item.quantity == 1 else item.unit
        quantity = f"{number_text(item.quantity)} {unit}"
        yield f"  {item.name:<36}{quantity:>24}{_free_text(item):>16}{usd_text(item.usd):>10}"
    yield f"  {'Total':<76}{usd_text(total(tuple(items))):>10}"


def number_text(number: float) -> str:
    """Return a number, rounded for reading."""
    if number == int(number):
        return f"{int(number):,}"
    return f"{number:,.0f}" if number >= 100 else f"{number:,.2f}" if number >= 0.005 else "< 0.01"


def usd_text(usd: float) -> str:
    """Return dollars with cents; an amount above zero that rounds to no cents is written as less than a cent."""
    return "< 0.01" if 0 < usd < 0.005 else f"{usd:,.2f}"


def _free_text(item: Item) -> str:
    return "" if not item.free else "all" if item.free >= item.quantity else number_text(item.free)
