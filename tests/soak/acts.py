"""What a deployer does, as the commands do it, with the library's own functions on a bucket in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from flask_cdn_stack.assets.published_names import find_naming
from flask_cdn_stack.aws.invalidations import Invalidation, plan_invalidation
from flask_cdn_stack.release.deploy import DeployOptions
from flask_cdn_stack.release.edge import settle_owed
from flask_cdn_stack.release.history import Keep
from flask_cdn_stack.release.process import Process
from flask_cdn_stack.release.prune import delete_pruned, preview_prune
from flask_cdn_stack.release.rollback import preview_rollback, roll_back
from flask_cdn_stack.release.rollback_plan import copy_headers_finder
from flask_cdn_stack.release.run import Run
from flask_cdn_stack.release.state import Owner
from tests.release.fakes import RecordingWatcher, Step
from tests.release.histories import DatedRun
from tests.release.publishing import MemorySite, publish_to
from tests.soak.edge_model import EdgeModel
from tests.soak.memory_s3 import MemoryS3, SoakBucket, SoakVersions, make_source, read_assets
from tests.soak.project_edits import Project

Kind = Literal["deploy", "deploy --delete", "deploy --verify-remote", "deploy --take-over", "rollback", "prune"]

#: More than any project here has.
CEILING = 1000


@dataclass
class Deployer:
    """A checkout of a project on a machine, whose clock may be ahead by some seconds."""

    name: str
    host: str
    project: Project
    owner: str = "shop"
    ahead: float = 0

    def copy(self) -> Deployer:
        """As it is now."""
        return Deployer(self.name, self.host, self.project.copy(), self.owner, self.ahead)


@dataclass
class Act:
    """One command of one deployer. ``manifest`` is what it wrote into the app's folder, in the end."""

    kind: Kind
    deployer: Deployer
    target: str | None = None
    manifest: str | None = None
    publishes: bool = True

    def __str__(self) -> str:
        return f"{self.deployer.name}: {self.kind}" + (f" {self.target}" if self.target else "")


@dataclass
class Machine:
    """What the acts work with: the bucket, the edge, and how time goes on."""

    s3: MemoryS3
    edge: EdgeModel
    now: Callable[[], float]
    sleep: Callable[[float], None]
    lives: Callable[[int], bool]
    deployed: dict[str, Deployer] = field(default_factory=dict)

    def perform(self, act: Act, number: int, step: Step) -> None:
        """Do it, as process ``number`` of its machine."""
        project = act.deployer.project
        bucket, watcher = SoakBucket(self.s3, step), RecordingWatcher()
        run, distribution = self._start_run(act, number, step), _Distribution(self.edge, step, self.s3.is_mapped)
        keep = Keep(read_assets(project).keep_releases, read_assets(project).keep_days)
        if act.kind == "prune":
            plan = preview_prune(bucket, keep, CEILING, run)
            if plan.keys or plan.releases or plan.owes:
                delete_pruned(bucket, plan, keep, CEILING, run)
                settle_owed(bucket, distribution, run)
        elif act.kind == "rollback":
            versions = SoakVersions(self.s3, step)
            naming, copies = find_naming(read_assets(project)), copy_headers_finder(read_assets(project))
            back = preview_rollback(bucket, versions, distribution, act.target, run, naming, copies)
            if back.publishes or back.invalidation.paths:
                back = roll_back(bucket, versions, distribution, back.target, run, watcher, copies)
            act.manifest, act.publishes = back.target.manifest, back.publishes
        else:
            self._deploy(act, bucket, distribution, keep, run)

    def _deploy(self, act: Act, bucket: SoakBucket, distribution: _Distribution, keep: Keep, run: Run) -> None:
        project = act.deployer.project
        options = DeployOptions(
            verify_remote=act.kind == "deploy --verify-remote", delete=act.kind == "deploy --delete"
        )
        site = MemorySite(bucket, distribution, run, keep, project.in_path, CEILING)
        outcome = publish_to(site, make_source(project), RecordingWatcher(), options)
        act.manifest, act.publishes = outcome.plan.manifest, outcome.plan.publishes

    def _start_run(self, act: Act, number: int, step: Step) -> Run:
        deployer = act.deployer

        def sleep(seconds: float) -> None:
            step("sleep", "", lambda: self.sleep(seconds))

        name = f"{deployer.name}{number}"
        self.deployed[name] = deployer.copy()
        return DatedRun(
            name,
            Process(deployer.host, number, 0),
            Owner(deployer.owner, f"{deployer.owner}-cdn"),
            takes_over=act.kind == "deploy --take-over",
            now=lambda: self.now() + deployer.ahead,
            sleep=sleep,
            lives=lambda pid, started: self.lives(pid),
        )


@dataclass
class _Distribution:
    """The tool's view of the edge."""

    edge: EdgeModel
    step: Step
    is_mapped: bool

    def cover(self, paths: Iterable[str], asked: int) -> Invalidation:
        return plan_invalidation(paths, asked, is_mapped=self.is_mapped)

    def wait(self, invalidation: str) -> None:
        pass

    def invalidate(self, paths: Sequence[str], reference: str) -> str:
        self.step("invalidate", " ".join(paths), lambda: self.edge.forget(paths))
        return reference
