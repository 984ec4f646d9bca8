"""``url_for``, with the short path of nearly every call: to return a URL that was built before."""

from __future__ import annotations

from collections.abc import Callable, Collection
from itertools import repeat
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, has_app_context, request
from flask.globals import app_ctx

from .state_holder import UNREAD, StateHolder

if TYPE_CHECKING:
    from typing import Protocol

    from flask.ctx import RequestContext

    class HasApp(Protocol):
        """An application context, or an object used in its place."""

        app: Flask

    class BuildsUrls(Protocol):
        """The part of the object in ``app.extensions["cdn"]`` that ``url_for`` uses."""

        states: StateHolder
        clock: Callable[[], float]
        get_config: Callable[[str], Any]
        url_defaults: Collection[object]
        add_defaults: Callable[[str, dict[str, Any]], None]

        flask_url_for: Callable[..., str]

        def build_new(self, endpoint: str, values: dict[str, Any]) -> str:
            """Build a URL that is not remembered; ``values`` may be changed."""


#: Key of ``app.extensions``.
EXTENSION_NAME = "cdn"


def pop_wish(values: dict[str, Any]) -> bool:
    """Remove ``_cdn`` and ``_force_no_cdn`` from a call's values, and return whether its URL may be the CDN's.

    ``_cdn=False`` and ``_force_no_cdn=True``, which forks of Flask-CDN have, leave the URL to Flask.
    """
    if "_cdn" not in values and "_force_no_cdn" not in values:
        return True
    wanted, refused = values.pop("_cdn", True), values.pop("_force_no_cdn", False)
    return bool(wanted) and not refused


# The context variables themselves: going through Flask's proxies takes longer than finding a remembered URL.
find_app_context: Callable[[], HasApp] = app_ctx.__wrapped__.get  # type: ignore[attr-defined]
find_request_context: Callable[[], RequestContext] = request.__wrapped__.get  # type: ignore[attr-defined]


def make_url_for(find_context: Callable[[], HasApp]) -> Callable[..., str]:
    """Return a ``url_for`` for the app of the context that ``find_context`` returns.

    It runs for every asset of every page, so one function finds the app and the URL and checks that the URL still
    holds: each call of another function would take a tenth of the whole time.
    """

    def url_for(endpoint: str, **values: Any) -> str:
        """Return a URL as :func:`flask.url_for` does, but the CDN's if the endpoint serves static files.

        For such an endpoint ``_scheme`` overrides ``CDN_HTTPS`` (None or ``""``: the URL begins with ``//``),
        ``_anchor`` becomes the fragment, and ``_external`` and ``_method`` are ignored; ``_cdn=False`` leaves this one
        URL to Flask. For every other endpoint, and in an app without a CDN, the URL is Flask's own.

        :raises RuntimeError: there is no application context.
        :raises SettingsError: a ``CDN_*`` value is wrong.
        :raises MissingAssetError: ``CDN_STRICT`` is on and the file is not there or not in the manifest.
        :raises ManifestError: ``CDN_STRICT`` is on and the manifest is missing or damaged.
        """
        try:
            urls: BuildsUrls = find_context().app.extensions[EXTENSION_NAME]
        except LookupError:
            urls = _WITHOUT_CDN
        state = urls.states.current
        if len(values) == 1:
            try:
                filename = values["filename"]
                url = (state.known or state.remembered[find_request_context().request.scheme])[endpoint][filename]
            except (LookupError, RuntimeError, TypeError):
                filename = None
            if (
                type(filename) is str
                and not (state.follows_app_debug and urls.get_config("DEBUG"))
                and (state.lasting or urls.clock() < state.until.get(url, state.due))
            ):
                if not urls.url_defaults:
                    return url
                urls.add_defaults(endpoint, values)
                if len(values) == 1 and values.get("filename") is filename:
                    return url
                values = {"filename": filename}
        if endpoint in state.others and "_cdn" not in values and "_force_no_cdn" not in values:
            return urls.flask_url_for(endpoint, **values)
        return urls.build_new(endpoint, values)

    url_for.__qualname__ = "url_for"
    return url_for


def make_url_for_of(app: Flask) -> Callable[..., str]:
    """Return a ``url_for`` for one app, whatever the context is."""
    return make_url_for(repeat(_AppAlone(app)).__next__)


class _AppAlone:
    """Used in place of an application context, to name one app."""

    def __init__(self, app: Flask) -> None:
        self.app = app


class _WithoutCDN:
    """Used for an app without a CDN, and outside an application context; it remembers no URL."""

    def __init__(self) -> None:
        self.states = self
        self.current = UNREAD

    def build_new(self, endpoint: str, values: dict[str, Any]) -> str:
        if not has_app_context():
            raise RuntimeError(
                "flask_cdn_stack.url_for needs to know the app: call it in a request or inside "
                "`with app.app_context():`."
            )
        pop_wish(values)
        return current_app.url_for(endpoint, **values)


_WITHOUT_CDN: Any = _WithoutCDN()


def make_injector(app: Flask) -> tuple[Collection[object], Callable[[str, dict[str, Any]], None]]:
    """Return a collection that is empty while the app has no ``url_defaults`` functions, and a function to call them.

    The function does what ``app.inject_url_defaults`` does. For an app that overrides that method, the collection is
    never empty.
    """
    if getattr(app.inject_url_defaults, "__func__", None) is not Flask.inject_url_defaults:
        return (app.inject_url_defaults,), app.inject_url_defaults
    functions = app.url_default_functions

    def add_defaults(endpoint: str, values: dict[str, Any]) -> None:
        # For an endpoint without a blueprint, Flask's own method does the same in twice the time.
        if "." in endpoint:
            app.inject_url_defaults(endpoint, values)
            return
        for function in functions.get(None, ()):
            function(endpoint, values)

    return functions, add_defaults
