"""``deploy``: upload what changed, publish it, write manifest and config file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from .group import Command
from .options import (
    app_option,
    aws_options,
    dry_run_options,
    json_option,
    max_deletes_option,
    output_options,
    settings_options,
    take_over_option,
    yes_option,
)

if TYPE_CHECKING:
    from ..assets.collect import Collection
    from ..release.parties import Consent
    from ..release.publish import Outcome
    from ..release.run import Run
    from ..release.sending import FileSource
    from ..release.state import State
    from .app_process import LoadedApp
    from .bucket import OpenedBucket
    from .call import Call


class Wishes(NamedTuple):
    """The options that are deploy's own."""

    offline: bool
    expect_manifest: Path | None
    allow_missing: bool
    rehash: bool
    verify_remote: bool
    delete: bool
    take_over: bool
    max_deletes: int | None
    invalidate: tuple[str, ...]
    wait: bool
    dry_run: bool
    yes: bool

    @property
    def needs_network(self) -> str:
        """An option that makes no sense without a network; empty: none was given."""
        given = {"--verify-remote": self.verify_remote, "--delete": self.delete, "--wait": self.wait,
                 "--invalidate": self.invalidate, "--take-over": self.take_over}  # fmt: skip
        return next((name for name, value in given.items() if value), "")

    @property
    def needs_edge(self) -> str:
        """An option that makes no sense where CloudFront cannot be asked; empty: none was given."""
        return "--invalidate" if self.invalidate else "--wait" if self.wait else ""

    @property
    def needs_bucket(self) -> str:
        """An option that makes no sense where the app is the origin; empty: none was given."""
        given = {"--verify-remote": self.verify_remote, "--delete": self.delete, "--take-over": self.take_over}
        return next((name for name, value in given.items() if value), "")


@click.command("deploy", cls=Command)
@click.option("--offline", is_flag=True, help="Write manifest and config file only; no network.")
@click.option(
    "--expect-manifest",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Refuse to publish anything but what this manifest says.",
)
@click.option("--allow-missing", is_flag=True, help="Keep references in style sheets that lead to no file.")
@click.option("--rehash", is_flag=True, help="Read every file, whatever an earlier run remembers of it.")
@click.option("--verify-remote", is_flag=True, help="List the bucket and repair what was changed there by hand.")
@click.option("--delete", is_flag=True, help="Delete from the bucket what is not published any more.")
@max_deletes_option
@take_over_option
@click.option("--invalidate", multiple=True, metavar="PATH", help="A path that the edge is to forget; may be repeated.")
@click.option("--wait", is_flag=True, help="Wait until the edge has forgotten what was replaced.")
@yes_option
@dry_run_options
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def deploy(ctx: click.Context, /, exit_code: bool, **options: Any) -> None:
    """Upload the app's static files and publish them.

    Sends what changed since the last deploy, then writes the manifest that the app reads.

    \b
    flask-cdn-stack deploy --app shop
    flask-cdn-stack deploy --app shop --dry-run
    """
    from .app_process import open_app
    from .bucket import OpenedBucket
    from .call import Call
    from .deploy_report import narrate, report_json
    from .generated_files import GeneratedFiles

    wishes = Wishes(**{name: options.pop(name) for name in Wishes._fields})
    if wishes.offline and wishes.needs_network:
        raise click.UsageError(f"{wishes.needs_network} needs the network; leave --offline out.", ctx)
    with open_app() as app:
        call = Call(options)
        if wishes.needs_bucket and not call.project.settings.has_bucket:
            raise click.UsageError(f"{wishes.needs_bucket} needs a bucket, and with origin: app there is none.", ctx)
        _check_edge(call, wishes)
        bucket = OpenedBucket(call)
        files = GeneratedFiles(call, writes=not wishes.dry_run)
        files.write_config(None if wishes.offline else bucket.outputs)
        try:
            collection, done = _deploy(call, app, bucket, wishes)
            files.write_manifest(done.outcome.plan.manifest)
        except BaseException:
            files.restore_config()
            raise
    done = _finish(bucket, wishes, done)
    narrate(call, done, collection, wishes)
    call.output.json({**report_json(call.project, done, collection), **bucket.costs()})
    ctx.exit(3 if exit_code and (done.changes or files.changes) else 0)


class Done(NamedTuple):
    """What came of a deploy: keys deleted, or to be deleted, and paths that the edge was asked to forget.

    ``run`` is the one that published; ``asked`` are the user's own paths, for which it is still to ask. ``charged``
    says that the month had no free paths left.
    """

    outcome: Outcome
    deleted: tuple[str, ...] = ()
    invalidated: tuple[str, ...] = ()
    run: Run | None = None
    asked: tuple[str, ...] = ()
    charged: bool = False

    @property
    def changes(self) -> bool:
        """Whether anything in AWS was changed, or would be."""
        return self.outcome.plan.publishes or bool(self.deleted or self.invalidated)


def _deploy(call: Call, app: LoadedApp, bucket: OpenedBucket, wishes: Wishes) -> tuple[Collection, Done]:
    from .deploy_assets import ask_for_assets, read_assets, remember_hashes
    from .expected_manifest import check_expected

    ask_for_assets(call, app, any_config=wishes.dry_run)  # the config file that it imports stays as it is
    if call.project.settings.has_bucket and not wishes.offline:
        _load_ahead(bucket, wishes)
    collection, source = read_assets(call, app, wishes.allow_missing, wishes.rehash)
    try:
        if wishes.expect_manifest:
            check_expected(source.build(), wishes.expect_manifest)
        return collection, _carry_out(call, bucket, wishes, source, collection)
    finally:
        remember_hashes(call, source)


