"""What the demo's page shows, with a way to wait for a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .visits import SeenFile, Visit


@dataclass(frozen=True)
class Said:
    """A command and its outcome."""

    command: str
    text: str
    failed: bool = False


@dataclass(frozen=True)
class Scene:
    """Everything that the page shows.

    :param source: where the files were last fetched from: ``app`` or ``cdn``.
    :param busy: the action under way; empty if there is none.
    :param files: by key, in the order of the list; None for a file that was not fetched yet.
    :param visits: the last visit to each source.
    :param before: the last visit to the CDN but one.
    :param changed: keys that the next deploy would upload.
    :param releases: how many releases were published.
    """

    source: str = "app"
    distance: str = "continent"
    busy: str = ""
    files: Mapping[str, SeenFile | None] = field(default_factory=dict)
    visits: Mapping[str, Visit] = field(default_factory=dict)
    before: Visit | None = None
    changed: tuple[str, ...] = ()
    releases: int = 1
    last: str = ""
    said: tuple[Said, ...] = ()


class Board:
    """Holds the current scene. Used from several threads."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._number = 0
        self._changing = threading.Condition()

    @property
    def scene(self) -> Scene:
        """The current scene."""
        return self._scene

    def show(self, change: Callable[[Scene], Scene] | None = None, **values: Any) -> None:
        """Change the scene: first by the function, then by the given values."""
        with self._changing:
            self._scene = replace(change(self._scene) if change else self._scene, **values)
            self._number += 1
            self._changing.notify_all()

    def wait(self, number: int, seconds: float) -> tuple[int, Scene]:
        """Wait until the scene's number is not the given one, or the seconds are over; return number and scene."""
        with self._changing:
            self._changing.wait_for(lambda: self._number != number, seconds)
            return self._number, self._scene
