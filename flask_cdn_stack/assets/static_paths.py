"""The paths below which an app serves its static files, by its own URL map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import SettingsError
from ..naming import bind_urls, build_url_path, has_static_rule
from .collect import find_static_folders

if TYPE_CHECKING:
    from flask import Flask

_HINT = (
    "Name the paths that reach the app in app_origin.paths, such as [/css/*, /favicon.ico], "
    "or give the endpoint a static_url_path of its own."
)


def find_static_paths(app: Flask) -> tuple[str, ...]:
    """Return the paths of the app's static files and of every blueprint's, sorted, as CloudFront writes patterns.

    ``/static/*`` stands for the rule ``/static/<path:filename>``. What another pattern covers is left out.

    :raises SettingsError: an endpoint serves its files from ``/``, or there is none that could be asked.
    """
    urls = bind_urls(app.url_map)
    paths: set[str] = set()
    for endpoint in sorted(endpoint for endpoint, _ in find_static_folders(app)):
        if not has_static_rule(app.url_map, endpoint):
            continue
        # The star is a character that a path may have, so it is built into the URL as it is.
        path = build_url_path(urls, endpoint, {"filename": "*"}).replace("%2A", "*")
        if path == "/*":
            raise SettingsError(
                f"app_origin.paths: the endpoint {endpoint} serves its files from /, where everything else of the app "
                "would be reached through the CDN too.",
                _HINT,
            )
        paths.add(path)
    if not paths:
        raise SettingsError("app_origin.paths: the app has no static files whose paths could stand there.", _HINT)
    return tuple(sorted(path for path in paths if not any(_covers(other, path) for other in paths)))


def _covers(pattern: str, path: str) -> bool:
    return pattern != path and pattern.endswith("*") and path.startswith(pattern[:-1])
