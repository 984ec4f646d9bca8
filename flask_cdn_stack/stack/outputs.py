"""Reads a stack's outputs, checks that they fit the settings, and derives the app's config values from them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from ..aws.cloudformation import CloudFormation, Stack
from ..aws.network import is_loopback
from ..aws.session import Connection
from ..config_file import ConfigValues
from ..errors import RefusedError, StackFailedError, StackNotFoundError
from ..naming import PROJECT_TAG
from ..settings.model import Project
from .step_after import name_command

_DELETE = "Run `flask-cdn-stack provision`: it deletes what is left of it, if you agree, and creates it again."

# What to do about a stack in a state in which it can be neither used nor updated.
_WAYS_OUT = {
    "CREATE_FAILED": _DELETE,
    "DELETE_FAILED": _DELETE,
    "ROLLBACK_COMPLETE": "Its creation failed and was undone. Run `flask-cdn-stack provision` to create it again.",
    "ROLLBACK_FAILED": _DELETE,
    "UPDATE_FAILED": "Run `flask-cdn-stack provision`: it rolls the failed update back, if you agree, and goes on.",
    "UPDATE_ROLLBACK_FAILED": "Run `flask-cdn-stack provision`: it goes on with the rollback, if you agree, and can "
    "leave out what cannot be rolled back (--skip-resource).",
}

#: States of a stack after a successful operation or a complete rollback: it can be used and updated.
USABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
}


class Outputs(NamedTuple):
    """The outputs of a stack that a deploy needs, or the same values of the settings' target.

    ``distribution_id`` is None if the CDN is not CloudFront; ``bucket`` is empty if the app is the origin.
    """

    domain: str
    distribution_id: str | None
    bucket: str


def read_outputs(connection: Connection, project: Project) -> Outputs:
    """Return the outputs of the project's stack, or without a request those of its target.

    :raises StackNotFoundError: the stack has not been provisioned.
    :raises StackFailedError: the stack is in an unusable state, or does not fit the settings.
    :raises RefusedError: the stack belongs to another project.
    """
    if target := find_target(project):
        return target
    stack = read_stack(connection, project)
    return parse_outputs(stack.name, stack.outputs)


def find_target(project: Project) -> Outputs | None:
    """Return the values of the settings' target; None for a project with a stack."""
    target = project.settings.target
    return Outputs(target.domain, target.distribution_id, target.bucket) if target else None


def read_stack(connection: Connection, project: Project) -> Stack:
    """Return the project's stack, which must exist and fit the settings.

    :raises StackNotFoundError: the stack has not been provisioned.
    :raises StackFailedError: the stack is in an unusable state, or does not fit the settings.
    :raises RefusedError: the stack belongs to another project.
    """
    stack = CloudFormation(connection).describe_stack(project.stack)
    if stack is None or stack.status == "REVIEW_IN_PROGRESS":
        raise StackNotFoundError(
            f"There is no stack {project.stack} in {connection.region}.",
            f"{provision_first(project)} One that exists is elsewhere: check --region, --profile and --stage.",
        )
    check_owner(stack, project)
    # While an update is in progress, the outputs are still those from before it.
    is_updating = stack.status.startswith("UPDATE_") and stack.is_under_way
    if stack.status not in USABLE and not is_updating:
        raise failed_state(stack)
    check_fit(stack, project)
    return stack


def check_fit(stack: Stack, project: Project) -> None:
    """Check that a stack fits the settings.

    :raises StackFailedError: it has another origin, serves another folder of the bucket, or its CloudFront function
        maps URLs to keys in another way.
    """
    _check_origin(stack, project)
    _check_prefix(stack, project)
    _check_mapping(stack, project)


def parse_outputs(stack: str, outputs: Mapping[str, str]) -> Outputs:
    """Return the outputs as one value.

    :raises StackFailedError: an output is missing.
    """
    try:
        bucket = outputs["BucketName"] if _has_bucket(outputs) else ""
        return Outputs(outputs["CdnDomain"], outputs["DistributionId"], bucket)
    except KeyError as error:
        raise StackFailedError(
            f"The stack {stack} has no output {error.args[0]}.",
            "Run `flask-cdn-stack provision` to bring it up to date.",
        ) from error


def _has_bucket(outputs: Mapping[str, str]) -> bool:
    return outputs.get("OriginMode") != "app"


