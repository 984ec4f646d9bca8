"""``check``: check settings files, without AWS and without the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import click

from ..checks.settings import check_settings
from ..errors import SettingsError
from ..settings.load import FILE_NAME, find_settings_file, load_project, read_settings_file
from ..settings.stages import read_stages
from ..troubleshooting import find_page
from .call import working_folder
from .group import Command
from .options import json_option, output_options
from .output import Output


class _Checked(NamedTuple):
    """The result for a file at one of its stages."""

    file: Path
    stage: str | None
    warnings: tuple[str, ...] = ()
    problem: str | None = None
    hint: str | None = None

    @property
    def see(self) -> str:
        """URL of the documentation's entry on the problem; empty if there is none."""
        return find_page(self.problem or "")


@click.command("check", cls=Command)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--strict", is_flag=True, help="Treat warnings about settings as errors.")
@json_option
@output_options
@click.pass_context
def check(ctx: click.Context, /, files: tuple[Path, ...], strict: bool, as_json: bool, **options: Any) -> None:
    """Check settings files, at each of their stages.

    Without FILES, checks the nearest flask-cdn-stack.yml. Makes no requests to AWS, and does not load the app.

    \b
    flask-cdn-stack check
    flask-cdn-stack check --strict shop/flask-cdn-stack.yml
    """
    output = Output(as_json=as_json, verbose=options["verbose"], no_color=options["no_color"])
    found = [item for file in files or (_find_nearest(),) for item in _check_file(file)]
    for item in found:
        _show(output, item)
    output.json({"checked": [{**item._asdict(), "file": str(item.file), "see": item.see or None} for item in found]})
    is_wrong = any(item.problem or (strict and item.warnings) for item in found)
    output.next("check wrong" if is_wrong else "check")
    ctx.exit(SettingsError.exit_code if is_wrong else 0)


def _find_nearest() -> Path:
    if file := find_settings_file(working_folder()):
        return file
    raise SettingsError(
        f"There is no {FILE_NAME} in {working_folder()} or above it.", "Write one with `flask-cdn-stack init`."
    )


def _check_file(file: Path) -> list[_Checked]:
    try:
        # A file with stages need not be valid without one of them.
        stages: list[str | None] = [*read_stages(read_settings_file(file), str(file))] or [None]
    except SettingsError as error:
        return [_Checked(file, None, (), error.message, error.hint)]
    return [_check_stage(file, stage) for stage in stages]


def _check_stage(file: Path, stage: str | None) -> _Checked:
    try:
        return _Checked(file, stage, check_settings(load_project(file.parent, file, stage).settings))
    except SettingsError as error:
        return _Checked(file, stage, (), error.message, error.hint)


def _show(output: Output, item: _Checked) -> None:
    place = f"{item.file}, stage {item.stage}" if item.stage else str(item.file)
    if item.problem:
        output.say(click.style("Error: ", fg="red", bold=True) + item.problem)
        if item.hint:
            output.say(item.hint)
        output.see(item.problem)
    elif not item.warnings:
        output.say(f"{place}: all is well.")
    for warning in item.warnings:
        output.warn(f"{place}: {warning}")
