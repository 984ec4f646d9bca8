"""``deploy``: upload what changed, publish it, write manifest and config file."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from .group import Command
from .options import app_option, aws_options, dry_run_options, json_option, output_options, settings_options

if TYPE_CHECKING:
    from flask import Flask

    from ..assets.collect import Collection
    from ..assets.fingerprint import HashedAsset
    from ..release.publish import Outcome
    from ..stack.outputs import Outputs
    from .call import Call


@click.command("deploy", cls=Command)
@click.option(
    "--offline",
    is_flag=True,
    help="Write manifest and config file only; no network.",
)
@dry_run_options
@app_option
@settings_options
@aws_options
@json_option
@output_options
@click.pass_context
def deploy(ctx: click.Context, /, offline: bool, dry_run: bool, exit_code: bool, **options: Any) -> None:
    """Upload the app's static files and publish them.

    Sends what changed since the last deploy, then writes the manifest that the app reads.

    \b
    flask-cdn-stack deploy --app shop
    flask-cdn-stack deploy --app shop --dry-run
    """
    from .call import Call

    began = time.monotonic()
    call = Call(options)
    requests: Counter[str] = Counter()
    outputs = _prepare_files(call, offline, dry_run)
    collection, assets = _collect(call)
    outcome = _publish(call, outputs, assets, requests, dry_run) if outputs else _outcome_offline(call, assets)
    if not dry_run:
        _write_manifest(call, outcome.plan.manifest)
    _narrate(call, outcome, collection, dry_run, offline)
    call.output.json(_json(call, outcome, collection, requests, time.monotonic() - began))
    ctx.exit(3 if dry_run and exit_code and outcome.plan.publishes else 0)


def _prepare_files(call: Call, offline: bool, dry_run: bool) -> Outputs | None:
    """Check both files, read the stack and write the config file, which the app may import."""
    from ..config_file import check_writable, read_config_file, render_python, write_guarded
    from ..stack.outputs import config_values, provisioned_values, read_outputs

    project = call.project
    for file in (project.config_file, project.manifest_file):
        if file and not dry_run:
            check_writable(file)
    outputs = None if offline else read_outputs(call.connection, project)
    if project.config_file and not dry_run:
        if outputs:
            values = provisioned_values(call.connection, project, outputs)
        else:
            before = read_config_file(project.config_file)
            values = config_values(project, before.get("CDN_DOMAIN"), before.get("CDN_HTTPS"))
        if write_guarded(project.config_file, render_python(values)):
            call.output.say(f"Wrote {project.config_file}.")
    return outputs


def _collect(call: Call) -> tuple[Collection, tuple[HashedAsset, ...]]:
    from ..assets.collect import Selection, collect_assets
    from ..assets.fingerprint import fingerprint_assets

    app = call.load_app()
    _check_fingerprint(app)
    settings = call.project.settings.assets
    selection = Selection(settings.include, settings.exclude, settings.hidden)
    collection = collect_assets(app, selection, settings.prefix)
    for warning in collection.warnings:
        call.output.warn(warning)
    if collection.shadowed:
        more = f" and {len(collection.shadowed) - 3} more" if len(collection.shadowed) > 3 else ""
        first = ", ".join(collection.shadowed[:3])
        call.output.warn(f"Not published, because Flask serves something else there: {first}{more}.")
    return collection, fingerprint_assets(collection.assets, settings.media_types)


def _check_fingerprint(app: Flask) -> None:
    from ..errors import SettingsError

    if app.config.get("CDN_FINGERPRINT") == "path":
        raise SettingsError(
            "The app's CDN_FINGERPRINT is 'path', but deploy publishes files under their plain names: the app's URLs "
            "would lead nowhere.",
            "Set it to 'query', as the generated config does.",
        )


def _publish(
    call: Call, outputs: Outputs, assets: tuple[HashedAsset, ...], requests: Counter[str], dry_run: bool
) -> Outcome:
    from ..aws.cloudfront import Distribution
    from ..aws.storage import Bucket
    from ..release.publish import preview_assets, publish_assets
    from ..release.run import start_run
    from .output import UploadProgress

    bucket = Bucket(call.connection, outputs.bucket, call.project.settings.assets.prefix, requests)
    run = start_run()
    if dry_run:
        return preview_assets(bucket, assets, run)
    distribution = Distribution(call.connection, outputs.distribution_id, requests)
    with UploadProgress(call.output) as progress:
        return publish_assets(bucket, distribution, assets, run, progress)


def _outcome_offline(call: Call, assets: tuple[HashedAsset, ...]) -> Outcome:
    from ..release.plan import Plan, manifest_text
    from ..release.publish import Outcome

    text = manifest_text(assets)
    file = call.project.manifest_file
    changes = file is not None and not (file.is_file() and file.read_bytes() == text.encode())
    return Outcome(Plan((), (), (), text, publishes=changes), None, ())


def _write_manifest(call: Call, text: str) -> None:
    from ..config_file import write_guarded

    file = call.project.manifest_file
    if file and write_guarded(file, text):
        call.output.say(f"Wrote {file}.")


def _narrate(call: Call, outcome: Outcome, collection: Collection, dry_run: bool, offline: bool) -> None:
    from .output import count, size_text

    say = call.output.say
    total = count(len(collection.assets), "file")
    if offline:
        say(f"{total} in the manifest; nothing {'would be' if dry_run else 'was'} sent.")
        return
    for item in outcome.uploads if dry_run or call.output.verbose else ():
        say(f"  {item.reason:<11}  {size_text(item.asset.size):>10}  {item.asset.key}")
    if dry_run:
        say(f"Would upload {len(outcome.uploads)} of {total} and publish." if outcome.plan.publishes
            else f"Nothing to do: {total} unchanged.")  # fmt: skip
    elif not outcome.uploads and not outcome.plan.publishes:
        say(f"Nothing to do: {total} unchanged since release {outcome.release}.")
    else:
        say(f"Published release {outcome.release}: {len(outcome.uploads)} of {total} uploaded.")


def _json(
    call: Call, outcome: Outcome, collection: Collection, requests: Counter[str], seconds: float
) -> dict[str, Any]:
    project = call.project
    return {
        "release": outcome.release,
        "uploaded": [
            {"key": item.asset.key, "reason": item.reason, "bytes": item.asset.size} for item in outcome.uploads
        ],
        "unchanged": len(outcome.plan.unchanged),
        "shadowed": list(collection.shadowed),
        "deleted": [],
        "invalidated": list(outcome.plan.invalidations),
        "manifest_file": str(project.manifest_file) if project.manifest_file else None,
        "config_file": str(project.config_file) if project.config_file else None,
        "requests": dict(requests),
        "seconds": round(seconds, 3),
    }
