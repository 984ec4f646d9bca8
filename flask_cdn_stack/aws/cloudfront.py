"""Reads a distribution's state, and creates and follows its invalidations."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from ..checks.quotas import CLOUDFRONT_PAGE, MAX_ACTIVE_PATHS, MAX_ACTIVE_WILDCARDS
from ..errors import AWSError
from ..quantities import count
from .failures import translate_errors
from .invalidations import Invalidation, plan_invalidation
from .patience import Patience
from .pauses import growing_pauses
from .session import Connection

#: Seconds between two requests about an invalidation, at first and at most.
PAUSES = (2.0, 20.0)

_BUSY = "TooManyInvalidationsInProgress"


@dataclass(frozen=True)
class InvalidationWaiter:
    """How to wait for CloudFront: whom to tell of the progress, how to sleep, a clock, and a timeout in seconds."""

    say: Callable[[str], None] = field(default=lambda text: None)
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    timeout: float = 900

    def looks(self) -> Iterator[float]:
        """Yield the seconds gone by, at once and then after growing pauses, for the last time after the timeout."""
        began, pauses = self.now(), growing_pauses(*PAUSES)
        gone = 0.0
        while gone < self.timeout:
            yield gone
            self.sleep(min(next(pauses), self.timeout - gone))
            gone = self.now() - began
        yield gone


class DistributionState(NamedTuple):
    """A distribution as CloudFront describes it.

    ``status`` is ``Deployed``, or ``InProgress`` while its configuration has not reached every edge location.
    ``invalidations`` is the number of those under way.
    """

    id: str
    domain: str
    status: str
    enabled: bool
    aliases: tuple[str, ...]
    invalidations: int


class _BusyError(Exception):
    """CloudFront has too many invalidations under way."""


class Distribution:
    """A distribution, by its id. ``requests`` counts the operations by name.

    Without an id the CDN is not CloudFront, or is managed by others: nothing is invalidated or waited for.

    :param is_mapped: whether a function at its edge finds versions by the query.
    """

    def __init__(
        self,
        connection: Connection,
        distribution_id: str | None,
        requests: Counter[str],
        waiting: InvalidationWaiter | None = None,
        *,
        is_mapped: bool = False,
    ) -> None:
        self._client: Any = None
        self._connection = connection
        self._id = distribution_id
        self._requests = requests
        self._is_mapped = is_mapped
        self._waiting = waiting or InvalidationWaiter()
        self._patience = Patience(self._waiting.say, self._waiting.sleep, self._waiting.now)

    def describe(self) -> DistributionState:
        """Return the distribution's state: one request (CloudFront API reference, "GetDistribution").

        :raises AWSError: it does not exist, or may not be read.
        """
        self._requests["GetDistribution"] += 1
        with self._asking("GetDistribution", "") as client:
            found = client.get_distribution(Id=self._id)["Distribution"]
        config = found["DistributionConfig"]
        return DistributionState(
            found["Id"],
            found["DomainName"],
            found["Status"],
            config["Enabled"],
            tuple(config.get("Aliases", {}).get("Items", ())),
            found.get("InProgressInvalidationBatches", 0),
        )

    def cover(self, paths: Iterable[str], asked: int) -> Invalidation:
        """Return the plan of an invalidation, as :func:`~.invalidations.plan_invalidation` does; sends no request."""
        return plan_invalidation(paths, asked, is_mapped=self._is_mapped)

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        """Create an invalidation and return its id, without waiting for its end; empty if there is no distribution.

        The request is repeated while CloudFront has too many invalidations under way.

        :param paths: URL paths with a leading slash, percent-encoded; one may end in ``*``.
        :param reference: the caller reference: a second request with the same reference and paths returns the same
            invalidation (CloudFront API reference, "CreateInvalidation").
        :raises AWSError: CloudFront refused, had too many under way until the timeout, or could not be reached.
        """
        if self._id is None:
            return ""
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
        self._requests["CreateInvalidation"] += 1
        for gone in self._waiting.looks():
            try:
                return self._create(reference, batch)
            except _BusyError as error:
                busy = error
            if not gone:
                self._waiting.say("CloudFront has too many invalidations under way; waiting until it takes another.")
        raise AWSError(
            f"The distribution {self._id} has too many invalidations under way ({_BUSY}): CloudFront works on "
            f"{MAX_ACTIVE_PATHS:,} paths at a time, of which {MAX_ACTIVE_WILDCARDS} may end in * {CLOUDFRONT_PAGE}.",
            "Wait until they are done, then run the same command again. Fewer and higher folders, such as /static/*, "
            "take less of it; with assets.fingerprint: path there is next to nothing to invalidate.",
        ) from busy

    def wait(self, invalidation: str) -> None:
        """Wait until an invalidation is done at every edge location, however busy CloudFront is meanwhile.

        :param invalidation: its id; empty for none.
        :raises AWSError: it is not done in time, or may not be read.
        """
        if self._id is None or not invalidation:
            return
        for gone in self._waiting.looks():
            try:
                if self._is_done(invalidation):
                    self._waiting.say(f"The invalidation is done, after {count(round(gone), 'second')}.")
                    return
            except AWSError as error:
                if not self._patience.bears(self._connection, error):
                    raise
            else:
                self._waiting.say(f"The invalidation has been under way for {count(round(gone), 'second')}.")
        raise AWSError(
            f"The invalidation {invalidation} of the distribution {self._id} is not done "
            f"after {count(round(self._waiting.timeout / 60), 'minute')}.",
            "It goes on by itself, and what was deployed is published. To look at it: "
            f"`aws cloudfront get-invalidation --distribution-id {self._id} --id {invalidation}`.",
        )

    def _create(self, reference: str, batch: dict[str, Any]) -> str:
        with self._asking("CreateInvalidation", reference) as client:
            answer = client.create_invalidation(DistributionId=self._id, InvalidationBatch=batch)
        return str(answer["Invalidation"]["Id"])

    def _is_done(self, invalidation: str) -> bool:
        self._requests["GetInvalidation"] += 1
        with self._asking("GetInvalidation", invalidation) as client:
            answer = client.get_invalidation(DistributionId=self._id, Id=invalidation)
        return str(answer["Invalidation"]["Status"]) == "Completed"

    @contextmanager
    def _asking(self, operation: str, name: str) -> Iterator[Any]:
        with translate_errors(f"cloudfront:{operation}", f"distribution {self._id}"):
            self._client = self._client or self._connection.client("cloudfront", patient=True)
            try:
                yield self._client
            except ClientError as error:
                code = error.response["Error"].get("Code", "")
                if code == _BUSY:
                    raise _BusyError from error
                if refused := self._refusal(code, name):
                    raise refused from error
                raise

    def _refusal(self, code: str, name: str) -> AWSError | None:
        match code:
            case "NoSuchDistribution":
                return AWSError(
                    f"There is no CloudFront distribution {self._id} in this account.",
                    "Check the account (--profile) and target.distribution_id; where it is a stack's, "
                    "run `flask-cdn-stack provision`.",
                )
            case "NoSuchInvalidation":
                return AWSError(f"The distribution {self._id} has no invalidation {name}.", "Check its id.")
            case "InvalidationBatchAlreadyExists":
                return AWSError(
                    f"The distribution {self._id} has an invalidation {name} already, of other paths.",
                    "Run the same command again: every run uses a new caller reference.",
                )
        return None
