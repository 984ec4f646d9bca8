"""A project's static files and settings, and what somebody makes of them from one deploy to the next."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

#: Names of files, plain ones and such as are written in a URL in another way. Some keep theirs in the mode ``path``.
NAMES = (
    "css/app.css",
    "css/theme.css",
    "css/deep/print.css",
    "js/app.js",
    "js/a+b.js",
    "img/logo.svg",
    "img/a b.svg",
    "img/größe~1.svg",
    "font/text.woff2",
    "data/x.y.json",
    "favicon.ico",
    "robots.txt",
    "sw.js",
)

#: So many files are sent before all of them are hashed.
CROWD = 18

_STYLES = tuple(name for name in NAMES if name.endswith(".css"))

_DEFAULT_NAMES = ["favicon.ico", "robots.txt", "sw.js", "service-worker.js", "*.webmanifest", ".well-known/**"]

#: Values of settings below ``assets``, the usual ones first; None leaves a setting out.
CHOICES: Mapping[str, tuple[Any, ...]] = {
    "fingerprint": ("query", "path"),
    "checksum_length": (None, 12, 20),
    "keep_names": (None, [*_DEFAULT_NAMES, "static/data/**"], ["robots.txt", "static/js/app.js"]),
    "headers": (
        None,
        [{"match": "*.svg", "set": {"X-Amz-Meta-Mark": "1"}}],
        [{"match": "static/css/**", "set": {"Cache-Control": "public, max-age=7200"}}],
    ),
    "cache_control": (None, {"query": "public, max-age=60, s-maxage=864000"}),
    "rewrite_css": (None, False),
    "plain_copies": (None, False),
    "publish_manifest": (None, True),
    "gzip": (None, True),
    "keep_releases": (3, 1, 2, 5),
    "keep_days": (0, 1),
}


_IMMUTABLE_CHOICES: Mapping[str, tuple[Any, ...]] = {"fingerprint": (None,), "checksum_length": (None, 18, 20)}


@dataclass
class Project:
    """Static files by their name below the static folder, and settings below ``assets``."""

    files: dict[str, bytes] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=lambda: {"keep_releases": 3, "keep_days": 0})

    def copy(self) -> Project:
        """The same in another checkout."""
        return Project(dict(self.files), dict(self.settings))

    def edit(self, dice: Random) -> None:
        """Change a few files."""
        for _ in range(dice.randint(1, 4)):
            dice.choice([self._write, self._write, self._write, self._delete, self._rename, self._crowd])(dice)
        if not self.files:
            self._write(dice)

    def change_settings(self, dice: Random) -> str:
        """Change one setting, and return its name."""
        choices = {**CHOICES, **_IMMUTABLE_CHOICES} if self.is_immutable else CHOICES
        name = dice.choice(list(choices))
        value = dice.choice(choices[name])
        self.settings.pop(name, None)
        if value is not None:
            self.settings[name] = value
        return name

    def switch(self, is_immutable: bool) -> None:
        """Have a stack whose edge leads checksums in the query to names, or one whose edge does not."""
        for name in ("immutable", *_IMMUTABLE_CHOICES):
            self.settings.pop(name, None)
        if is_immutable:
            self.settings["immutable"] = True

    @property
    def in_path(self) -> bool:
        """Whether names hold checksums."""
        return self.settings.get("fingerprint") == "path" or self.is_immutable

    @property
    def is_immutable(self) -> bool:
        """Whether the edge leads a checksum in the query to a name that has it: the stack's affair, and everybody's."""
        return "immutable" in self.settings

    def _write(self, dice: Random) -> None:
        name = dice.choice(NAMES)
        self.files[name] = self._style(dice, name) if name in _STYLES else _text(dice)

    def _style(self, dice: Random, name: str) -> bytes:
        targets = dice.sample(sorted(NAMES), dice.randint(0, 3))
        urls = [_quote(posixpath.relpath(target, posixpath.dirname(name))) for target in targets]
        rules = [f'.a{number} {{ background: url("{url}") }}\n' for number, url in enumerate(urls)]
        return "".join(rules).encode() + b"/* " + _text(dice) + b" */\n"

    def _delete(self, dice: Random) -> None:
        if self.files:
            del self.files[dice.choice(sorted(self.files))]

    def _rename(self, dice: Random) -> None:
        if self.files:
            self.files[dice.choice(NAMES)] = self.files.pop(dice.choice(sorted(self.files)))

    def _crowd(self, dice: Random) -> None:
        crowd = [name for name in self.files if name.startswith("crowd/")]
        if crowd:
            for name in crowd:
                del self.files[name]
        elif dice.random() < 0.3:
            mark = dice.randint(0, 3)
            self.files |= {f"crowd/{mark}-{number}.txt": f"{number} {mark}".encode() for number in range(CROWD)}


def _text(dice: Random) -> bytes:
    # Few enough that files come back to what they were, and that two of them are the same.
    return b"text %d " % dice.randint(0, 9) + b"-" * dice.choice([0, 0, 60])


def _quote(path: str) -> str:
    return path.replace(" ", "%20").replace("+", "%2B")
