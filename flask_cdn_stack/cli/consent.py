"""What a deploy asks of the user before it does what may not be meant."""

from __future__ import annotations

from collections.abc import Sequence

from ..quantities import count
from ..release.plan import PlannedDeletion
from .output import Output
from .plan_lines import PlanLine, color_kind


class AskingUser:
    """Asks on the terminal; of files whose folder is gone at most once.

    :param agreed: the answer is yes.
    """

    def __init__(self, output: Output, agreed: bool) -> None:
        self._output, self._agreed = output, agreed
        self._agreed_to_empty = agreed

    def to_empty(self, text: str) -> None:
        """Say it, and ask.

        :raises RefusedError: the answer is no, or there is nobody to ask.
        """
        self._output.warn(text)
        if not self._agreed_to_empty:
            self._output.confirm("Publish without these files?")
            self._agreed_to_empty = True

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Ask.

        :raises RefusedError: the answer is no, or there is nobody to ask.
        """
        if not self._agreed:
            self._output.plan_lines([PlanLine("deleted", "  " + color_kind("deleted", item.key)) for item in objects])
            gone = count(len(objects), "object")
            self._output.confirm(f"Publish, and then delete {gone} not published any more?")


class TellingUser:
    """Says what would be asked."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def to_empty(self, text: str) -> None:
        """Say it."""
        self._output.warn(text)
        self._output.warn("Before that is published, `deploy` asks, or needs --yes.")

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Say nothing: they are listed with what else would be done."""
