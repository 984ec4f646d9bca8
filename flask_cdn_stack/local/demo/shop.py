"""The running sample project: the URLs of its files, editing them, and publishing them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ...assets.collect import collect_assets
from ...aws.session import Connection
from ...extension.cdn import CDN
from ...release.deploy import DeployReader, DeployReport, Files, carry_out, collect_files, deploy, only_look
from ...release.rollback import RollbackReport, rollback
from ...settings.model import Project
from ...stack.site import Site

if TYPE_CHECKING:
    from flask import Flask

#: The shop's possible colours, by name.
COLORS = {"plum": "#6a2c5b", "midnight": "#27386b", "terracotta": "#8a3b26", "green": "#1f5c4e"}

_COLOR = re.compile(r"(--hero: )#\w+;")


@dataclass(frozen=True)
class Apps:
    """The sample app twice, with and without a CDN. Each address is a URL that ends in a slash.

    :param on_cdn: with the generated config.
    :param plain: without a CDN.
    """

    on_cdn: Flask
    cdn_address: str
    plain: Flask
    plain_address: str


class Shop:
    """The sample project. After each publication the running app reads the new manifest."""

    def __init__(self, project: Project, connection: Connection, apps: Apps) -> None:
        self.project = project
        self.apps = apps
        self.find_address = connection.connect_address
        self._connection = connection
        self._colors = cycle(COLORS.items())

    def find_urls(self, source: str) -> dict[str, str]:
        """Return the URL of each file in the app's pages, by key.

        :param source: ``cdn``, or ``app`` for the app without a CDN.
        """
        app, address = self.apps.plain, self.apps.plain_address
        if source == "cdn":
            app, address = self.apps.on_cdn, self.apps.cdn_address
        collection = collect_assets(app)
        folders = {item.endpoint: item.folder for item in collection.folders}
        urls = {}
        with app.test_request_context(base_url=address):
            for item in sorted(collection.assets, key=lambda item: item.endpoint != "static"):
                name = Path(os.path.relpath(item.file, folders[item.endpoint])).as_posix()
                urls[item.key] = urljoin(address, app.url_for(item.endpoint, filename=name))
        return urls

    def read_stamps(self) -> Mapping[str, int]:
        """Return when each file was last changed, in nanoseconds."""
        folder = self.project.folder
        return {str(path): path.stat().st_mtime_ns for path in folder.glob("*/**/static/**/*") if path.is_file()}

    def change_color(self) -> tuple[str, str]:
        """Edit a style sheet; return the file's name and the new colour's name."""
        file = Path(str(self.apps.on_cdn.static_folder), "css", "palette.css")
        name, value = next(self._colors)
        text, found = _COLOR.subn(rf"\g<1>{value};", file.read_text("utf-8"))
        file.write_text(text if found else f"{text}\n:root {{ --hero: {value}; }}\n", "utf-8", newline="\n")
        return file.name, name

    def find_changed(self) -> tuple[str, ...]:
        """Return the keys that a deploy would upload."""
        return self._run_deploy(only_look).plan.keys

    def deploy(self) -> DeployReport:
        """Upload what changed, and publish a release."""
        report = self._run_deploy(carry_out)
        CDN.reload(self.apps.on_cdn)
        return report

    def roll_back(self) -> RollbackReport:
        """Roll back to the release before the published one."""
        report = rollback(self._site, write_files=lambda done: self._write_manifest(done.done.target.manifest))
        CDN.reload(self.apps.on_cdn)
        return report

    def invalidate(self) -> None:
        """Invalidate everything at the edge."""
        self._site.cdn.invalidate(["/*"], f"demo-{secrets.token_hex(8)}")

    @property
    def _site(self) -> Site:
        # A new one for each run, because a Site caches what it has read.
        return Site(self.project, lambda: self._connection)

    def _run_deploy(self, reader: DeployReader) -> DeployReport:
        app, project = self.apps.on_cdn, self.project

        def collect() -> Files:
            return collect_files(app, project)

        return deploy(self._site, collect, write_manifest=self._write_manifest, reader=reader)

    def _write_manifest(self, text: str) -> None:
        assert self.project.manifest_file
        self.project.manifest_file.write_text(text, "utf-8", newline="\n")
