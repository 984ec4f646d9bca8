"""The place where a project publishes: bucket, distribution and record, each opened when it is first needed."""

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
    """The place where a project publishes, with its settings for that.

    ``requests`` counts the operations of S3 and CloudFront that were called, by name.

    :param connect: opens the AWS session; by default with the environment's configuration.
    :param say: called with a sentence when there is something to wait for.
    :param is_offline: act as if there were neither bucket nor CDN.
    :param outputs: the stack's outputs, if they have been read already.
    :param environment: environment variables, in which a CI server may name the source of a release.
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
        """Whether the CDN can be invalidated: it is a CloudFront distribution, and this is not offline."""
        return not self._is_offline and self.outputs.distribution_id is not None

    @property
    def domain(self) -> str:
        """The CDN's domain."""
        return self.outputs.domain

    @cached_property
    def connection(self) -> Connection:
        """The session for the bucket's region; an existing bucket may be in another region than the stack."""
        settings = self._project.settings
        region = settings.bucket.region if settings.target is None else None
        return replace(self._stack_connection, region=region) if region else self._stack_connection

    @cached_property
    def objects(self) -> Bucket:
        """The objects in the bucket.

        :raises RefusedError: the origin is the app, and there is no bucket.
        """
        if not self._project.settings.has_bucket:
            raise RefusedError(
                "With origin: app there is no bucket that keeps releases: the files are served by the app itself.",
                "To go back, redeploy the earlier app, then run `flask-cdn-stack deploy` for its manifest.",
            )
        return open_bucket(self.connection, self.outputs.bucket, self._prefix, self.requests)

    def read_ahead(self) -> Callable[[], Snapshot]:
        """Start to read the record, and return a function that waits for it."""
        return self._reading

    @cached_property
    def versions(self) -> Versions:
        """The versions of the objects in the bucket."""
        return Versions(self.connection, self.outputs.bucket, self._prefix, self.requests)

    @cached_property
    def cdn(self) -> Distribution:
        """The distribution that serves the objects."""
        waiting, is_mapped = InvalidationWaiter(self._say), self._project.settings.assets.maps_query
        identifier = self.outputs.distribution_id
        return Distribution(self._stack_connection, identifier, self.requests, waiting, is_mapped=is_mapped)

    def start_run(self, takes_over: bool) -> Run:
        """Return a new run of this project.

        :param takes_over: it may take over files that belong to another project, as the user wants.
        """
        project = self._project
        return start_run(Owner(project.name, project.stack), project.stack_named, takes_over, self._provenance)

    def settle_owed(self, run: Run) -> Invalidation:
        """Send the outstanding invalidations, and return what was sent."""
        if not self.asks_cdn:
            self._say(NOT_ASKED)
        return settle_owed(self.objects, self.cdn, run)

    @property
    def in_path(self) -> bool:
        """Whether the settings put checksums into file names."""
        return self._project.settings.assets.names_hold_checksums

    @property
    def naming(self) -> Naming:
        """How apps build URLs with these settings."""
        return find_naming(self._project.settings.assets)

    @property
    def copy_headers(self) -> CopyHeaders:
        """A function that returns the id of a plain copy's headers, by key; empty if the edge caches it for long."""
        return copy_headers_finder(self._project.settings.assets)

    @property
    def keep(self) -> Keep:
        """How many releases the settings keep, and for how long."""
        settings = self._project.settings.assets
        return Keep(settings.keep_releases, settings.keep_days)

    def ceiling(self, max_deletes: int | None) -> int:
        """Return how many objects may be deleted: the value of the option, or else of the settings."""
        return self._project.settings.assets.max_deletes if max_deletes is None else max_deletes

    @cached_property
    def outputs(self) -> Outputs:
        """The outputs of the stack, or the same values of the target."""
        return self._outputs or read_outputs(self._stack_connection, self._project)

    @cached_property
    def _stack_connection(self) -> Connection:
        return self._connect()

    @cached_property
    def _reading(self) -> Callable[[], Snapshot]:
        objects, manifest_file = self.objects, self._project.manifest_file
        reading = start(lambda: read_state(objects), "reading")
        if manifest_file and not manifest_file.exists():  # probably the first deploy
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
