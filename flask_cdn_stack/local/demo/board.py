"""What the page shows, and who waits for it to change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .visits import SeenFile, Visit


@dataclass(frozen=True)
class Said:
    """A command, and what came of it."""

    command: str
    text: str
    failed: bool = False


@dataclass(frozen=True)
class Scene:
    """All that the page shows.

    :param source: whom the files were last asked for: ``app`` or ``cdn``.
    :param busy: the action that is being carried out; empty for none.
    :param files: by key, in the order of the list; None for those that were not asked for yet.
    :param visits: the last one of each source.
    :param before: the visit to the CDN before that.
    :param changed: keys that the next deploy would upload.
    :param releases: how many were published.
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
    """Holds the scene as it is now; many look at it, each from a thread of its own."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._number = 0
        self._changing = threading.Condition()

    @property
    def scene(self) -> Scene:
        """The scene as it is now."""
        return self._scene

    def show(self, change: Callable[[Scene], Scene] | None = None, **values: Any) -> None:
        """Change the scene: by a function, then in the values given."""
        with self._changing:
            self._scene = replace(change(self._scene) if change else self._scene, **values)
            self._number += 1
            self._changing.notify_all()

    def wait(self, number: int, seconds: float) -> tuple[int, Scene]:
        """Return the scene and its number, once that is not the one given, or when the seconds are over."""
        with self._changing:
            self._changing.wait_for(lambda: self._number != number, seconds)
            return self._number, self._scene