def _check_edge(call: Call, wishes: Wishes) -> None:
    from ..errors import SettingsError

    target = call.project.settings.target
    if wishes.needs_edge and target and target.distribution_id is None:
        raise SettingsError(
            f"{wishes.needs_edge} asks CloudFront, and the settings have no target.distribution_id.",
            f"Set it to the id of the CDN's distribution, or leave {wishes.needs_edge} out.",
        )


def _load_ahead(bucket: OpenedBucket, wishes: Wishes) -> None:
    # While the app is loaded, by its own process.
    from ..release import publish  # noqa: F401

    # Where the user may think about a question meanwhile, the record is read after it.
    if wishes.delete:
        bucket.objects  # noqa: B018
    else:
        bucket.read_ahead()


def _carry_out(call: Call, bucket: OpenedBucket, wishes: Wishes, source: FileSource, collection: Collection) -> Done:
    from ..errors import PartialDeployError
    from .emptied import ask_before_emptying

    if wishes.offline:
        return _stay_offline(source)
    if not call.project.settings.has_bucket:
        return _leave_to_app(bucket, wishes, source)
    try:
        return _publish(call, bucket, wishes, source, ask_before_emptying(call, bucket, wishes, collection))
    except PartialDeployError:
        source.builder.check_secrets()  # it may be that files were read on their way only, and not sent
        raise


def _publish(call: Call, bucket: OpenedBucket, wishes: Wishes, source: FileSource, consent: Consent) -> Done:
    from ..aws.invalidations import check_paths, drop_covered
    from ..release.publish import preview_assets, publish_assets
    from .output import UploadProgress
    from .serving import end_on_signal

    asked = check_paths(wishes.invalidate, [bucket.outputs.domain])
    run = bucket.start_run(wishes.take_over)
    doomed = _find_doomed(bucket, wishes, source, run) if wishes.delete else ()
    if wishes.dry_run:
        outcome = preview_assets(
            bucket.objects,
            bucket.distribution,
            source,
            run,
            verifies=wishes.verify_remote,
            read=bucket.read_ahead(),
            consent=consent,
        )
        replaced = outcome.invalidation.paths if bucket.outputs.distribution_id else ()
        return Done(outcome, doomed, drop_covered((*replaced, *asked)))
    if doomed and not wishes.yes:
        call.output.confirm(f"Publish, and then delete {len(doomed):,} objects that are not published any more?")
    early = not (wishes.expect_manifest or wishes.delete)
    with UploadProgress(call.output) as progress, end_on_signal():
        outcome = publish_assets(
            bucket.objects,
            bucket.distribution,
            source,
            run,
            progress,
            verifies=wishes.verify_remote,
            early=early,
            read=bucket.read_ahead(),
            consent=consent,
        )
    if bucket.outputs.distribution_id is None:
        return Done(outcome, doomed, (), run)
    return Done(outcome, doomed, outcome.invalidation.paths, run, asked)


def _finish(bucket: OpenedBucket, wishes: Wishes, done: Done) -> Done:
    """Do what follows a publication and cannot take it back."""
    from ..aws.invalidations import drop_covered
    from ..errors import CDNStackError

    if done.run is None:
        return done
    try:
        invalidations = [done.outcome.invalidation.id]
        if done.asked:
            invalidations.append(bucket.distribution.invalidate(done.asked, done.run.id))
        deleted: tuple[str, ...] = ()
        forgotten = None
        if done.deleted:
            deleted, forgotten = _delete(bucket, wishes, done.deleted, done.run), bucket.settle_owed(done.run)
            invalidations.append(forgotten.id)
        for invalidation in filter(None, invalidations if wishes.wait else ()):
            bucket.distribution.wait(invalidation)
    except CDNStackError as error:
        what = f"Release {done.outcome.release} is published" if done.outcome.release else "The manifest is written"
        error.message = f"{what}; what was to follow failed. {error.message}"
        raise
    paths = drop_covered((*done.invalidated, *done.asked, *(forgotten.paths if forgotten else ())))
    return done._replace(deleted=deleted, invalidated=paths, charged=bool(forgotten and forgotten.charged))


def _find_doomed(bucket: OpenedBucket, wishes: Wishes, source: FileSource, run: Run) -> tuple[str, ...]:
    from ..release.plan import make_plan
    from ..release.prune import preview_unneeded

    build = source.build()
    keys, ceiling = [item.key for item in build.objects], bucket.ceiling(wishes.max_deletes)

    def publishes(state: State) -> bool:
        return make_plan(build, state, run.id).publishes

    return preview_unneeded(bucket.objects, keys, bucket.in_path, bucket.keep, ceiling, run, publishes)


def _delete(bucket: OpenedBucket, wishes: Wishes, doomed: tuple[str, ...], run: Run) -> tuple[str, ...]:
    from ..release.prune import delete_unneeded

    return delete_unneeded(bucket.objects, doomed, bucket.in_path, bucket.keep, bucket.ceiling(wishes.max_deletes), run)


def _stay_offline(source: FileSource) -> Done:
    from ..release.plan import Plan
    from ..release.publish import Outcome

    build = source.build()
    return Done(Outcome(build, Plan((), (), frozenset(), build.manifest, publishes=False), None, ()))


def _leave_to_app(bucket: OpenedBucket, wishes: Wishes, source: FileSource) -> Done:
    """Send nothing: the edge fetches the files from the app, and forgets only what the user names."""
    from ..aws.invalidations import check_paths

    asked = check_paths(wishes.invalidate, [bucket.outputs.domain])
    done = _stay_offline(source)
    return (
        done._replace(invalidated=asked) if wishes.dry_run else done._replace(run=bucket.start_run(False), asked=asked)
    )
