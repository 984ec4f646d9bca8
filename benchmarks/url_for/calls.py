"""Times a contender's cases, each in turns with Flask's own: ``python -m benchmarks.url_for.calls``."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from timeit import Timer

import flask
from flask import Flask

from ..table import middle
from .cases import CASES, MANIFEST_ADDRESS, Case
from .shop import ASSETS, BASE_URL, build_app

_TURNS = 9


class Side:
    """An app and the call that is timed in it."""

    def __init__(self, app: Flask, call: Callable[..., str], case: Case, calls: int) -> None:
        self._app = app
        self._path = case.path
        self._names = list(islice(cycle(ASSETS), max(1, calls // _TURNS // case.weight)))
        self._known = {"call": call, "render_template": flask.render_template, "flask_url_for": flask.url_for}
        self._statement = case.statement
        # Turns the garbage collector off by itself while it runs.
        self._timer = Timer(f"for name in names: {case.statement}", globals={**self._known, "names": self._names})

    def answer(self) -> str:
        """Return what the first call gives."""
        with self._request():
            return str(eval(self._statement, {**self._known, "name": ASSETS[0]}))

    def turn(self) -> float:
        """Return the nanoseconds of one call."""
        with self._request():
            return self._timer.timeit(1) / len(self._names) * 1e9

    def _request(self) -> flask.ctx.RequestContext:
        return self._app.test_request_context(self._path, base_url=BASE_URL)


def measure(case: Case, folder: Path, calls: int) -> tuple[float, float]:
    """Return the nanoseconds of the contender's call and of Flask's own."""
    plain = build_app(folder, url_defaults=case.url_defaults)
    app = build_app(folder, url_defaults=case.url_defaults)
    own = Side(plain, flask.url_for, case, calls)
    other = Side(app, case.set_up(app, case), case, calls)
    if case.shows not in other.answer():
        raise SystemExit(f"{case.name}: {other.answer()!r} has no {case.shows!r}.")
    for side in (other, own):
        side.turn()
    return middle([(other.turn(), own.turn()) for _ in range(_TURNS)])


def main(folder: str, calls: str, address: str, names: Sequence[str]) -> None:
    """Print the nanoseconds of each named case as one JSON object."""
    logging.disable()
    found = {}
    for case in CASES:
        if case.name in names:
            settings = {key: address if value == MANIFEST_ADDRESS else value for key, value in case.settings.items()}
            found[case.name] = measure(replace(case, settings=settings), Path(folder), int(calls))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])
