"""Finds the folders with an app's static files, and the URLs of the files in each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ..extension.static_folders import find_static_folders
from ..naming import has_static_rule
from .extra import ExtraFolder, ExtraURLs, has_flasks_view
from .static_urls import StaticURLs

if TYPE_CHECKING:
    from flask import Flask

FileURLs = StaticURLs | ExtraURLs


class Place(NamedTuple):
    """A folder with the URLs of its files. Files that are also in a folder of ``before`` are served from there."""

    endpoint: str
    folder: str
    urls: FileURLs
    before: tuple[str, ...] = ()


def find_static_places(app: Flask) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """Yield each static endpoint of the app and of its blueprints, its folders, and a problem.

    The problem says why these files stay with Flask; it is empty if the CDN can serve them.
    """
    for endpoint in dict.fromkeys(rule.endpoint for rule in app.url_map.iter_rules()):
        folders, problem = find_static_folders(app, endpoint)
        if problem:
            yield endpoint, (), f"{endpoint}: {problem}; it is left to Flask. assets.extra can name its folder."
        elif folders and not has_static_rule(app.url_map, endpoint):
            yield endpoint, (), f"{endpoint} has variables in its URL besides the file name; it is left to Flask."
        elif folders:
            yield endpoint, folders, ""


def find_places(app: Flask, extra: Sequence[ExtraFolder], warnings: list[str]) -> Iterator[Place]:
    """Yield the folders of all static endpoints, then the extra folders; appends problems to ``warnings``.

    :raises SettingsError: an extra folder or its endpoint does not exist, or several endpoints match.
    """
    for endpoint, folders, reason in find_static_places(app):
        if reason:
            warnings.append(reason)
            continue
        if not has_flasks_view(app, endpoint):
            warnings.append(
                f"{endpoint}: its view is not Flask's, and may serve other files than those of {', '.join(folders)}, "
                "which are published."
            )
        urls = StaticURLs(app, endpoint)
        for number, folder in enumerate(folders):
            if not os.path.isdir(folder):
                warnings.append(f"{endpoint}: there is no static folder {folder}.")
            yield Place(endpoint, folder, urls, folders[:number])
    for each in extra:
        own = ExtraURLs(app, each)
        yield Place(own.name, each.folder, own)
