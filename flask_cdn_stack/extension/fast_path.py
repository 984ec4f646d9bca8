"""The way that nearly every call takes: a URL that was built before."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from flask import Flask, request

if TYPE_CHECKING:
    from flask.ctx import RequestContext

    from .state_holder import StateHolder

#: Builds a URL from an endpoint and the values of a call of ``url_for``, which are used up.
Builder: TypeAlias = Callable[[str, dict[str, Any]], str]

# The context variable itself, because asking the proxy costs more than finding a remembered URL.
find_request_context: Callable[[], RequestContext] = request.__wrapped__.get  # type: ignore[attr-defined]


def make_builder(app: Flask, states: StateHolder, clock: Callable[[], float], build_new: Builder) -> Builder:
    """Return a function that finds what was built before, and asks ``build_new`` for everything else.

    It runs for every asset of every page, so it takes as few steps as can be: a function of its own finds its
    surroundings faster than a method does.
    """
    get_config = app.config.get
    url_defaults = app.url_default_functions
    # Flask's own method, for an endpoint without a blueprint, does no more than what is written out below.
    is_flasks = getattr(app.inject_url_defaults, "__func__", None) is Flask.inject_url_defaults

    def build(endpoint: str, values: dict[str, Any]) -> str:
        if len(values) == 1:
            state = states.current
            try:
                filename = values["filename"]
                url = (state.known or state.remembered[find_request_context().request.scheme])[endpoint][filename]
            except (LookupError, RuntimeError, TypeError):
                filename = None
            if type(filename) is not str or (state.follows_app_debug and get_config("DEBUG")):
                return build_new(endpoint, values)
            if state.lasting or clock() < state.until.get(url, state.due):
                if not url_defaults:
                    return url
                if is_flasks and "." not in endpoint:
                    for add_defaults in url_defaults.get(None, ()):
                        add_defaults(endpoint, values)
                else:
                    app.inject_url_defaults(endpoint, values)
                if len(values) == 1 and values.get("filename") is filename:
                    return url
                values = {"filename": filename}
        return build_new(endpoint, values)

    return build
