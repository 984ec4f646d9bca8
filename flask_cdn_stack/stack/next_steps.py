"""Suggests the next commands for a project's status."""

from __future__ import annotations

from collections.abc import Iterator

from .outputs import USABLE, failed_state
from .status import Status
from .step_after import name_command


def next_steps(status: Status) -> tuple[str, ...]:
    """Return a sentence for each thing to do, in the order in which to do them."""
    stack = status.answers.stack
    if status.lacks_stack and not (stack and stack.status != "REVIEW_IN_PROGRESS"):
        return (f"Create the stack with {_command(status, 'provision')}.",)
    if stack and stack.status.endswith("_IN_PROGRESS"):
        return (f"See how it goes on with {_command(status, 'status --follow')}.",)
    if stack and stack.status not in USABLE:
        return (failed_state(stack).hint,)
    return (*_publish(status), *_write_files(status), *_look_further(status))


def _command(status: Status, command: str) -> str:
    return name_command(command, status.project.stage)


def _publish(status: Status) -> Iterator[str]:
    kinds, state = {difference.kind for difference in status.differences}, status.answers.state
    if kinds & {"missing", "foreign-change"}:
        yield f"Send what the bucket lacks with {_command(status, 'deploy --verify-remote')}."
    elif kinds:
        yield f"Publish what differs with {_command(status, 'deploy')}."
    elif state is not None and state.release is None:
        yield f"Publish the app's files with {_command(status, 'deploy')}."
    elif state is not None and state.owed:
        yield f"Send the outstanding invalidations with the next {_command(status, 'deploy')}."


def _write_files(status: Status) -> Iterator[str]:
    if status.config_file in ("stale", "absent") and status.answers.outputs:
        yield f"Write the config file with {_command(status, 'config --write')}."
    if status.manifest_file in ("stale", "absent") and not status.differences and status.answers.release:
        yield f"Write the manifest with {_command(status, 'deploy')}."
    if "foreign" in (status.config_file, status.manifest_file):
        yield "Move the foreign file away, or name another with config_file or manifest_file in the settings."


def _look_further(status: Status) -> Iterator[str]:
    is_said = status.config_file == "absent" or any(problem.part == "app" for problem in status.problems)
    if not status.has_app and not is_said:
        yield "Name the app with --app, FLASK_APP or the key app in the settings to compare its files."
    if status.answers.listing is not None and not status.has_listing:
        command = _command(status, "status --verify-remote")
        yield f"Compare the bucket, which has more than a thousand objects, with {command}."
