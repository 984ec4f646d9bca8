"""The path patterns of an app's static files, from its URL map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..errors import SettingsError
from ..naming import bind_urls, build_url_path, quote_key
from .extra import ExtraFolder
from .places import find_static_places

if TYPE_CHECKING:
    from flask import Flask

_HINT = (
    "Name the paths that reach the app in app_origin.paths, such as [/css/*, /favicon.ico], "
    "or give the endpoint a static_url_path of its own."
)


def find_static_paths(app: Flask, extra: Sequence[ExtraFolder] = ()) -> tuple[str, ...]:
    """Return CloudFront path patterns for the static files of the app, its blueprints and extra folders.

    ``/static/*`` stands for the rule ``/static/<path:filename>``. The patterns are sorted; one that another covers is
    left out.

    :raises SettingsError: an endpoint serves its files from ``/``, or the app serves no static files.
    """
    paths: set[str] = set()
    others = [(f"the folder of {each.place}", f"/{quote_key(each.prefix)}*") for each in extra]
    for name, path in [*sorted(_find_paths(app)), *others]:
        if path == "/*":
            raise SettingsError(
                f"app_origin.paths: {name} serves its files from /, where everything else of the app "
                "would be reached through the CDN too.",
                _HINT,
            )
        paths.add(path)
    if not paths:
        raise SettingsError("app_origin.paths: the app has no static files whose paths could stand there.", _HINT)
    return tuple(sorted(path for path in paths if not any(_covers(other, path) for other in paths)))


def _find_paths(app: Flask) -> Iterator[tuple[str, str]]:
    urls = bind_urls(app.url_map)
    for endpoint, folders, _ in find_static_places(app):
        if folders:
            # The star is a valid character in a path, so url building leaves it as it is.
            yield f"the endpoint {endpoint}", build_url_path(urls, endpoint, {"filename": "*"}).replace("%2A", "*")


def _covers(pattern: str, path: str) -> bool:
    return pattern != path and pattern.endswith("*") and path.startswith(pattern[:-1])
