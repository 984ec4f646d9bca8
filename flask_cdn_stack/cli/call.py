"""One call of a command: its options, and the settings, AWS session and so on, each opened when first needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from ..aws.network import is_http_url
from ..aws.session import Connection, open_connection
from ..checks.partitions import check_target_partition
from ..checks.settings import check_settings
from ..errors import AWSError, SettingsError
from ..settings.load import load_project
from ..settings.model import Project
from .app import AppPlace, find_place
from .browser import browse
from .output import Output


@dataclass(frozen=True)
class Surroundings:
    """The functions by which a command reaches its surroundings. A program may pass others as click's ``obj``.

    :param connect: opens the AWS session, as :func:`~flask_cdn_stack.aws.session.open_connection` does.
    :param sleep: waits for seconds, which pass on the ``clock``.
    :param browse: opens a URL in a browser, and returns whether that was possible.
    """

    connect: Callable[..., Connection] = open_connection
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    browse: Callable[[str], bool] = browse


class Call:
    """The objects that a command works with; ``began`` is when it was called, in seconds of ``time.monotonic``.

    :param options: values of the shared options.
    :param is_dry: the command shows what would be done, as data.
    """

    def __init__(self, options: dict[str, Any], *, is_dry: bool = False) -> None:
        context = click.get_current_context(silent=True)
        self.surroundings = (context and context.find_object(Surroundings)) or Surroundings()
        self._options = options
        self.began = time.monotonic()
        self.output = Output(
            as_json=options.get("as_json", False),
            is_dry=is_dry,
            verbose=options["verbose"],
            no_color=options["no_color"],
            place=None if options.get("offline") else lambda: self.place,
        )

    @cached_property
    def project(self) -> Project:
        """The project with its checked settings. Warnings are shown once; with ``--strict`` they are errors."""
        region = self._options.get("region")
        project = load_project(
            working_folder(),
            file=self._options["settings"],
            stage=self._options["stage"],
            flags={"region": region} if region else {},
        )
        warnings = check_settings(project.settings)
        if warnings and self._options.get("strict"):
            raise SettingsError("\n".join(warnings), "With --strict, a warning about the settings is an error.")
        for warning in warnings:
            self.output.warn(warning)
        target = project.settings.target
        if region and target and target.region not in (None, region):
            self.output.warn(
                f"--region {region} applies to a stack only; the bucket is in target.region, {target.region}."
            )
        return project

    @cached_property
    def connection(self) -> Connection:
        """The AWS session."""
        options = self._options
        region, ask_code = self.project.settings.session_region, self.output.ask_code
        connection = self.surroundings.connect(region, options["profile"], options["endpoint_url"], ask_code=ask_code)
        check_target_partition(self.project.settings, connection.region)
        for service in ("cloudformation", "s3"):
            check_endpoint(connection.endpoint(service))
        if connection.is_local:
            self.output.say(f"Local AWS at {connection.endpoint('cloudformation')}: no AWS account is used.")
        return connection

    @cached_property
    def place(self) -> str:
        """A sentence with the account, region and stage, for questions; the account is read when first needed."""
        connection, stage = self.connection, self.project.stage
        end = f"region {connection.region}{f', stage {stage}' if stage else ''}."
        from ..aws.account import read_account  # imported only for a question

        if connection.is_foreign("s3"):
            return f"At {connection.endpoint('s3')}, {end}"
        try:
            return f"In {read_account(connection)}, {end}"
        except AWSError as error:
            return f"Account not known, {end} {error.message}"

    def say_next(self, done: str) -> None:
        """Show the next step, as the last message.

        :param done: as for :meth:`~.output.Output.next`.
        """
        self.output.next(done, self.project.stage)

    @property
    def app_place(self) -> AppPlace:
        """Where to import the app from."""
        return find_place(self._options.get("app"), self.project.settings.app, self.project.folder)


def check_endpoint(url: str | None) -> None:
    """Check that an endpoint is an http or https URL; None, for AWS's own, is allowed.

    :raises SettingsError: it is not.
    """
    if url is not None and not is_http_url(url):
        # The part before an @ may be a password, even in a malformed URL.
        raise SettingsError(
            f"The AWS endpoint {url.rpartition('@')[2]!r} is not an http or https URL.",
            "Write it as in http://127.0.0.1:4566, in --endpoint-url or AWS_ENDPOINT_URL.",
        )


def working_folder() -> Path:
    """Return the working directory.

    :raises SettingsError: it no longer exists.
    """
    try:
        return Path.cwd()
    except OSError as error:
        raise SettingsError("The working directory is gone.", "Change to one that exists.") from error
