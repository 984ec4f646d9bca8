"""The local edge in front of the session's local AWS, whose time a test moves, and what browsers do there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace

from flask_cdn_stack.local.edge.origins import Surroundings
from flask_cdn_stack.local.edge.server import EdgeServer
from flask_cdn_stack.verify import fetch
from tests.conftest import Program
from tests.local.edge.site import Clock
from tests.soak import edge_model
from tests.soak.browser import Given

from .published import connect


@contextmanager
def front(program: Program, clock: Clock) -> Iterator[Program]:
    """Put an edge in front of a program's account for as long as the block runs."""
    with EdgeServer(Surroundings(program.environment["AWS_ENDPOINT_URL"]), clock=clock) as edge:
        url = f"http://127.0.0.1:{edge.port}"
        yield replace(program, environment={**program.environment, "AWS_ENDPOINT_URL": url})


@dataclass(frozen=True)
class Viewed:
    """A program's account, as viewers ask it."""

    program: Program

    def ask(self, urls: Mapping[str, str]) -> dict[str, Given]:
        """Answer one who has copies with these ETags, or empty ones."""
        return {url: self._give(url, etag) for url, etag in urls.items()}

    def bodies(self, urls: Mapping[str, bytes]) -> dict[str, bytes]:
        """What one gets who has none."""
        given = self.ask(dict.fromkeys(urls, ""))
        return {url: one.answer.body for url, one in given.items() if one.answer}

    def _give(self, url: str, etag: str) -> Given:
        answer = fetch(url, connect(self.program).connect_address, {"If-None-Match": etag} if etag else {})
        said, control = answer.headers, answer.headers.get("cache-control", "")
        found = edge_model.Answer(answer.body, said.get("content-type", ""), control)
        age, is_known = int(said.get("age", 0)), answer.status == 304
        return Given(found if answer.status == 200 else None, control, said.get("etag", ""), age, is_known)
