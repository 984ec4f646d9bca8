"""Calls of ``url_for`` that were seen at the peers, made again here.

``data/urls.json`` has a case per line: the app, the call, and under ``seen`` what each peer gave, a URL or ``raises``
and the name of an error. To replay a peer, add a line to :data:`~tests.compat.test_replay.SUBJECTS` with what takes its
place here; ``docs/how-to/peer-differences.csv`` then needs a row for each outcome that is another one here, and the
tests name those that are missing. Nothing else is needed.
"""

from __future__ import annotations

import csv
import json
import mimetypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import flask
from flask import Blueprint, Flask, render_template_string

from tests.conftest import ROOT

DATA = Path(__file__).parent / "data"
DIFFERENCES = ROOT / "docs" / "how-to" / "peer-differences.csv"

_TEMPLATES = {
    "template": "{{ url_for(endpoint, **values)|safe }}",
    "template_escaped": "{{ url_for(endpoint, **values) }}",
    "macro": "{% macro show(e, v) %}{{ url_for(e, **v)|safe }}{% endmacro %}{{ show(endpoint, values) }}",
}


class Subject(NamedTuple):
    """What takes a peer's place.

    ``set_up`` is called with the app, ``url_for`` is the module's own. ``errors`` names errors as the peer does, by
    the name that they have here. ``writes_defaults``: into ``app.config``, as the peers do.
    """

    name: str
    set_up: Callable[[Flask], object]
    url_for: Callable[..., str]
    errors: Mapping[str, str] = {}
    writes_defaults: bool = False


@dataclass(frozen=True)
class Case:
    """A call in an app, and what came of it by peer. ``{root}`` and ``{manifests}`` stand for where these are now.

    ``later`` is config that is set after the extension; ``debug`` says when ``app.debug`` is set, ``before`` or
    ``after`` it, and ``set_up`` whether the extension comes ``first``, before all routes, ``last`` or ``never``.
    ``system_types`` is false where only Python's own media types are known. ``config_then`` is a part of the config
    when all is set up. With ``times`` the number of requests for the manifest is part of the outcome.
    """

    case: str
    call: tuple[str, Mapping[str, Any]]
    seen: Mapping[str, str]
    config: Mapping[str, Any] = field(default_factory=dict)
    app: Mapping[str, Any] = field(default_factory=dict)
    page_host: str | None = None
    blueprints: Sequence[Mapping[str, Any]] = ()
    routes: Mapping[str, str] = field(default_factory=dict)
    url_defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    build_error_url: str | None = None
    set_up: str = "last"
    debug: str = ""
    later: Mapping[str, Any] = field(default_factory=dict)
    testing: bool = True
    system_types: bool = True
    base: str = "http://localhost/"
    page: str = "/page"
    headers: Mapping[str, str] = field(default_factory=dict)
    via: str = "template"
    context: str = "request"
    times: int = 1
    config_then: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_strict(self) -> bool:
        """Whether a peer raised an error over the manifest, as is done here only when asked for."""
        return "CDN_MANIFEST" in self.config and any(seen.startswith("raises") for seen in self.seen.values())


class Difference(NamedTuple):
    """A row of the table of differences; ``peer`` may hold several names, with ``; `` between them."""

    case: str
    peer: str
    theirs: str
    ours: str
    reason: str


class Manifests(NamedTuple):
    """Where the cases' manifests are: the URL below which each is, and the requests made so far."""

    url: str
    requests: list[str]


class Outcome(NamedTuple):
    """What came of a case here, and the app's config afterwards."""

    text: str
    config: Mapping[str, Any]


def load_cases() -> list[Case]:
    """Return all cases, in the order of the file."""
    return [Case(**item) for item in json.loads((DATA / "urls.json").read_text("utf-8"))]


def load_differences() -> list[Difference]:
    """Return the rows of the table of differences that are about URLs."""
    with DIFFERENCES.open(encoding="utf-8", newline="") as file:
        return [Difference(**row) for row in csv.DictReader(file) if not row["case"].startswith("upload:")]


