"""A simulated visitor, who fetches every file as a browser does and records what came and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...verify import FindAddress, fetch
from ...verify.packing import unpack
from ..edge.freshness import read_directives

#: How many connections a browser opens to one host over HTTP/1.1.
CONNECTIONS = 6

_ENCODINGS = "gzip, deflate, br"


@dataclass(frozen=True)
class Distance:
    """Round-trip times in seconds: from a visitor to the app, which is near the bucket, and to the nearest edge."""

    app: float = 0.0
    edge: float = 0.0


#: Simulated places of the visitor, by name.
DISTANCES = {"here": Distance(), "country": Distance(0.04, 0.008), "continent": Distance(0.15, 0.015)}


@dataclass(frozen=True)
class SeenFile:
    """A file as the visitor got it. Times are in seconds, sizes in bytes.

    :param result: the first word of ``X-Cache``; ``App`` if the app sent the file.
    :param kept: for how long the browser may cache it; None if no header says so.
    :param distance: the simulated part of the time; ``measured`` is the rest.
    """

    key: str
    host: str
    path: str
    version: str
    status: int
    result: str
    age: int
    wire: int
    decoded: int
    encoding: str
    kept: int | None
    measured: float
    distance: float


@dataclass(frozen=True)
class Visit:
    """A visit's result: its seconds in all, the measured part of them, and the number of files by result."""

    seconds: float
    measured: float
    results: Mapping[str, int]


def make_visit(
    urls: Mapping[str, str], distance: Distance, find_address: FindAddress, show: Callable[[SeenFile], object]
) -> Visit:
    """Fetch all files, a few at once.

    :param urls: by the files' keys.
    :param show: is called with each file as it arrives, from several threads.
    :raises UnreachableError: no server answers.
    """

    def ask(key: str) -> SeenFile:
        seen = _ask(key, urls[key], distance, find_address)
        show(seen)
        return seen

    began = time.perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as connections:
        files = list(connections.map(ask, urls))
    seconds = time.perf_counter() - began
    measured = sum(file.measured for file in files)
    simulated = sum(file.distance for file in files)
    results = [file.result for file in files]
    return Visit(
        seconds,
        seconds * measured / (measured + simulated) if files else 0.0,
        {result: results.count(result) for result in dict.fromkeys(results)},
    )


def _ask(key: str, url: str, distance: Distance, find_address: FindAddress) -> SeenFile:
    began = time.perf_counter()
    answer = fetch(url, find_address, {"Accept-Encoding": _ENCODINGS})
    measured = time.perf_counter() - began
    headers, parts = answer.headers, urlsplit(url)
    result = headers["x-cache"].partition(" ")[0] if "x-cache" in headers else "App"
    away = distance.app if result == "App" else distance.edge + (distance.app if result != "Hit" else 0)
    time.sleep(away)
    age, encoding = headers.get("age", ""), headers.get("content-encoding", "")
    unpacked = unpack(encoding, answer.body, None) if encoding else None
    kept = read_directives(headers.get("cache-control", "")).get("max-age", "")
    return SeenFile(
        key,
        parts.netloc,
        parts.path,
        parts.query,
        answer.status,
        result,
        int(age) if age.isdigit() else 0,
        len(answer.body),
        len(answer.body if unpacked is None else unpacked),
        encoding,
        int(kept) if kept.isdigit() else None,
        measured,
        away,
    )
