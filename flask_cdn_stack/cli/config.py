"""``config``: print or rewrite the config values, and explain those of an app."""

from __future__ import annotations

from typing import Any

import click

from ..compat.explain import Explanation, explain_config
from ..config_file import render_env, render_json, render_python, write_guarded
from ..extension.peer_modules import PEER_MODULES, find_peer
from ..stack.outputs import provisioned_values, read_outputs
from .app import load_app
from .call import Call
from .group import Command
from .options import app_option, aws_options, json_option, output_options, settings_options


@click.command("config", cls=Command)
@click.option(
    "--format",
    "form",
    type=click.Choice(["python", "env", "json"]),
    default="python",
    show_default=True,
    help="python: the config file's text. env: variables for Config.from_prefixed_env. json: one object.",
)
@click.option(
    "--write",
    is_flag=True,
    help="Rewrite the config file instead of printing.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Say what the settings in the app's config mean, also those of Flask-CDN and Flask-S3. Needs no stack.",
)
@settings_options
@app_option
@aws_options
@output_options
@json_option
def config(form: str, write: bool, explain: bool, **options: Any) -> None:
    """Print the app's config values, or rewrite the config file.

    They are those of the provisioned stack, or of the target.

    \b
    flask-cdn-stack config --format env >> .env
    flask-cdn-stack config --explain --app shop
    """
    call = Call(options)
    if explain:
        if write:
            raise click.UsageError("--explain only reads; it does not go with --write.")
        _explain(call)
    elif options["as_json"]:
        raise click.UsageError("--json goes with --explain; for the config values write --format json.")
    else:
        _show_values(call, form, write)


def _show_values(call: Call, form: str, write: bool) -> None:
    project = call.project
    values = provisioned_values(call.connection, project, read_outputs(call.connection, project))
    folder = project.config_file.parent if project.config_file else project.folder
    if write:
        if form != "python" or project.config_file is None:
            raise click.UsageError("--write writes the Python config file; it needs config_file and no other --format.")
        changed = write_guarded(project.config_file, render_python(values))
        call.output.say(
            f"Wrote {project.config_file}." if changed else f"Nothing to do: {project.config_file} has these values."
        )
    elif form == "python":
        call.output.data(render_python(values))
    else:
        call.output.data((render_env if form == "env" else render_json)(values, folder))


_HEADINGS = {
    "used": "Understood",
    "default": "Not set; the extension wrote its default",
    "ignored": "Without effect",
    "unknown": "Unknown",
}


def _explain(call: Call) -> None:
    app = load_app(call.app_place)
    peers = [name for name in PEER_MODULES.values() if find_peer(name)]
    explanation = explain_config(app, peers)
    call.output.json(
        {
            "reader": explanation.reader,
            "urls": explanation.urls,
            "settings": [finding._asdict() for finding in explanation.findings],
            "warnings": list(explanation.warnings),
        }
    )
    if not call.output.as_json:
        call.output.data(_render(explanation))
    for warning in explanation.warnings:
        call.output.warn(warning)
    if explanation.error is not None:
        raise explanation.error


def _render(explanation: Explanation) -> str:
    lines = [f"Set up: {explanation.reader or 'nothing'}", f"URLs:   {explanation.urls}"]
    for state, heading in _HEADINGS.items():
        findings = [finding for finding in explanation.findings if finding.state == state]
        if findings:
            lines += ["", heading, "-" * len(heading)]
        for finding in findings:
            lines += [f"{finding.key} = {finding.value}", f"    {finding.meaning}"]
    return "\n".join(lines)