def replay(case: Case, subject: Subject, root: Path, manifests: Manifests, strict: bool = False) -> Outcome:
    """Build the app of a case, make its call, and return what comes of it.

    :param root: folder of the app.
    :param manifests: where the manifests are.
    :param strict: turns on ``CDN_STRICT``.
    """
    places = {"{root}": str(root), "{manifests}": manifests.url}
    app = _make_app(case, subject, root, _fill(case.config, places) | ({"CDN_STRICT": True} if strict else {}))
    before = len(manifests.requests)
    with _media_types(case.system_types):
        text = _call_in_context(case, app, lambda: _call(case, subject, _fill(case.call, places)))
    if case.times > 1:
        text += f" (manifest requests: {len(manifests.requests) - before})"
    return Outcome(text.replace(str(root), "{root}"), app.config)


def _fill(value: Any, places: Mapping[str, str]) -> Any:
    text = json.dumps(value)
    for name, place in places.items():
        text = text.replace(name, place)
    return json.loads(text)


def _make_app(case: Case, subject: Subject, root: Path, config: Mapping[str, Any]) -> Flask:
    app = Flask("peer_app", root_path=str(root), **case.app)
    app.testing = case.testing
    app.config.update(config)
    app.debug = case.debug == "before"
    if case.set_up == "first":
        subject.set_up(app)
    _add_routes(app, case)
    _add_hooks(app, case)
    if case.set_up == "last":
        subject.set_up(app)
    app.debug = bool(case.debug)
    app.config.update(case.later)
    return app


def _add_routes(app: Flask, case: Case) -> None:
    pages = {"index": "/", "page": "/page"}
    for endpoint, rule in (pages | dict(case.routes)).items():
        app.add_url_rule(rule, endpoint, _view, host=case.page_host)
    made: dict[str, Blueprint] = {}
    for values in case.blueprints:
        made[values["name"]] = _make_blueprint(app, values)
    for values in reversed(case.blueprints):
        parent = made.get(values.get("parent", ""), app)
        options = {"url_prefix": values["registered_prefix"]} if "registered_prefix" in values else {}
        parent.register_blueprint(made[values["name"]], **options)


def _make_blueprint(app: Flask, values: Mapping[str, Any]) -> Blueprint:
    blueprint = Blueprint(
        values["name"],
        "peer_app",
        root_path=app.root_path,
        url_prefix=values.get("prefix"),
        static_folder=values.get("folder"),
        static_url_path=values.get("static_path"),
        subdomain=values.get("subdomain"),
    )
    pages = {"page": values["page"]} if "page" in values else {}
    for endpoint, rule in (pages | values.get("routes", {})).items():
        blueprint.add_url_rule(rule, endpoint, _view)
    return blueprint


def _view(**values: str) -> str:
    return ""


def _add_hooks(app: Flask, case: Case) -> None:
    if case.url_defaults:
        app.url_defaults(lambda endpoint, values: values.update(case.url_defaults.get(endpoint, {})))
    url = case.build_error_url
    if url is not None:
        app.url_build_error_handlers.append(lambda error, endpoint, values: url)


@contextmanager
def _media_types(system: bool) -> Iterator[None]:
    if not system:
        mimetypes.init([])
    yield
    if not system:
        mimetypes.init()


def _call_in_context(case: Case, app: Flask, call: Callable[[], str]) -> str:
    if case.context == "none":
        return call()
    if case.context == "app":
        with app.app_context():
            return call()
    outcomes: list[str] = []

    @app.before_request
    def page() -> str:
        outcomes.append(call())
        return ""

    app.test_client().get(case.page, base_url=case.base, headers=dict(case.headers))
    return outcomes[0]


def _call(case: Case, subject: Subject, call: tuple[str, dict[str, Any]]) -> str:
    endpoint, values = call
    try:
        urls = [_build(case.via, subject, endpoint, values) for _ in range(case.times)]
    except Exception as error:
        name = type(error).__name__
        return f"raises {subject.errors.get(name, name)}"
    return " ".join(dict.fromkeys(urls))


def _build(via: str, subject: Subject, endpoint: str, values: dict[str, Any]) -> str:
    if via == "module":
        return subject.url_for(endpoint, **values)
    if via == "flask":
        return flask.url_for(endpoint, **values)
    return render_template_string(_TEMPLATES[via], endpoint=endpoint, values=values)
