"""The demo's own page, apart from the shop: shows live what happens to the shop's files, with buttons for changes.

The buttons edit and publish files, so other sites must not be able to press them. The ``Host`` of a request must be
loopback, by name or number, because another site's name can be made to resolve to loopback (DNS rebinding). A request
that changes something must carry the token from the page, and must not have another site's ``Origin``.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, replace
from urllib.parse import urlsplit

from flask import Flask, Response, abort, render_template, request

from .advice import advise
from .board import Scene
from .demonstration import Demonstration
from .shop import Shop

_HOSTS = ("127.0.0.1", "localhost")

# Seconds without news after which something is sent to the page, to find out whether it is still open.
_PATIENCE = 1.0


def create_page(demonstration: Demonstration, shop: Shop) -> Flask:
    """Build the app that serves the page."""
    page, token = Flask(__name__), secrets.token_urlsafe(32)
    apps = shop.apps
    frames = " ".join(f"http://{urlsplit(address).netloc}" for address in (apps.cdn_address, apps.plain_address))

    @page.before_request
    def refuse_strangers() -> None:
        if urlsplit(f"//{request.host}").hostname not in _HOSTS:
            abort(403)
        if request.method not in ("GET", "HEAD"):
            given = request.headers.get("X-Demo-Token", "")
            own = request.headers.get("Origin") in (None, request.host_url.rstrip("/"))
            if not own or not secrets.compare_digest(given.encode(), token.encode()):
                abort(403)

    @page.after_request
    def keep_to_itself(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
            f"frame-src {frames}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @page.get("/")
    def index() -> str:
        return render_template("demo.html", token=token, folder=shop.project.folder, apps=apps)

    @page.get("/events")
    def events() -> Response:
        demonstration.open()
        return Response(_tell(demonstration), mimetype="text/event-stream", headers={"Cache-Control": "no-store"})

    @page.post("/actions/<name>")
    def act(name: str) -> tuple[str, int]:
        if name not in demonstration.actions:
            abort(404)
        return "", 204 if demonstration.do(name) else 409

    return page


def _tell(demonstration: Demonstration) -> Iterator[str]:
    number = -1
    while True:
        known, (number, scene) = number, demonstration.board.wait(number, _PATIENCE)
        if number != known:
            yield f"data: {json.dumps(_describe(scene))}\n\n"
        else:
            demonstration.look_for_edits()
            yield ": still here\n\n"


def _describe(scene: Scene) -> dict[str, object]:
    files = [{"key": key, "seen": asdict(file) if file else None} for key, file in scene.files.items()]
    return {**asdict(replace(scene, files={})), "files": files, "next": advise(scene)}
