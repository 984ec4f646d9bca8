"""CloudFront beyond the stack: invalidations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from .session import Connection, translate_errors


class Distribution:
    """A distribution, by its id. ``requests`` counts the operations asked for by name."""

    def __init__(self, connection: Connection, distribution_id: str, requests: Counter[str]) -> None:
        self._client: Any = None
        self._connection = connection
        self._id = distribution_id
        self._requests = requests

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        """Ask for an invalidation and return its id, without waiting for it.

        :param paths: URL paths with a leading slash, percent-encoded; one may end in ``*``.
        :param reference: the caller reference: asking again with the same one and the same paths gives the same
            invalidation (CloudFront API reference, "CreateInvalidation").
        """
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
        self._requests["CreateInvalidation"] += 1
        with translate_errors("cloudfront:CreateInvalidation", f"distribution {self._id}"):
            self._client = self._client or self._connection.client("cloudfront")
            answer = self._client.create_invalidation(DistributionId=self._id, InvalidationBatch=batch)
        return str(answer["Invalidation"]["Id"])
