"""The base class of every level of the settings file."""

from __future__ import annotations

from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta

#: Largest integer that the services' APIs take.
MAX_INTEGER = 2**31 - 1

_CENTURY = 3_155_760_000

Seconds = Annotated[int, Meta(ge=0, le=_CENTURY)]


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A level of the file: every key optional, unknown keys refused."""

    def replace(self, **values: Any) -> Self:
        """Return a copy with other values for some keys."""
        return msgspec.structs.replace(self, **values)
