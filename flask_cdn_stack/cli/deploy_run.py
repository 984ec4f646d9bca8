"""Runs a deploy from the command line: calls the library's deploy with the files, the callbacks and the options."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import click

from ..errors import SettingsError
from ..stack.outputs import read_outputs
from .app_process import LoadedApp
from .call import Call
from .generated_files import GeneratedFiles, UnwrittenFiles

_FOR_BUCKET = ("verify_remote", "delete", "take_over", "verify")
_FOR_EDGE = ("invalidate", "wait")


@dataclass(frozen=True)
class Mode:
    """Options of the command that the library's deploy does not have."""

    offline: bool
    dry_run: bool
    yes: bool
    allow_missing: bool
    strict: bool
    rehash: bool
    verify: bool


def run_deploy(ctx: click.Context, app: LoadedApp, options: dict[str, Any]) -> tuple[bool, bool]:
    """Deploy, and report the result; return whether anything changed or would, and whether verification found no fault.

    :param app: the process in which the app is loaded.
    """
    mode = Mode(**{field.name: options[field.name] for field in fields(Mode)})
    call = Call(options, is_dry=mode.dry_run)
    _check_origin(ctx, call, options)
    files = (UnwrittenFiles if mode.dry_run else GeneratedFiles)(call)
    outputs = None if mode.offline else read_outputs(call.connection, call.project)
    files.write_config(outputs)
    from .deploy_assets import asking_for_files  # imported after the first request to AWS
    from .upload_progress import UploadProgress

    progress = UploadProgress(call.output)
    asking = asking_for_files(
        call,
        app,
        progress,
        any_config=mode.dry_run,  # the config file that it imports stays as it is
        missing="error" if mode.strict else "warn" if mode.allow_missing else None,
        rehash=mode.rehash,
    )
    with files.restored_on_error(), progress, asking as collect:
        # Imported while the app loads in its own process.
        from ..release.deploy import DeployOptions, Parties, carry_out, deploy, only_look
        from .consent import AskingUser, TellingUser
        from .deploy_report import narrate, report_json
        from .site import costs, open_site

        site = open_site(call, mode.offline, outputs)
        chosen = DeployOptions(**{field.name: options[field.name] for field in fields(DeployOptions)})
        report = deploy(
            site,
            collect,
            # Before the invalidation is done, verification could get the edge's old copies.
            replace(chosen, wait=chosen.wait or mode.verify),
            Parties(
                progress,
                TellingUser(call.output) if mode.dry_run else AskingUser(call.output, mode.yes),
            ),
            files.write_manifest,
            only_look if mode.dry_run else carry_out,
        )
        if mode.dry_run:
            files.write_manifest(report.plan.manifest)
    narrate(call, report, mode.offline, mode.dry_run)
    verified = {}
    if mode.verify:
        from .verify_run import run_verify_deploy  # imported only for --verify

        verified = {"verify": run_verify_deploy(call, site, report)}
    call.output.json({**report_json(call.project, report), **verified, **costs(call, site)})
    changes, is_right = report.changes or files.changes, not (verified and verified["verify"]["failed"])
    call.say_next(_what_was_done(mode, changes) if is_right else "verify failed")
    return changes, is_right


def _what_was_done(mode: Mode, changes: bool) -> str:
    if mode.offline:
        return "deploy offline"
    if not changes:
        return "deploy nothing"
    return "deploy planned" if mode.dry_run else "deploy"


def _check_origin(ctx: click.Context, call: Call, options: dict[str, Any]) -> None:
    settings = call.project.settings
    if not settings.has_bucket and (given := _find_given(options, _FOR_BUCKET)):
        raise click.UsageError(f"{given} needs a bucket, and with origin: app there is none.", ctx)
    target = settings.target
    if target and target.distribution_id is None and (given := _find_given(options, _FOR_EDGE)):
        raise SettingsError(
            f"{given} needs CloudFront, and the settings have no target.distribution_id.",
            f"Set it to the id of the CDN's distribution, or leave {given} out.",
        )


def _find_given(options: dict[str, Any], names: tuple[str, ...]) -> str:
    return next((f"--{name.replace('_', '-')}" for name in names if options[name]), "")
