"""Writes the config file and the manifest of a publication, which must fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..config_file import ConfigValues, check_writable, read_config_file, read_own_file, render_python, write_guarded
from ..errors import CDNStackError
from ..stack.outputs import Outputs, find_target, provisioned_values, unasked_values
from .call import Call


class GeneratedFiles:
    """Config file and manifest of a project.

    The config file is written first, because the app may import it. If the manifest is then not written because of an
    error, the config file is restored.

    :raises RefusedError: a file that this tool did not write is in the place of one of them.
    :raises LocalFileError: one of them cannot be written.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._replaced: str | None = None
        self.changes = False
        for file in (call.project.config_file, call.project.manifest_file):
            if file:
                check_writable(file)

    def write_config(self, outputs: Outputs | None) -> None:
        """Write the config file from the outputs, or else from the target, or else from what is known offline."""
        project = self._call.project
        if project.config_file is None:
            return
        outputs = outputs or find_target(project)
        if outputs:
            values = provisioned_values(self._call.connection, project, outputs)
        else:
            values = self._find_offline(project.config_file)
        self._replaced = read_own_file(project.config_file)
        self._write(project.config_file, render_python(values))

    def write_manifest(self, text: str) -> None:
        """Write the manifest; from now on the config file is not restored."""
        if self._call.project.manifest_file:
            self._write(self._call.project.manifest_file, text)
        self._replaced = None

    @contextmanager
    def restored_on_error(self) -> Iterator[None]:
        """Restore the config file if the block raises an error before the manifest is written."""
        try:
            yield
        except BaseException:
            self._restore_config()
            raise

    def _restore_config(self) -> None:
        file = self._call.project.config_file
        try:
            if file and self._replaced is not None and write_guarded(file, self._replaced):
                self._call.output.say(f"Put {file} back as it was.")
        except CDNStackError as error:  # the error in the block matters more
            self._call.output.warn(f"The config file could not be put back as it was. {error.message}")

    def _find_offline(self, file: Path) -> ConfigValues:
        before = read_config_file(file)
        values, known = unasked_values(self._call.project, before), before.get("CDN_DOMAIN")
        if values.domain is None:
            self._call.output.say(
                f"The CDN's domain is not known offline: CDN_DOMAIN is None in {file}, and the app's URLs stay its "
                "own. `flask-cdn-stack config --write` asks the stack for it."
            )
        elif known and known != values.domain:
            self._call.output.say(
                f"{file} named {known}, and delivery.aliases names {values.domain}: run `flask-cdn-stack provision` "
                "before the app uses it."
            )
        return values

    def _write(self, file: Path, text: str) -> None:
        if write_guarded(file, text):
            self._call.output.say(f"Wrote {file}.")


class UnwrittenFiles(GeneratedFiles):
    """Says which files would change, and leaves them as they are; for a dry run."""

    def _restore_config(self) -> None:
        pass

    def _write(self, file: Path, text: str) -> None:
        if read_own_file(file) != text:
            self._call.output.say(f"Would write {file}.")
            self.changes = True
