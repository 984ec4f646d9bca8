"""The use case ``deploy``: uploads an app's files and publishes them as a release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from ..assets.collect import Collection
from ..assets.fingerprint import Build
from ..aws.invalidations import Invalidation, check_paths, drop_covered
from ..errors import CDNStackError
from .deploy_steps import AppDeployment, DeploySteps, DryRun
from .deployment import Deployment
from .expected_manifest import check_expected
from .files import collect_files
from .parties import DeployOptions, Files, Parties, ReleaseSite
from .plan import Plan, PlannedDeletion, PlannedUpload
from .run import Run

__all__ = ["DeployOptions", "DeployReport", "Files", "Parties", "carry_out", "collect_files", "deploy", "only_look"]

_PLAIN, _NOBODY = DeployOptions(), Parties()


@dataclass(frozen=True)
class DeployReport:
    """The result of a deploy, or of a dry run.

    ``plan`` is the last plan, ``uploads`` the uploads of all its plans. ``deleted`` are objects, ``invalidated`` the
    paths that were invalidated. ``invalidation`` covers what was replaced, even if no CDN could be asked. ``charged``:
    the month had no free invalidation paths left.
    """

    collection: Collection
    build: Build
    plan: Plan
    release: str | None
    uploads: tuple[PlannedUpload, ...] = ()
    deleted: Sequence[PlannedDeletion] = ()
    invalidated: tuple[str, ...] = ()
    charged: bool = False
    invalidation: Invalidation = field(default_factory=Invalidation)

    @property
    def changes(self) -> bool:
        """Whether anything in AWS was changed, or would be changed."""
        return self.plan.publishes or bool(self.deleted or self.invalidated)


class DeployReader(Protocol):
    """Makes the steps of a deploy: real ones, or those of a dry run."""

    def __call__(self, site: ReleaseSite, run: Run, options: DeployOptions, parties: Parties) -> DeploySteps: ...


def carry_out(site: ReleaseSite, run: Run, options: DeployOptions, parties: Parties) -> DeploySteps:
    """Return the steps that carry the deploy out."""
    return (Deployment if site.has_bucket else AppDeployment)(site, run, options, parties)


def only_look(site: ReleaseSite, run: Run, options: DeployOptions, parties: Parties) -> DeploySteps:
    """Return the steps of a dry run, which only find out what would be done."""
    return (DryRun if site.has_bucket else DeploySteps)(site, run, options, parties)


def deploy(
    site: ReleaseSite,
    collect: Callable[[], Files],
    options: DeployOptions = _PLAIN,
    parties: Parties = _NOBODY,
    write_manifest: Callable[[str], object] = lambda text: None,
    reader: DeployReader = carry_out,
) -> DeployReport:
    """Upload what changed and publish it. If another run publishes first, plan again.

    The numbers of the steps are those in the documentation, "How a deploy works".

    :param site: where to publish; see :class:`~flask_cdn_stack.stack.site.Site`.
    :param collect: returns the app's files; the record in the bucket is read at the same time.
    :param parties: callbacks for progress and for questions.
    :param write_manifest: is called with the text of the manifest, except in a dry run.
    :param reader: ``carry_out``, or ``only_look`` for a dry run, both of this module.
    :raises PartialDeployError: uploads failed; nothing was published.
    :raises RefusedError: foreign objects are in the way, a question was answered with no, or another check refused.
    :raises CDNStackError: another failure of the files, the record or AWS.
    """
    steps = reader(site, site.start_run(options.take_over), options, parties)
    steps.read_ahead()
    files = collect()  # 1. Collect.
    collection, source = files.collection, files.source
    check_expected(source, options.expect_manifest)
    own = check_paths(options.invalidate, [site.domain]) if options.invalidate else ()
    unneeded = steps.find_unneeded(source.build()) if options.delete else ()
    with steps.publishing(source):
        with source.reading_ahead():
            steps.read_record(collection)  # 2. Read the record.
            steps.claim_early(source)
        steps.send_early(source)  # 4. Begin early.
        build = source.build()  # 3. Hash. 5. Rewrite references.
        while True:
            plan = steps.plan(build)  # 6. Plan. 7. Look for foreign objects.
            if steps.claim(plan) and steps.upload(plan):  # 8. Claim. 9. Upload.
                record = steps.write_record(plan)  # 10. Record the release.
                replaced = steps.invalidate(plan, record)  # 11. Invalidate.
                if steps.switch(plan, record):  # 12. Switch.
                    break
            steps.begin_again(collection)
    steps.write_files(plan, write_manifest)  # 13. Write the local files.
    with _following(steps.release):  # 14. Delete, invalidate and wait, as the options say.
        named = steps.forget(own)
        deleted = steps.delete(unneeded) if unneeded else ()
        owed = steps.settle_owed() if unneeded else Invalidation()
        for invalidation in (replaced.id, named, owed.id) if options.wait else ():
            steps.wait(invalidation)
    return DeployReport(
        collection,
        build,
        plan,
        steps.release,
        steps.uploads(plan),
        deleted,
        invalidated=drop_covered((*(replaced.paths if site.asks_cdn else ()), *own, *owed.paths)),
        charged=replaced.charged or owed.charged,
        invalidation=replaced,
    )


@contextmanager
def _following(release: str | None) -> Iterator[None]:
    """Add to an error what was done before it."""
    try:
        yield
    except CDNStackError as error:
        what = f"Release {release} is published" if release else "The manifest is written"
        error.message = f"{what}; what was to follow failed. {error.message}"
        raise
