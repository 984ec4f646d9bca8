"""``demo``: the whole path on a sample app, against a local AWS of its own."""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import click
from flask import Flask
from flask.cli import ScriptInfo
from werkzeug.serving import make_server

from ..assets.collect import collect_assets
from ..assets.media_types import media_type
from ..aws.session import Connection, open_connection
from ..errors import CDNStackError
from ..local.cloud import LocalCloud
from ..local.demo import copy_project
from ..local.demo.crawl import crawl_site
from ..local.launcher import reserve_port
from ..manifest import parse_manifest
from ..naming import asset_key
from ..quantities import count
from ..settings.load import load_project
from ..verify import CheckedURL, check_url, fetch
from .group import Command
from .options import output_options
from .output import Output
from .serving import end_on_signal, wait_for_end


@click.command("demo", cls=Command)
@click.option(
    "--once",
    is_flag=True,
    help="Check every URL that the pages name, and exit: 0 if all are right, 1 if not.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Port of the sample app; 0 picks a free one.",
)
@click.option(
    "--open/--no-open",
    "opens",
    default=True,
    help="Open the page in a browser, where there is one.",
)
@output_options
@click.pass_context
def demo(ctx: click.Context, /, once: bool, port: int, opens: bool, **options: Any) -> None:
    """Provision, deploy and serve a sample app on this machine.

    No AWS account is used: a local AWS is started for it.

    \b
    flask-cdn-stack demo
    """
    output = Output(verbose=options["verbose"], no_color=options["no_color"])
    port = reserve_port(port)
    with end_on_signal(), TemporaryDirectory(prefix="flask-cdn-stack-demo-") as folder:
        project = copy_project(Path(folder))
        try:
            with LocalCloud(environment=os.environ) as aws:
                _forget_user(aws.replace_account(os.environ))
                _run_steps(output, project)
                app, connection = _load(project)
                with serve_app(app, port) as address:
                    failed = (
                        _check(output, app, project, connection, address) if once else _show(output, address, opens)
                    )
        except KeyboardInterrupt:
            output.say("Ended.")
            ctx.exit(130 if once else 0)
    ctx.exit(1 if failed else 0)


def _forget_user(environment: dict[str, str]) -> None:
    # The sample's settings are its own: neither our options' variables nor the user's app and account may reach it.
    os.environ.clear()
    os.environ.update({name: value for name, value in environment.items() if not name.startswith("FLASK_")})
    os.environ["FLASK_SKIP_DOTENV"] = "1"


def _run_steps(output: Output, project: Path) -> None:
    for arguments in (["template"], ["provision", "--yes"], ["deploy"], ["config"]):
        output.say(click.style(f"$ flask-cdn-stack {' '.join(arguments)}", bold=True))
        step = subprocess.run(
            [sys.executable, "-m", "flask_cdn_stack", *arguments],
            cwd=project,
            # Into a pipe, Python writes in the code page of a Windows console otherwise.
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
        if step.returncode:
            raise CDNStackError(f"The step {arguments[0]} ended with {step.returncode}.", "Its own message is above.")
        _show_excerpt(output, step.stdout)


def _show_excerpt(output: Output, text: str, most: int = 12) -> None:
    lines = text.splitlines()
    for line in lines[:most]:
        output.say(f"  {line}")
    if len(lines) > most:
        output.say(f"  ... {count(len(lines) - most, 'more line')}")


def _load(project: Path) -> tuple[Flask, Connection]:
    app = load_project(project).settings.app
    return ScriptInfo(app_import_path=str(project / str(app))).load_app(), open_connection()


@contextmanager
def serve_app(app: Flask, port: int) -> Iterator[str]:
    """Serve an app on loopback in a thread; yield its address."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _show(output: Output, address: str, opens: bool) -> bool:
    output.say(f"The sample app is at {click.style(address, bold=True)}; its static files come from the CDN.")
    if opens and _has_browser():
        webbrowser.open(address)
    output.say("Ctrl-C ends it.")
    wait_for_end()
    output.say("Ended.")
    return False


def _has_browser() -> bool:
    # Elsewhere, a text browser would take over the terminal.
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _check(output: Output, app: Flask, project: Path, connection: Connection, address: str) -> bool:
    checked = check_pages(app, project, connection, address)
    output.table(
        ("URL", "Content type", "Bytes", "Result"),
        [(item.url.partition("?")[0], item.content_type, f"{item.size:,}", item.problem or "ok") for item in checked],
    )
    wrong = sum(1 for item in checked if item.problem)
    result = f"{count(len(checked), 'URL')} checked, {wrong:,} wrong."
    output.say(click.style(result, fg="red" if wrong or not checked else "green"))
    return wrong > 0 or not checked


def check_pages(app: Flask, project: Path, connection: Connection, address: str) -> list[CheckedURL]:
    """Fetch every URL that the app's pages load and compare it with the manifest and with the file itself."""

    def fetch_page(url: str) -> str:
        answer = fetch(url, connection.connect_address)
        if answer.status != 200:
            raise CDNStackError(f"The page {url} answers {answer.status}.", "The app's own error is above.")
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        return answer.body.decode() if is_page else ""

    site = crawl_site(address, fetch_page)
    manifest = parse_manifest((project / "cdn_manifest.txt").read_text("utf-8"))
    files = {asset.key: asset.file for asset in collect_assets(app).assets}
    checked = []
    for url in site.resources:
        key = asset_key(urlsplit(url).path)
        if not url.partition("//")[2].startswith(app.config["CDN_DOMAIN"] + "/"):
            checked.append(CheckedURL(url, "", 0, "not on the CDN's host"))
            continue
        item = check_url(url, manifest.get(key), media_type(key), connection.connect_address)
        if not item.problem and not key.endswith(".css") and not _same_bytes(files[key], manifest[key]):
            item = CheckedURL(url, item.content_type, item.size, "other bytes than the file")
        checked.append(item)
    return checked


def _same_bytes(file: str, checksum: str) -> bool:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() == checksum
