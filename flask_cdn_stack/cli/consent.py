"""Asks the user before a deploy publishes without expected files, or deletes objects."""

from __future__ import annotations

from collections.abc import Sequence

from ..quantities import count
from ..release.plan import PlannedDeletion
from .output import Output
from .plan_lines import PlanLine, color_kind


class AskingUser:
    """Asks on the terminal; about missing folders at most once.

    :param agreed: the answer to all questions is yes, given in advance.
    """

    def __init__(self, output: Output, agreed: bool) -> None:
        self._output, self._agreed = output, agreed
        self._agreed_to_empty = agreed

    def to_empty(self, text: str) -> None:
        """Warn that files are missing, and ask whether to publish without them.

        :raises RefusedError: the answer is no, or there is no terminal to ask on.
        """
        self._output.warn(text)
        if not self._agreed_to_empty:
            self._output.confirm("Publish without these files?")
            self._agreed_to_empty = True

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Ask whether to delete these objects.

        :raises RefusedError: the answer is no, or there is no terminal to ask on.
        """
        if not self._agreed:
            self._output.plan_lines([PlanLine("deleted", "  " + color_kind("deleted", item.key)) for item in objects])
            gone = count(len(objects), "object")
            self._output.confirm(f"Publish, and then delete {gone} not published any more?")


class TellingUser:
    """Says what a deploy would ask; for a dry run."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def to_empty(self, text: str) -> None:
        """Warn that files are missing, and that ``deploy`` would ask."""
        self._output.warn(text)
        self._output.warn("Before that is published, `deploy` asks, or needs --yes.")

    def to_delete(self, objects: Sequence[PlannedDeletion]) -> None:
        """Do nothing: the plan lists these objects."""
