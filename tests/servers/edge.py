"""The local edge, by the rules of a built template and without a distribution; and asking it as a viewer does."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from flask_cdn_stack.local.edge import origins
from flask_cdn_stack.local.edge.rules import Rules
from flask_cdn_stack.local.edge.server import EdgeServer
from flask_cdn_stack.verify import Answer


@dataclass(frozen=True)
class Surroundings:
    """What stands in for the world: where S3 answers, who is asking, and whose certificates are trusted.

    Every custom origin is looked for on 127.0.0.1, at the port that the template names.
    """

    s3: str = ""
    distribution_arn: str = ""
    authority: Path | None = None


class Edge:
    """Serves viewers by the rules of a template. In ``asked`` are the id of each origin and the target asked for.

    :param keeps: whether one viewer's answers are kept for the next one.
    """

    def __init__(self, rules: Rules, surroundings: Surroundings, *, keeps: bool = False) -> None:
        self.asked: list[tuple[str, str]] = []
        self._keeps = keeps
        world = origins.Surroundings(surroundings.s3, surroundings.authority, "127.0.0.1")
        if surroundings.distribution_arn:
            rules = replace(rules, arn=surroundings.distribution_arn)
        self._server = EdgeServer(world, rules, told=lambda name, target: self.asked.append((name, target)))

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.port}"

    def fetch(self, target: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """Ask as a viewer does."""
        if not self._keeps:
            self._server.clear()
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        with contextlib.closing(connection):
            asked = {"Host": "cdn.example", "Accept-Encoding": "identity", **(headers or {})}
            connection.request(method, target, headers=asked)
            response = connection.getresponse()
            answered = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, answered, response.read())
