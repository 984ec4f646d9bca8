"""Measures what a manifest costs at the start, and what made-up names cost: ``python -m benchmarks.url_for.memory``."""

from __future__ import annotations

import json
import logging
import sys
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from flask import Flask

from flask_cdn_stack import CDN, url_for

from .cases import CASES, read_generated_config
from .shop import ASSETS, build_app

_MEGABYTE = 1e6


def prepare(folder: Path, name: str) -> Flask:
    """Return an app that has the config of a case, but no CDN yet."""
    app = build_app(folder)
    read_generated_config(app, next(case.settings for case in CASES if case.name == name))
    return app


def start(app: Flask) -> None:
    """Do what is done once in a server's life; a request is under way."""
    CDN(app)
    url_for("static", filename=ASSETS[0])


def measure_start(folder: Path) -> dict[str, float]:
    """Return milliseconds and megabytes, each of a pass of its own, because watching memory takes time."""
    app = prepare(folder, "generated")
    with app.test_request_context():
        started = perf_counter()
        start(app)
        seconds = perf_counter() - started
    app = prepare(folder, "generated")
    with app.test_request_context():
        tracemalloc.start()
        start(app)
        kept, peak = tracemalloc.get_traced_memory()
    return {"start": seconds * 1e3, "start peak": peak / _MEGABYTE, "start kept": kept / _MEGABYTE}


def measure_growth(folder: Path, name: str, calls: int) -> dict[str, float]:
    """Return the megabytes that are added, at the peak, by calls with names that visitors made up."""
    app = prepare(folder, name)
    with app.test_request_context():
        start(app)
        tracemalloc.start()
        for number in range(calls):
            url_for("static", filename=f"made/up-{number:06}.css")
        return {f"growth {name}": tracemalloc.get_traced_memory()[1] / _MEGABYTE}


def main(folder: str, growth: Sequence[str]) -> None:
    """Print the start's numbers as one JSON object; with a case's name and a number of calls, the growth."""
    logging.disable()
    found = measure_growth(Path(folder), growth[0], int(growth[1])) if growth else measure_start(Path(folder))
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
