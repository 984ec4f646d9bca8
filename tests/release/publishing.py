"""Deploys to a bucket in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flask_cdn_stack.assets.collect import Asset, Collection
from flask_cdn_stack.aws.invalidations import Invalidation
from flask_cdn_stack.errors import AWSError
from flask_cdn_stack.release.deploy import DeployOptions, DeployReader, DeployReport, Files, Parties, carry_out, deploy
from flask_cdn_stack.release.edge import CDN, settle_owed
from flask_cdn_stack.release.history import Keep
from flask_cdn_stack.release.parties import AssetStore, Source, Watcher
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import STATE_KEY, State
from flask_cdn_stack.release.state_text import encode_state
from flask_cdn_stack.release.store import Snapshot, read_state
from tests.release.fakes import MemoryBucket, RecordingDistribution, RecordingWatcher


@dataclass
class MemorySite:
    """Where a run of a test publishes."""

    objects: AssetStore
    cdn: CDN
    run: Run
    keep: Keep = field(default_factory=lambda: Keep(5, 30))
    in_path: bool = False
    most_deletes: int = 1000
    has_bucket: bool = True
    asks_cdn: bool = True
    domain: str = "cdn.test.invalid"

    def read_ahead(self) -> Callable[[], Snapshot]:
        return lambda: read_state(self.objects)

    def start_run(self, takes_over: bool) -> Run:
        return self.run

    def ceiling(self, max_deletes: int | None) -> int:
        return self.most_deletes if max_deletes is None else max_deletes

    def settle_owed(self, run: Run) -> Invalidation:
        return settle_owed(self.objects, self.cdn, run)


class WatchedSite:
    """Objects and a distribution, and everything that was asked of both in order."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.log: list[str] = []
        self.distribution = RecordingDistribution(step=self.note)
        self.watcher = RecordingWatcher()
        self._refused: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """What the record says."""
        return read_state(MemoryBucket(self.objects)).state

    def change(self, **changes: object) -> None:
        """Change the record as another run would."""
        self.objects[STATE_KEY] = encode_state(replace(self.state, **changes))  # type: ignore[arg-type]

    def refuse(self, *names: str) -> None:
        """Let AWS deny from now on the operations that have one of these names in the log."""
        self._refused = names

    def note(self, operation: str, key: str, effect: Callable[[], object]) -> object:
        """Log an operation before it is carried out."""
        known = {"": "", STATE_KEY: " state"}
        self.log.append(operation + known.get(key, " release" if "/releases/" in key else f" {key}"))
        if self.log[-1] in self._refused:
            raise AWSError(f"AWS denied to {self.log[-1]}.", "Allow it.")
        return effect()


_FILES = Collection((Asset("a", "a", "static", "a"),))


def publish(
    bucket: AssetStore,
    cdn: CDN,
    source: Source,
    run: Run,
    watcher: Watcher,
    *,
    verifies: bool = False,
    reader: DeployReader = carry_out,
) -> DeployReport:
    """Deploy a source."""
    options = DeployOptions(verify_remote=verifies)
    return publish_to(MemorySite(bucket, cdn, run), source, watcher, options, reader)


def publish_to(
    site: MemorySite, source: Source, watcher: Watcher, options: DeployOptions, reader: DeployReader = carry_out
) -> DeployReport:
    """Deploy a source to a site."""
    return deploy(site, lambda: Files(_FILES, source), options, Parties(watcher), reader=reader)
