"""The bucket as the commands of the history open it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..assets.published_names import Naming
    from ..aws.cloudfront import Distribution
    from ..aws.session import Connection
    from ..aws.storage import Bucket
    from ..aws.versions import Versions
    from ..release.edge import Forgotten
    from ..release.history import Keep
    from ..release.run import Run
    from ..release.store import Snapshot
    from ..stack.outputs import Outputs
    from .call import Call


class OpenedBucket:
    """What a project has in AWS, each part opened when it is first needed."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._requests: Counter[str] = Counter()
        self._began = time.monotonic()

    @cached_property
    def connection(self) -> Connection:
        """The session in the region that the bucket is in: an existing one may be in another than the stack."""
        settings = self._call.project.settings
        region = settings.bucket.region if settings.target is None else None
        return replace(self._call.connection, region=region) if region else self._call.connection

    @cached_property
    def objects(self) -> Bucket:
        """The objects.

        :raises RefusedError: the origin is the app, and there is no bucket.
        """
        from ..aws.storage import open_bucket

        self._require_bucket()
        return open_bucket(self.connection, self.outputs.bucket, self._prefix, self._requests)

    @cached_property
    def _reading(self) -> Callable[[], Snapshot]:
        from ..release.store import start_reading

        return start_reading(self.objects)

    def read_ahead(self) -> Callable[[], Snapshot]:
        """Begin to read the record, and return what waits for it."""
        return self._reading

    @cached_property
    def versions(self) -> Versions:
        """The versions that the bucket keeps."""
        from ..aws.versions import Versions

        return Versions(self.connection, self.outputs.bucket, self._prefix, self._requests)

    @cached_property
    def distribution(self) -> Distribution:
        """What serves them."""
        from ..aws.cloudfront import Distribution, InvalidationWaiter

        waiting = InvalidationWaiter(self._call.output.say)
        return Distribution(self._call.connection, self.outputs.distribution_id, self._requests, waiting)

    def start_run(self, takes_over: bool) -> Run:
        """Return a run of this project's.

        :param takes_over: the user wants it to have what is another's.
        """
        from ..release.run import start_run
        from ..release.state import Owner

        project = self._call.project
        return start_run(Owner(project.name, project.stack), project.stack_named, takes_over)

    def settle_owed(self, run: Run) -> Forgotten:
        """Let the edge forget what it owes, and return what it was asked for."""
        from ..release.edge import settle_owed
        from .output import NOT_ASKED

        if self.outputs.distribution_id is None:
            self._call.output.say(NOT_ASKED)
        return settle_owed(self.objects, self.distribution, run)

    @property
    def in_path(self) -> bool:
        """Whether the settings put checksums into names."""
        return self._call.project.settings.assets.fingerprint == "path"

    @property
    def naming(self) -> Naming:
        """What the settings let apps build their URLs from."""
        from ..assets.published_names import find_naming

        return find_naming(self._call.project.settings.assets)

    @property
    def keep(self) -> Keep:
        """Which releases the settings keep."""
        from ..release.history import Keep

        settings = self._call.project.settings.assets
        return Keep(settings.keep_releases, settings.keep_days)

    def ceiling(self, max_deletes: int | None) -> int:
        """Return how many objects may be deleted: as an option says, or else the settings."""
        return self._call.project.settings.assets.max_deletes if max_deletes is None else max_deletes

    def costs(self) -> dict[str, Any]:
        """Return the last keys of a report: what was asked of S3 and CloudFront, and how long it took."""
        return {"requests": dict(self._requests), "seconds": round(time.monotonic() - self._began, 3)}

    @cached_property
    def outputs(self) -> Outputs:
        """What is known of the stack, or of the target."""
        from ..stack.outputs import read_outputs

        return read_outputs(self._call.connection, self._call.project)

    def _require_bucket(self) -> None:
        from ..errors import RefusedError

        if not self._call.project.settings.has_bucket:
            raise RefusedError(
                "With origin: app there is no bucket that keeps releases: the files are served by the app itself.",
                "To go back, bring the earlier app out again, then run `flask-cdn-stack deploy` for its manifest.",
            )

    @property
    def _prefix(self) -> str:
        return self._call.project.settings.assets.prefix


def moment_text(seconds: float | None) -> str:
    """Return a moment as ISO 8601 in UTC; empty for none."""
    from datetime import UTC, datetime

    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
