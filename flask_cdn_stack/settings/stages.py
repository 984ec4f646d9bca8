"""Stages of the settings file: reads their overlays, lays them over the other values, and checks for conflicts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..errors import SettingsError
from .model import Settings
from .schema import STAGE_PATTERN


def read_stages(content: dict[str, Any], source: str) -> dict[str, dict[str, Any]]:
    """Return a file's overlays by stage; one without a value is an empty mapping.

    :param source: the file's name, for errors.
    :raises SettingsError: a stage has a wrong name, or its overlay is not a mapping.
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

    :raises SettingsError: there is no such stage.
    """
    if stage in stages:
        return stages[stage]
    known = f"Its stages are: {', '.join(stages)}." if stages else "It has none."
    raise SettingsError(f"{source} has no stage {stage!r}.", f"{known} Add it under stages: (it may be empty).")


def merge(base: dict[str, Any], overlay: dict[str, Any]) -> dict[str, Any]:
    """Return ``base`` with the overlay's values: groups are merged, lists and single values are replaced."""
    merged = dict(base)
    for key, value in overlay.items():
        inner = merged.get(key)
        merged[key] = merge(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def check_apart(stage: str, settings: Mapping[str, Settings], stacks: Mapping[str, str], source: str) -> None:
    """Refuse a stage that shares with another one what only one can own: its stack, its files, or a bucket's policy.

    :param stage: the stage in use.
    :param settings: the settings of every stage, by name.
    :param stacks: the stacks' names of every stage, by name.
    :param source: the file's name, for errors.
    :raises SettingsError: another stage shares one of these, and one would take over the other's CDN.
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
        # The record in a bucket tells stages apart by their stacks' names, even though a target has no stack.
        return frozenset({("stack", f"{stack} in {'/'.join(filter(None, (target.bucket, settings.assets.prefix)))}")})
    owned = {("stack", f"{stack} in {settings.region}" if settings.region else stack)}
    bucket = settings.bucket
    if settings.has_bucket and bucket.manage_policy and bucket.existing is not None:
        owned.add(("bucket.manage_policy", f"of {bucket.existing}"))
    return frozenset(owned)
