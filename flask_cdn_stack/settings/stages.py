"""Stages of the settings file: read, found, laid over the rest, and kept apart from each other."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import SettingsError
from .model import Settings
from .schema import STAGE_PATTERN


def read_stages(content: dict[str, Any], source: str) -> dict[str, dict[str, Any]]:
    """Return the overlays of a file by their names; an empty one is an empty mapping.

    :param source: what messages call the file.
    :raises SettingsError: a name or an overlay is not one.
    """
    stages = content.get("stages")
    if stages is None:
        return {}
    hint = "Write it as in: stages: {live: {region: eu-west-1}}"
    if not isinstance(stages, dict):
        raise SettingsError(f"{source}: stages must hold one entry for each stage.", hint)
    for name, overlay in stages.items():
        if not re.fullmatch(STAGE_PATTERN, name):
            raise SettingsError(
                f"{source}: stages.{name}: a stage's name has letters, digits and hyphens only, and no hyphen first, "
                "because it becomes part of the stack's name.",
                "Rename it, as in live or eu-test.",
            )
        if not isinstance(overlay, dict | None):
            raise SettingsError(f"{source}: stages.{name} must hold keys and values.", hint)
    return {name: overlay or {} for name, overlay in stages.items()}


def find_stage(stages: Mapping[str, dict[str, Any]], stage: str, source: str) -> dict[str, Any]:
    """Return the overlay of a stage.

    :raises SettingsError: there is none of that name.
    """
    if stage in stages:
        return stages[stage]
    known = f"Its stages are: {', '.join(stages)}." if stages else "It has none."
    raise SettingsError(f"{source} has no stage {stage!r}.", f"{known} Add it under stages: (it may be empty).")


def merge(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return what lies below with the overlay's values: group by group, lists and single values whole."""
    merged = dict(base)
    for key, value in overlay.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def check_apart(stage: str, settings: Mapping[str, Settings], stacks: Mapping[str, str], source: str) -> None:
    """Refuse a stage that shares with another one what only one can own: its stack, its files, or a bucket's policy.

    :param stage: the stage in use.
    :param settings: those of every stage.
    :param stacks: the names of their stacks.
    :param source: what messages call the file.
    :raises SettingsError: it is so; one of them would make the other's CDN its own.
    """
    owned = {name: _owned(settings[name], stacks[name]) for name in settings}
    for other in sorted(owned.keys() - {stage}):
        if shared := owned[stage] & owned[other]:
            key, name = max(shared)
            act = "deploying" if settings[stage].target else "provisioning"
            raise SettingsError(
                f"{source}: the stages {stage} and {other} share {key} {name}: {act} the one would turn what "
                "the other has made into its own.",
                f"Say {key} for each of them under stages:, or leave it out.",
            )


def _owned(settings: Settings, stack: str) -> frozenset[tuple[str, str]]:
    if target := settings.target:
        # The record in a bucket tells stages apart by the names of their stacks, also where these are nowhere else.
        return frozenset({("stack", f"{stack} in {'/'.join(filter(None, (target.bucket, settings.assets.prefix)))}")})
    owned = {("stack", f"{stack} in {settings.region}" if settings.region else stack)}
    bucket = settings.bucket
    if settings.has_bucket and bucket.manage_policy and bucket.existing is not None:
        owned.add(("bucket.manage_policy", f"of {bucket.existing}"))
    return frozenset(owned)
