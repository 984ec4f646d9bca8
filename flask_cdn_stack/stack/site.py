"""Where a project publishes: bucket, distribution and record, each opened when it is first needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property

from ..assets.published_names import Naming, find_naming
from ..aws.cloudfront import Distribution, InvalidationWaiter
from ..aws.invalidations import Invalidation
from ..aws.session import Connection, open_connection
from ..aws.storage import Bucket, open_bucket
from ..aws.versions import Versions
from ..aws.workers import start
from ..errors import RefusedError
from ..release.edge import NOT_ASKED, settle_owed
from ..release.history import Keep
from ..release.parties import VersionedSite
from ..release.provenance import UNKNOWN, Provenance, find_provenance
from ..release.rollback_plan import CopyHeaders, copy_headers_finder
from ..release.run import Run, start_run
from ..release.state import Owner
from ..release.store import Snapshot, read_state
from ..settings.model import Project
from .outputs import Outputs, read_outputs


class Site(VersionedSite):
    """Where a project publishes, and what its settings say of that.

    ``requests`` counts the operations that were asked of S3 and CloudFront, by name.

    :param connect: opens the AWS session; by itself, it is the one of the environment.
    :param say: is told what is waited for.
    :param is_offline: take it that there is neither bucket nor CDN.
    :param outputs: what is known of the stack, where it was read before.
    :param environment: in which a CI server may say what a release comes from.
    """

    def __init__(
        self,
        project: Project,
        connect: Callable[[], Connection] | None = None,
        say: Callable[[str], None] = lambda text: None,
        is_offline: bool = False,
        outputs: Outputs | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._project, self._say, self._is_offline = project, say, is_offline
        self._environment = environment or {}
        self._connect = connect or (lambda: open_connection(project.settings.session_region))
        self._outputs = outputs
        self.requests: Counter[str] = Counter()

    @property
    def has_bucket(self) -> bool:
        """Whether there is a bucket to publish in."""
        return self._project.settings.has_bucket and not self._is_offline

    @property
    def asks_cdn(self) -> bool:
        """Whether the CDN can be asked to forget."""
        return not self._is_offline and self.outputs.distribution_id is not None

    @property
    def domain(self) -> str:
        """The CDN's."""
        return self.outputs.domain

    @cached_property
    def connection(self) -> Connection:
        """The session in the region that the bucket is in: an existing one may be in another than the stack."""
        settings = self._project.settings
        region = settings.bucket.region if settings.target is None else None
        return replace(self._stack_connection, region=region) if region else self._stack_connection

    @cached_property
    def objects(self) -> Bucket:
        """The objects.

        :raises RefusedError: the origin is the app, and there is no bucket.
        """
        if not self._project.settings.has_bucket:
            raise RefusedError(
                "With origin: app there is no bucket that keeps releases: the files are served by the app itself.",
                "To go back, bring the earlier app out again, then run `flask-cdn-stack deploy` for its manifest.",
            )
        return open_bucket(self.connection, self.outputs.bucket, self._prefix, self.requests)

    def read_ahead(self) -> Callable[[], Snapshot]:
        """Begin to read the record, and return what waits for it."""
        return self._reading

    @cached_property
    def versions(self) -> Versions:
        """The versions that the bucket keeps."""
        return Versions(self.connection, self.outputs.bucket, self._prefix, self.requests)

    @cached_property
    def cdn(self) -> Distribution:
        """What serves them."""
        waiting, is_mapped = InvalidationWaiter(self._say), self._project.settings.assets.maps_query
        identifier = self.outputs.distribution_id
        return Distribution(self._stack_connection, identifier, self.requests, waiting, is_mapped=is_mapped)

    def start_run(self, takes_over: bool) -> Run:
        """Return a run of this project's.

        :param takes_over: the user wants it to have what is another's.
        """
        project = self._project
        return start_run(Owner(project.name, project.stack), project.stack_named, takes_over, self._provenance)

    def settle_owed(self, run: Run) -> Invalidation:
        """Let the edge forget what it owes, and return what it was asked for."""
        if not self.asks_cdn:
            self._say(NOT_ASKED)
        return settle_owed(self.objects, self.cdn, run)

    @property
    def in_path(self) -> bool:
        """Whether the settings put checksums into names."""
        return self._project.settings.assets.names_hold_checksums

    @property
    def naming(self) -> Naming:
        """What the settings let apps build their URLs from."""
        return find_naming(self._project.settings.assets)

    @property
    def copy_headers(self) -> CopyHeaders:
        """What tells which plain copies the edge drops soon by itself."""
        return copy_headers_finder(self._project.settings.assets)

    @property
    def keep(self) -> Keep:
        """Which releases the settings keep."""
        settings = self._project.settings.assets
        return Keep(settings.keep_releases, settings.keep_days)

    def ceiling(self, max_deletes: int | None) -> int:
        """Return how many objects may be deleted: as an option says, or else the settings."""
        return self._project.settings.assets.max_deletes if max_deletes is None else max_deletes

    @cached_property
    def outputs(self) -> Outputs:
        """What is known of the stack, or of the target."""
        return self._outputs or read_outputs(self._stack_connection, self._project)

    @cached_property
    def _stack_connection(self) -> Connection:
        return self._connect()

    @cached_property
    def _reading(self) -> Callable[[], Snapshot]:
        objects, manifest_file = self.objects, self._project.manifest_file
        reading = start(lambda: read_state(objects), "reading")
        if manifest_file and not manifest_file.exists():  # it may well be the first deploy
            objects.list_ahead()
        return reading

    @cached_property
    def _provenance(self) -> Provenance:
        if not self._project.settings.assets.provenance:
            return UNKNOWN
        return find_provenance(self._project.folder, self._environment)

    @property
    def _prefix(self) -> str:
        return self._project.settings.assets.prefix
