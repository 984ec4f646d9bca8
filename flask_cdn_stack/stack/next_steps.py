"""What to do next about how a project is."""

from __future__ import annotations

from collections.abc import Iterator

from ..aws.cloudformation import Stack
from .outputs import USABLE, failed_state
from .status import Status

_LOOK = "Ask again with `flask-cdn-stack status --verify-remote`: the bucket has more than a thousand objects."


def next_steps(status: Status) -> tuple[str, ...]:
    """Return a sentence for each thing that is to be done, what comes first in the first place."""
    stack = status.answers.stack
    if status.lacks_stack and not (stack and stack.status != "REVIEW_IN_PROGRESS"):
        return ("Create the stack with `flask-cdn-stack provision`.",)
    if stack and stack.status not in USABLE:
        return (_mend_stack(stack),)
    return (*_publish(status), *_write_files(status), *_look_further(status))


def _mend_stack(stack: Stack) -> str:
    if stack.status.endswith("_IN_PROGRESS"):
        return "See how it goes on with `flask-cdn-stack status --follow`."
    return failed_state(stack).hint


def _publish(status: Status) -> Iterator[str]:
    kinds = {difference.kind for difference in status.differences}
    if kinds & {"missing", "foreign-change"}:
        yield "Send what the bucket lacks with `flask-cdn-stack deploy --verify-remote`."
    elif kinds:
        yield "Publish what differs with `flask-cdn-stack deploy`."
    elif status.answers.state is not None and status.answers.state.release is None:
        yield "Publish the app's files with `flask-cdn-stack deploy`."
    elif status.answers.state is not None and status.answers.state.owed:
        yield "The next `flask-cdn-stack deploy` asks the edge to forget what it is still owed."


def _write_files(status: Status) -> Iterator[str]:
    if status.config_file in ("stale", "absent") and status.answers.outputs:
        yield "Write the config file with `flask-cdn-stack config --write`."
    if status.manifest_file in ("stale", "absent") and not status.differences and status.answers.release:
        yield "Write the manifest with `flask-cdn-stack deploy`."
    if "foreign" in (status.config_file, status.manifest_file):
        yield "Move the foreign file away, or name another with config_file or manifest_file in the settings."


def _look_further(status: Status) -> Iterator[str]:
    is_said = status.config_file == "absent" or any(problem.part == "app" for problem in status.problems)
    if not status.has_app and not is_said:
        yield "Name the app with --app, FLASK_APP or the key app in the settings to compare its files."
    listing = status.answers.listing
    if listing is not None and listing.etags is None:
        yield _LOOK
