"""The actions behind the buttons of the demo's page."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from ...errors import CDNStackError
from ...quantities import count
from .board import Board, Said, Scene
from .shop import Shop
from .visits import DISTANCES, SeenFile, Visit, make_visit

#: Visits that are shown when the page is first opened, with seconds to pause after each.
OPENING = (("app", 0.3), ("cdn", 1.2), ("cdn", 0.0))

# Commands that the page has room for.
_KEPT = 6


class Demonstration:
    """Carries out the actions on a shop, and shows on a board what visitors then get.

    :param pause: waits for seconds.
    """

    def __init__(self, shop: Shop, pause: Callable[[float], object] = time.sleep) -> None:
        self._shop = shop
        self._pause = pause
        self._doing, self._opening = threading.Lock(), threading.Lock()
        self._stamps = shop.read_stamps()
        self.board = Board(Scene(files=dict.fromkeys(shop.find_urls("app"))))
        self.actions: dict[str, Callable[[], object]] = {
            "app": lambda: self._visit("app"),
            "cdn": lambda: self._visit("cdn"),
            "change": self._change,
            "deploy": self._deploy,
            "roll-back": self._roll_back,
            "invalidate": self._invalidate,
            "opening": self._play,
            **{f"distance-{name}": partial(self._move, name) for name in DISTANCES},
        }

    def open(self) -> None:
        """When the page is first opened, play a visit to the app and two to the CDN."""
        if self._opening.acquire(blocking=False):
            self.board.show(busy="opening")
            threading.Thread(target=self.do, args=("opening",), name="opening", daemon=True).start()

    def do(self, name: str) -> bool:
        """Carry out an action by its name, and show its failure; return False if another one is under way."""
        if not self._doing.acquire(blocking=False):
            return False
        try:
            self.board.show(busy=name)
            with self._showing_failure(name):
                self.actions[name]()
        finally:
            self._doing.release()
            self.board.show(busy="")
        return True

    def look_for_edits(self) -> None:
        """If somebody has edited a file, show what differs from the published files."""
        if self._doing.acquire(blocking=False):
            try:
                with self._showing_failure("edit"):
                    if self._shop.read_stamps() != self._stamps:
                        self._compare()
            finally:
                self._doing.release()

    def _play(self) -> None:
        for source, seconds in OPENING:
            self._visit(source)
            self._pause(seconds)

    @contextmanager
    def _showing_failure(self, name: str) -> Iterator[None]:
        try:
            yield
        except (CDNStackError, OSError) as error:
            self._say(name, str(error), failed=True)

    def _say(self, command: str, text: str, failed: bool = False) -> None:
        said = Said(command, text, failed)
        self.board.show(lambda scene: replace(scene, said=(*scene.said, said)[-_KEPT:]))

    def _visit(self, source: str, last: str = "") -> None:
        urls = self._shop.find_urls(source)
        self.board.show(files=dict.fromkeys(urls), source=source, last=last)
        distance = DISTANCES[self.board.scene.distance]
        visit = make_visit(urls, distance, self._shop.find_address, self._show_file)
        self.board.show(lambda scene: _add_visit(scene, source, visit))

    def _show_file(self, file: SeenFile) -> None:
        self.board.show(lambda scene: replace(scene, files={**scene.files, file.key: file}))

    def _move(self, distance: str) -> None:
        self.board.show(distance=distance, visits={}, before=None)
        self._visit("app")
        self._visit("cdn")

    def _change(self) -> None:
        file, color = self._shop.change_color()
        self._say(f"edit {file}", f"The shop's colour is {color}.")
        self._compare()
        self._visit(self.board.scene.source, "change")

    def _compare(self) -> None:
        self._stamps = self._shop.read_stamps()
        urls, changed = self._shop.find_urls(self.board.scene.source), self._shop.find_changed()
        self.board.show(
            lambda scene: replace(scene, changed=changed, files={key: scene.files.get(key) for key in urls})
        )

    def _deploy(self) -> None:
        report = self._shop.deploy()
        self._stamps = self._shop.read_stamps()
        if report.plan.publishes:
            text = f"{count(len(report.uploads), 'file')} uploaded, release {report.release} published."
            self.board.show(lambda scene: replace(scene, releases=scene.releases + 1))
        else:
            text = "Nothing has changed since the last one."
        self._say("flask-cdn-stack deploy", text)
        self.board.show(changed=())
        self._visit("cdn", "deploy")

    def _roll_back(self) -> None:
        done = self._shop.roll_back().done
        text = f"{done.target.id} is published again; {count(len(done.keys), 'file')} copied back within the bucket."
        self._say("flask-cdn-stack rollback", text)
        self.board.show(lambda scene: replace(scene, releases=scene.releases + 1))
        self._compare()
        self._visit("cdn", "roll-back")

    def _invalidate(self) -> None:
        self._shop.invalidate()
        self._say('aws cloudfront create-invalidation --paths "/*"', "The edge forgets every file.")
        self._visit("cdn", "invalidate")


def _add_visit(scene: Scene, source: str, visit: Visit) -> Scene:
    before = scene.visits.get("cdn") if source == "cdn" else scene.before
    return replace(scene, visits={**scene.visits, source: visit}, before=before)
