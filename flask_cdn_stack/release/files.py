"""Collects an app's static files for a deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..assets.collect import Collection, collect_assets, select_files
from ..assets.fingerprint import Builder
from ..assets.hashes import FileHashes
from ..assets.style_links import MissingReferences
from ..settings.model import Project, Settings
from .parties import Files
from .sending import FileSource

if TYPE_CHECKING:
    from flask import Flask


def collect_files(app: Flask, project: Project) -> Files:
    """Return the static files of a Flask app.

    :raises AssetError: a name cannot be published, or two files have one URL.
    """
    collection = collect_assets(app, select_files(project), project.settings.assets.prefix)
    return make_files(collection, project.settings, FileHashes({}))


def make_files(
    collection: Collection, settings: Settings, hashes: FileHashes, missing: MissingReferences | None = None
) -> Files:
    """Return the collected files, with the source that makes a release of them.

    :param hashes: the known hashes from earlier runs.
    :param missing: what to do with references to missing files, in place of the settings' value.
    """
    # The app serves its style sheets unchanged, and the manifest must have the checksums of what is served.
    assets = settings.assets if settings.has_bucket else settings.assets.replace(rewrite_css=False)
    if missing:
        assets = assets.replace(missing_references=missing)
    return Files(collection, FileSource(Builder(collection.assets, assets, hashes), hashes))
