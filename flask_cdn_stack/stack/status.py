"""Reads a project's status: its stack and release in AWS, the app's files, and the differences. Changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ..assets.fingerprint import Build
from ..aws.session import Connection
from ..config_file import ConfigValues, FileState, judge_file, read_config_file, read_own_file, render_python
from ..errors import ManifestError
from ..naming import OWN_FOLDER
from ..release.differences import Difference, compare_manifests, find_differences
from ..release.run import Run, start_run
from ..release.state import Claim, Owner, Removal, State
from ..settings.model import Project
from .answers import Answers, read_answers
from .asking import Asking, Problem
from .console import stack_page
from .outputs import config_values, find_target, provisioned_values, unasked_values

Process = Literal["running", "left", "unknown"]


class Unfinished(NamedTuple):
    """A claim or removal that a run has not finished: its number of keys, and when it began and was last renewed.

    Both times are epoch seconds. ``process`` says whether the run is still alive; ``unknown`` is a run on another
    machine, which may be.
    """

    keys: int
    since: float
    renewed: float
    process: Process


@dataclass(frozen=True)
class Status:
    """The status of a project.

    ``region`` is the stack's, None if no session could be opened. ``address`` is the host at which viewers reach the
    CDN, and whether by https. ``basis`` says what the app was compared with: the record in the bucket, the local
    manifest, or nothing. The state of a file is None if the file is not wanted, or its state is unknown.
    """

    project: Project
    region: str | None
    answers: Answers
    address: tuple[str, bool] | None
    page: str | None
    has_app: bool
    differences: tuple[Difference, ...]
    basis: Literal["record", "manifest"] | None
    config_file: FileState | None
    manifest_file: FileState | None
    writing: tuple[Unfinished, ...]
    removing: tuple[Unfinished, ...]
    problems: tuple[Problem, ...]

    @property
    def lacks_stack(self) -> bool:
        """Whether it is certain that there is no usable stack yet."""
        return self.answers.is_stack_known and self.answers.is_empty

    @property
    def differs(self) -> bool:
        """Whether anything differs between settings, app, release, config file and manifest."""
        is_published = self.answers.state is not None and self.answers.state.release is not None
        lacks_manifest = self.manifest_file == "absent" and is_published
        files = self.config_file in ("stale", "absent", "foreign") or self.manifest_file in ("stale", "foreign")
        return bool(self.differences) or files or lacks_manifest or self.lacks_stack

    @property
    def has_listing(self) -> bool:
        """Whether all objects of the bucket are known."""
        return self.answers.listing is not None and self.answers.listing.etags is not None

    @property
    def foreign(self) -> int:
        """How many objects of the bucket the record does not name; 0 if the objects are not known."""
        state, etags = self.answers.state, self.answers.listing.etags if self.answers.listing else None
        return len(state.unnamed_keys(_public(etags))) if state and etags else 0


def read_status(
    project: Project,
    connect: Callable[[], Connection],
    build: Callable[[], Build | None] = lambda: None,
    lists_all: bool = False,
) -> Status:
    """Read the status from AWS and the app at the same time, and compare them.

    A part that cannot be read becomes one of the ``problems``; the others are read without it. Without credentials, or
    if AWS cannot be reached, the app is compared with the local manifest.

    :param connect: opens the AWS session.
    :param build: returns what a release of the app would contain, or None if there is no app.
    :param lists_all: list the whole bucket, with one request per thousand objects. By default, a bucket of more than a
        thousand objects is not compared with its record.
    """
    asking = Asking()
    connection = asking.ask("session", connect)
    looking = None
    if connection and asking.ask("credentials", connection.credentials):
        looking = asking.begin("AWS", lambda: read_answers(connection, project, asking, lists_all))
    built = asking.ask("app", build)
    answers = (looking() if looking else None) or Answers({})
    compared = asking.ask("manifest file", lambda: _compare(project, answers, built))
    run = start_run(Owner(project.name, project.stack))
    state = answers.state or State()
    outputs = answers.outputs or find_target(project)
    values = asking.ask("config file", lambda: _find_values(project, connection, answers))
    return Status(
        project,
        connection.region if connection else None,
        answers,
        connection.viewer_address(outputs.domain) if connection and outputs else None,
        _find_page(connection, answers),
        built is not None,
        *(compared or _Compared()),
        asking.ask("config file", lambda: _judge_config(project, values)),
        asking.ask("manifest file", lambda: _judge_manifest(project, answers, built)),
        tuple(_describe_claim(claim, run) for claim in state.writing.values()),
        tuple(_describe_removal(removal, run) for removal in state.removing.values()),
        tuple(asking.problems),
    )


class _Compared(NamedTuple):
    differences: tuple[Difference, ...] = ()
    basis: Literal["record", "manifest"] | None = None


def _compare(project: Project, answers: Answers, build: Build | None) -> _Compared:
    state = State() if answers.is_empty else answers.state
    if project.settings.has_bucket and state is not None:
        published = answers.release.objects.keys() if answers.release else frozenset()
        stored = answers.listing.etags if answers.listing else None
        return _Compared(find_differences(build, state, published, stored), "record")
    if build is None:
        return _Compared()
    before = read_own_file(project.manifest_file)
    try:
        return _Compared(compare_manifests(before, build.manifest), "manifest")
    except ManifestError:  # as if there were none
        return _Compared(compare_manifests(None, build.manifest), "manifest")


def _find_values(project: Project, connection: Connection | None, answers: Answers) -> ConfigValues | None:
    if project.config_file is None:
        return None
    outputs = answers.outputs or find_target(project)
    if connection and outputs:
        return provisioned_values(connection, project, outputs)
    if answers.is_empty:
        return config_values(project, None, None)
    return unasked_values(project, read_config_file(project.config_file))


def _judge_config(project: Project, values: ConfigValues | None) -> FileState | None:
    if project.config_file is None:
        return None
    # A file that this tool wrote, but whose values are not known, is not current.
    return judge_file(project.config_file, lambda text: values is not None and text == render_python(values))


def _judge_manifest(project: Project, answers: Answers, build: Build | None) -> FileState | None:
    """Compare the manifest file with the published release's manifest, or else, if that is unknown, with the app's."""
    if project.manifest_file is None:
        return None
    if project.settings.has_bucket and (answers.is_empty or answers.state is not None):
        published = answers.state.manifest if answers.state else None
        return judge_file(project.manifest_file, lambda text: _checksum(text) == published)
    found = judge_file(project.manifest_file, lambda text: build is None or text == build.manifest)
    return None if found == "current" and build is None else found


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _find_page(connection: Connection | None, answers: Answers) -> str | None:
    is_aws = connection is not None and connection.endpoint("cloudformation") is None
    return stack_page(answers.stack.id) if is_aws and answers.stack else None


def _public(keys: Iterable[str]) -> Iterator[str]:
    return (key for key in keys if not key.startswith(f"{OWN_FOLDER}/"))


def _describe_claim(claim: Claim, run: Run) -> Unfinished:
    process = _judge(run.sees_alive(claim), run.is_left(claim))
    return Unfinished(len(claim.keys), claim.at, claim.renewed or claim.at, process)


def _describe_removal(removal: Removal, run: Run) -> Unfinished:
    process = _judge(run.sees_alive(removal), run.is_overdue(removal))
    return Unfinished(len(removal.keys), removal.at, removal.at, process)


def _judge(is_alive: bool, is_left: bool) -> Process:
    return "running" if is_alive else "left" if is_left else "unknown"
