"""What holds for every list in the settings."""

from __future__ import annotations

from ..errors import SettingsError


def check_once(place: str, item: str, items: tuple[str, ...], page: str) -> None:
    """Refuse an item that its list has twice.

    :param page: the AWS page that says so, in parentheses.
    :raises SettingsError: it is there twice.
    """
    if items.count(item) > 1:
        raise SettingsError(f"{place}: {item!r} is listed twice {page}.", "Remove one.")
