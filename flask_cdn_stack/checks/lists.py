"""A check for every list in the settings."""

from __future__ import annotations

from ..errors import SettingsError


def check_once(place: str, item: str, items: tuple[str, ...], page: str) -> None:
    """Refuse a list with a duplicate item.

    :param page: the AWS page with the rule, in parentheses.
    :raises SettingsError: an item is there twice.
    """
    if items.count(item) > 1:
        raise SettingsError(f"{place}: {item!r} is listed twice {page}.", "Remove one.")