def _check_origin(stack: Stack, project: Project) -> None:
    # The origins bucket and failover make no difference to a deploy.
    if _has_bucket(stack.outputs) != project.settings.has_bucket:
        raise StackFailedError(
            f"The settings say origin: {project.settings.origin}, and the stack {stack.name} has "
            f"{'a' if _has_bucket(stack.outputs) else 'no'} bucket.",
            provision_first(project),
        )


def _check_prefix(stack: Stack, project: Project) -> None:
    served, wanted = stack.outputs.get("AssetsPrefix", ""), project.settings.assets.prefix
    if served != wanted:
        raise StackFailedError(
            f"The settings say assets.prefix {wanted!r}, and the stack {stack.name} serves {served!r}.",
            provision_first(project),
        )


def maps_query(stack: Stack) -> bool:
    """Return whether a stack's edge finds versions of files by the checksum in the query string."""
    return "ImmutableQuery" in stack.outputs


def _check_mapping(stack: Stack, project: Project) -> None:
    maps, wanted = maps_query(stack), project.settings.assets.maps_query
    if maps != wanted:
        raise StackFailedError(
            f"By the settings (assets.immutable) the edge {'looks' if wanted else 'does not look'} for versions "
            f"by ?c=, and that of the stack {stack.name} {'does' if maps else 'does not'}.",
            provision_first(project),
        )


def check_owner(stack: Stack, project: Project) -> None:
    """Check that a stack belongs to this project.

    :raises RefusedError: its tag names another project and the settings do not name the stack, or it has no tag.
    """
    owner = stack.tags.get(PROJECT_TAG)
    if owner == project.name or (owner is not None and project.stack_named):
        return
    if owner is None:
        raise RefusedError(
            f"The stack {stack.name} was not made by flask-cdn-stack; it is left as it is.",
            "Give this project a stack of its own with the key stack in the settings file.",
        )
    raise RefusedError(
        f"The stack {stack.name} belongs to the project {owner}, not to {project.name}; it is left as it is.",
        "Name it with the key stack in the settings file if it is meant, or name another one there.",
    )


def failed_state(stack: Stack) -> StackFailedError:
    """Return the error for a stack in a state in which it can be neither used nor updated."""
    if stack.is_under_way:
        return StackFailedError(
            f"The stack {stack.name} is being changed ({stack.status}).",
            "Wait until that has ended (`flask-cdn-stack status --follow`), then retry.",
        )
    reason = f": {stack.reason}" if stack.reason else ""
    otherwise = "Look at its events in CloudFormation's console; this tool cannot repair that state."
    return StackFailedError(
        f"The stack {stack.name} is in the state {stack.status}{reason}.", _WAYS_OUT.get(stack.status, otherwise)
    )


def provisioned_values(connection: Connection, project: Project, outputs: Outputs) -> ConfigValues:
    """Return the values of the generated config file for a provisioned stack, or for a target."""
    if project.settings.target and is_loopback(f"//{outputs.domain}"):
        return config_values(project, outputs.domain, False)
    return config_values(project, *connection.viewer_address(outputs.domain))


def unasked_values(project: Project, before: Mapping[str, Any]) -> ConfigValues:
    """Return the values of the generated config file without a request to AWS.

    The CDN's domain is the alias in the settings, or else the one in the present config file. A file with the domain
    None was written before there was a stack; it keeps None until a request can tell.

    :param before: what :func:`~flask_cdn_stack.config_file.read_config_file` returns.
    """
    domain, own = before.get("CDN_DOMAIN"), project.settings.delivery.own_name
    if own and (domain or not before):
        return config_values(project, own, True)
    return config_values(project, domain, before.get("CDN_HTTPS"))


def config_values(project: Project, domain: str | None, https: bool | None) -> ConfigValues:
    """Return the values of the generated config file for a CDN domain."""
    manifest = None
    if project.manifest_file is not None:
        folder = (project.config_file or project.manifest_file).parent
        manifest = os.path.relpath(project.manifest_file, folder).replace(os.sep, "/")
    assets = project.settings.assets
    keep_names = assets.keep_names if assets.fingerprint == "path" else ()
    length, mode = assets.url_checksum_length, assets.fingerprint
    endpoints = dict.fromkeys(("static", *(each.endpoint for each in assets.extra if each.endpoint)))
    urls = dict.fromkeys(each.url for each in assets.extra)
    return ConfigValues(domain, https, manifest, length, mode, keep_names, assets.local, tuple(endpoints), tuple(urls))


def provision_first(project: Project) -> str:
    """Return the hint to provision first, for the project's stage."""
    return f"Run provision first: {name_command('provision', project.stage)}."
