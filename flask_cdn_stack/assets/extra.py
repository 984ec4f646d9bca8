"""The folders of ``assets.extra``, which views of the app serve: their URLs, and which endpoint answers there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ..errors import SettingsError
from ..extension.static_folders import find_static_folders
from ..naming import find_path_endpoints, quote_key
from ..quantities import count
from .static_urls import bind_as_rule

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule


class ExtraFolder(NamedTuple):
    """An entry of ``assets.extra``; ``folder`` is absolute, ``place`` names the entry in messages."""

    folder: str
    url: str
    endpoint: str | None = None
    argument: str | None = None
    place: str = "assets.extra[0]"

    @property
    def prefix(self) -> str:
        """The beginning of its files' keys."""
        path = self.url.strip("/")
        return f"{path}/" if path else ""


class ExtraURLs:
    """The URLs of the files in one of these folders.

    :raises SettingsError: the folder or the endpoint does not exist, or several endpoints match.
    """

    def __init__(self, app: Flask, extra: ExtraFolder) -> None:
        if not os.path.isdir(extra.folder):
            raise SettingsError(
                f"{extra.place}.folder: there is no folder {extra.folder}.",
                "It starts at the settings file's folder. Build what makes it, or correct it.",
            )
        self._app, self._extra = app, extra
        self._endpoint = extra.endpoint or _find_endpoint(app, extra)
        rules = _find_rules(app, self._endpoint, extra) if self._endpoint else []
        self._requests = bind_as_rule(app.url_map, rules[0]) if rules else app.url_map.bind("cdn.invalid")
        # Rules with build_only are for files that another view or the web server serves.
        self._is_served = any(not rule.build_only for rule in rules)
        self._rivals: dict[str, int] = {}
        self._unserved = 0
        self.name = self._endpoint or extra.place

    def build(self, name: str) -> str:
        """Return the path of a file, percent-encoded and without its leading slash."""
        return quote_key(self._extra.prefix + name)

    def serves(self, key: str, name: str) -> bool | None:
        """Return whether the file may be published under a key; None if no view of the app serves that path."""
        from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

        try:
            endpoint, values = self._requests.match(f"/{key}", method="GET")
        except (NotFound, MethodNotAllowed):
            return self._unless_served()
        except HTTPException:
            return False
        if endpoint == self._endpoint:
            return self._takes(values, name) or self._unless_served()
        if not values or _serves_own_folder(self._app, endpoint):
            return False
        if self._endpoint is None:
            self._rivals[endpoint] = self._rivals.get(endpoint, 0) + 1
            return False
        return not self._is_served

    def remarks(self) -> list[str]:
        """Return warnings about the files, once all of them were passed to :meth:`serves`.

        :raises SettingsError: no endpoint is named or found, but several endpoints of the app serve the files.
        """
        extra = self._extra
        if self._rivals:
            names = sorted(self._rivals, key=self._rivals.__getitem__, reverse=True)
            raise _several(extra, names, f"answers for {count(sum(self._rivals.values()), 'file')} of it")
        if not self._unserved:
            return []
        number = f"{count(self._unserved, 'file')} of {extra.folder}"
        return [f"{extra.place}: {self._endpoint} does not serve {number} below {extra.url}; they are not published."]

    def _unless_served(self) -> Literal[True] | None:
        self._unserved += self._is_served
        return None if self._is_served else True

    def _takes(self, values: Mapping[str, Any], name: str) -> bool:
        if self._extra.argument is None:
            return True
        path = values.get(self._extra.argument)
        return isinstance(path, str) and f"/{name}".endswith(f"/{path}")


def _find_endpoint(app: Flask, extra: ExtraFolder) -> str | None:
    url = extra.url.rstrip("/")
    found = find_path_endpoints(app.url_map, url) if url else []
    if len(found) > 1:
        raise _several(extra, found, f"has the rule {url}/<path>")
    return found[0] if found else None


def _several(extra: ExtraFolder, names: list[str], what: str) -> SettingsError:
    return SettingsError(
        f"{extra.place}: which endpoint serves {extra.folder} at {extra.url} cannot be told: "
        f"{', '.join(names)} {what}.",
        f"Name it, as in `endpoint: {names[0]}`, and exclude what is not served.",
    )


def _find_rules(app: Flask, endpoint: str, extra: ExtraFolder) -> list[Rule]:
    try:
        rules = list(app.url_map.iter_rules(endpoint))
    except KeyError:
        near = get_close_matches(endpoint, {rule.endpoint for rule in app.url_map.iter_rules()}, n=1)
        hint = f"Did you mean {near[0]}? " if near else ""
        raise SettingsError(
            f"{extra.place}.endpoint: the app has no endpoint {endpoint}.", f"{hint}`flask routes` lists them all."
        ) from None
    arguments = set[str]().union(*(rule.arguments for rule in rules))
    if extra.argument is not None and extra.argument not in arguments:
        has = f"it has {', '.join(sorted(arguments))}" if arguments else "it has none"
        raise SettingsError(
            f"{extra.place}.argument: {endpoint} has no variable {extra.argument} in its URL; {has}.",
            "Name the one that is the path of the file, or leave it out.",
        )
    if _serves_own_folder(app, endpoint):
        raise SettingsError(
            f"{extra.place}: the endpoint {endpoint} serves its own static folder there, and not {extra.folder}.",
            "Put the files into the static folder, or correct the url.",
        )
    return rules


def _serves_own_folder(app: Flask, endpoint: str) -> bool:
    folders, _ = find_static_folders(app, endpoint)
    return bool(folders) and has_flasks_view(app, endpoint)


def has_flasks_view(app: Flask, endpoint: str) -> bool:
    """Return whether a static endpoint's view is Flask's own, decorated or not."""
    view: Any = app.view_functions.get(endpoint)
    while inner := getattr(view, "__wrapped__", None) or getattr(view, "func", None):
        view = inner
    if getattr(view, "__name__", "") == "send_static_file":
        return True
    return view is None or getattr(view, "__module__", "").partition(".")[0] == "flask"
