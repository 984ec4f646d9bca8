"""Which requests fail, and how."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Action = Literal[
    "status",
    "reset",
    "reset_mid_upload",
    "drop_response",
    "truncate",
    "corrupt",
    "corrupt_upload",
    "delay",
    "throttle",
    "hang",
]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What happens to requests with this method, and a path, body and head that these expressions find something in.

    ``status`` answers in place of the server, with ``details`` as further elements of the error, and without a body
    where ``error`` is empty; ``reset`` loses the request; ``reset_mid_upload`` reads half of the body and resets;
    ``drop_response`` lets the server act and loses its answer; ``truncate`` ends the answer's body after ``size``
    bytes; ``corrupt`` flips a bit in it, ``corrupt_upload`` one in the request's body; ``delay`` waits ``seconds``
    before forwarding; ``throttle`` sends the answer's body at ``rate`` bytes a second; ``hang`` never answers.

    Of the matching requests only those count that are among ``nth`` (from 1), or each ``every``-th, or come up by
    ``probability``; and no more than ``times``.
    """

    action: Action = field(kw_only=False)
    method: str = ""
    path: str = ""
    body: str = ""
    head: str = ""
    nth: tuple[int, ...] = ()
    every: int = 1
    probability: float = 1.0
    times: int | None = None
    status: int = 503
    error: str = "SlowDown"
    message: str = "Please reduce your request rate."
    query_api: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    size: int = 10
    seconds: float = 1.0
    rate: int = 1000


@dataclass
class _Armed:
    rule: Rule
    seen: int = 0
    fired: int = 0

    def applies(self, method: str, path: str, body: bytes, head: bytes, dice: random.Random) -> bool:
        if not self._matches(method, path, body, head):
            return False
        self.seen += 1
        if not self._is_due(dice):
            return False
        self.fired += 1
        return True

    def _matches(self, method: str, path: str, body: bytes, head: bytes) -> bool:
        rule = self.rule
        return (
            rule.method in ("", method)
            and re.search(rule.path, path) is not None
            and re.search(rule.body.encode(), body) is not None
            and re.search(rule.head.encode(), head) is not None
        )

    def _is_due(self, dice: random.Random) -> bool:
        rule = self.rule
        return (
            (rule.times is None or self.fired < rule.times)
            and (not rule.nth or self.seen in rule.nth)
            and self.seen % rule.every == 0
            and dice.random() < rule.probability
        )


class RuleBook:
    """Rules in order, with how often each was met."""

    def __init__(self, rules: Iterable[Rule], seed: int) -> None:
        self._armed = [_Armed(rule) for rule in rules]
        self._dice = random.Random(seed)

    def add(self, rule: Rule) -> None:
        """Add a rule after the others."""
        self._armed.append(_Armed(rule))

    def clear(self) -> None:
        """Drop every rule."""
        self._armed.clear()

    def pick_for_head(self, method: str, path: str, head: bytes) -> Rule | None:
        """Return the rule that decides before the request's body has come."""
        return self._pick(method, path, b"", head, early=True)

    def pick(self, method: str, path: str, body: bytes, head: bytes) -> Rule | None:
        """Return the rule that decides about a request that came whole."""
        return self._pick(method, path, body, head, early=False)

    def _pick(self, method: str, path: str, body: bytes, head: bytes, *, early: bool) -> Rule | None:
        candidates = [armed for armed in self._armed if (armed.rule.action == "reset_mid_upload") is early]
        return next((armed.rule for armed in candidates if armed.applies(method, path, body, head, self._dice)), None)
