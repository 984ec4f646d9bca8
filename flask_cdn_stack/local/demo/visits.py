"""A visitor who asks for every file, as a browser does, and writes down what came and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlsplit

from ...verify import FindAddress, fetch
from ...verify.packing import unpack
from ..edge.freshness import read_directives

#: How many files a browser asks one host for at once over HTTP/1.1.
CONNECTIONS = 6

_ENCODINGS = "gzip, deflate, br"


@dataclass(frozen=True)
class Distance:
    """Seconds there and back between a visitor and the app, which is beside the bucket, and the nearest edge."""

    app: float = 0.0
    edge: float = 0.0


#: Where the visitor is taken to be, by a word.
DISTANCES = {"here": Distance(), "country": Distance(0.04, 0.008), "continent": Distance(0.15, 0.015)}


@dataclass(frozen=True)
class SeenFile:
    """A file as the visitor got it. Times are seconds, sizes bytes.

    :param result: the edge's word for where it is from; ``App`` where the app sent it.
    :param kept: for how long the visitor may keep it without asking again; None where that is not said.
    :param distance: the part of the time that is simulated; ``measured`` is the other one.
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
    """What a visit came to: seconds in all, of which so many were measured, and how many files were which result."""

    seconds: float
    measured: float
    results: Mapping[str, int]


def make_visit(
    urls: Mapping[str, str], distance: Distance, find_address: FindAddress, show: Callable[[SeenFile], object]
) -> Visit:
    """Ask for all files, a few at once.

    :param urls: by the keys of the files.
    :param show: is called with each file as it comes, from several threads.
    :raises UnreachableError: nothing answers.
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
