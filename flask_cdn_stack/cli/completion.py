"""Shell completion of option values: quick, and silent if the values cannot be found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..settings.model import Project

#: Seconds that completion waits for an answer from AWS.
ANSWER_SECONDS = 2

#: The type of click's ``shell_complete``.
Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _offering(find: Callable[[dict[str, Any]], Iterable[str]]) -> Completer:
    """Return a completer that offers the values beginning with the typed text; none if finding them fails.

    :param find: returns all values, given the options before the cursor.
    """

    def offer(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            return [value for value in find(context.params) if value.startswith(incomplete)]
        except Exception:  # such as a missing package, incomplete settings, or no network
            return []

    return offer


def _find_stages(options: dict[str, Any]) -> Iterable[str]:
    from ..settings.load import find_settings_file, read_settings_file
    from ..settings.stages import read_stages

    file = options.get("settings") or find_settings_file(Path.cwd())
    return read_stages(read_settings_file(file), str(file)) if file else ()


def _find_regions(options: dict[str, Any]) -> Iterable[str]:
    from ..aws.credentials import open_session
    from ..aws.regions import list_regions

    return list_regions(open_session(None))


def _find_profiles(options: dict[str, Any]) -> Iterable[str]:
    from ..aws.credentials import open_session

    return open_session(None).available_profiles


def _load(options: dict[str, Any]) -> Project:
    from ..settings.load import load_project

    region = options.get("region")
    flags = {"region": region} if region else {}
    return load_project(Path.cwd(), file=options.get("settings"), stage=options.get("stage"), flags=flags)


def _find_resources(options: dict[str, Any]) -> Iterable[str]:
    from ..infrastructure.template import build_template

    return sorted(build_template(_load(options).settings)["Resources"])


def _find_releases(options: dict[str, Any]) -> Iterable[str]:
    from ..stack.findings import begin

    return begin(lambda: _read_releases(options)).result(ANSWER_SECONDS)


def _read_releases(options: dict[str, Any]) -> Iterable[str]:
    from ..aws.session import open_connection
    from ..release.ownership import read_own
    from ..stack.site import Site

    project = _load(options)
    region = project.settings.session_region
    connection = open_connection(region, options.get("profile"), options.get("endpoint_url"))
    site = Site(project, lambda: replace(connection, timeout=ANSWER_SECONDS, repeats=0))
    return tuple(reversed(read_own(site.objects, site.start_run(takes_over=False)).state.releases))


complete_stage, complete_region, complete_profile = map(_offering, (_find_stages, _find_regions, _find_profiles))
complete_resource, complete_release = map(_offering, (_find_resources, _find_releases))
