"""Checks of ``assets.extra``: URLs that no file can have, and entries without effect."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import SettingsError
from ..settings.asset_groups import ExtraFolder
from ..settings.model import Assets

_WRONG = (
    (r"[^/]", "does not begin with a slash"),
    (r".*[<>]", "has a variable; it is what the URLs of all files of the folder begin with"),
    (r".*[?#]", "has a query or a fragment"),
    (r".*([\x00-\x1f\x7f-\x9f]|\\)", "has a character that browsers change in paths"),
    (r".*/\.{0,2}/", "has an empty, '.' or '..' segment"),
)
_HINT = "Write it as the app's own route begins, such as /themes."


def check_extra(assets: Assets) -> Iterator[str]:
    """Refuse extra folders that cannot be published, and yield a warning for each that has no effect.

    :raises SettingsError: for the first fault found.
    """
    for number, extra in enumerate(assets.extra):
        place = f"assets.extra[{number}]"
        for pattern, problem in _WRONG:
            if re.match(pattern, f"{extra.url.removesuffix('/')}/" if extra.url else "x", re.DOTALL):
                raise SettingsError(f"{place}.url: {extra.url!r} {problem}.", _HINT)
        if extra.argument is not None and extra.endpoint is None:
            raise SettingsError(
                f"{place}.argument: {extra.argument!r} is a variable of no endpoint.", "Name the endpoint beside it."
            )
        if _same(extra) in map(_same, assets.extra[:number]):
            yield f"{place} says what an entry before it says."


def _same(extra: ExtraFolder) -> tuple[str, str, str | None]:
    return extra.folder, extra.url.rstrip("/"), extra.endpoint
