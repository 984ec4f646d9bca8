"""Runs the demo: the commands as a user would type them, then the sample shop, checked or served."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stdout
from functools import partial
from io import StringIO
from pathlib import Path

import click
from flask import Flask
from flask.cli import ScriptInfo

from ..aws.session import Connection, open_connection
from ..errors import CDNStackError, RefusedError
from ..local.cloud import LocalCloud
from ..local.demo import copy_project
from ..local.demo.demonstration import Demonstration
from ..local.demo.page import create_page
from ..local.demo.serving import serve_app
from ..local.demo.shop import Apps, Shop
from ..quantities import count
from ..settings.load import load_project
from .browser import browse
from .demo_check import check_pages
from .group import CommandGroup
from .output import Output
from .serving import wait_for_end


@contextmanager
def publish(output: Output, aws: LocalCloud, folder: Path) -> Iterator[Path]:
    """Copy the sample project and publish it; yield its folder, which is the working directory meanwhile.

    :param aws: the local AWS, launched; the steps that do not need it run while it starts.
    """
    project = copy_project(folder)
    with chdir(project):
        # No variable of this program, of the user's app or of the user's AWS account may affect the sample.
        _replace_environment(
            {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FLASK_"))}
        )
        _run_step(output, project, "template")
        aws.wait_until_ready()
        _replace_environment(aws.replace_account(os.environ))
        for step in (["provision", "--yes"], ["deploy"], ["config"]):
            _run_step(output, project, *step)
        yield project


def _replace_environment(environment: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update({**environment, "FLASK_SKIP_DOTENV": "1"})


def check(output: Output, project: Path, port: int) -> bool:
    """Check every URL that the shop's pages name; return whether any is wrong, or none was found."""
    app, connection = _load(project), open_connection()
    with serve_app(app, port) as address:
        checked = check_pages(app, project, connection, address)
    output.table(
        ("URL", "Content type", "Bytes", "Result"),
        [(item.url.partition("?")[0], item.content_type, f"{item.size:,}", item.problem or "ok") for item in checked],
    )
    wrong = sum(1 for item in checked if item.problem)
    result = f"{count(len(checked), 'URL')} checked, {wrong:,} wrong."
    output.say(click.style(result, fg="red" if wrong or not checked else "green"))
    return wrong > 0 or not checked


def _run_step(output: Output, project: Path, *arguments: str) -> None:
    output.say(click.style(f"$ flask-cdn-stack {' '.join(arguments)}", bold=True))
    name, context = arguments[0], click.get_current_context()
    command = CommandGroup().get_command(context, name)
    assert command
    data = StringIO()
    # Command and app run in this process, because new ones would take longer to start than their work does. The
    # command has a context of its own, apart from this command's.
    app = ScriptInfo(create_app=partial(_load, project))
    with redirect_stdout(data):
        code = command.main(
            [*arguments[1:]], f"flask-cdn-stack {name}", standalone_mode=False, color=context.color, obj=app
        )
    if code == RefusedError.exit_code:  # Ctrl-C ended the step
        raise KeyboardInterrupt
    if code:
        raise CDNStackError(f"The step {name} ended with {code}.", "Its own message is above.")
    _show_excerpt(output, data.getvalue())


def _show_excerpt(output: Output, text: str, most: int = 12) -> None:
    lines = text.splitlines()
    for line in lines[:most]:
        output.say(f"  {line}")
    if len(lines) > most:
        output.say(f"  ... {count(len(lines) - most, 'more line')}")


def _load(project: Path) -> Flask:
    name = load_project(project).settings.app
    return ScriptInfo(app_import_path=str(project / str(name))).load_app()


@contextmanager
def _serve_page(app: Flask, address: str, project: Path, connection: Connection) -> Iterator[str]:
    plain = _load(project)
    plain.config["CDN_DOMAIN"] = None
    with serve_app(plain, 0) as plain_address:
        shop = Shop(load_project(project), connection, Apps(app, address, plain, plain_address))
        with serve_app(create_page(Demonstration(shop), shop), 0) as page_address:
            yield page_address


def show(output: Output, project: Path, port: int, opens: bool) -> bool:
    """Serve the shop, and the page that shows what happens to its files, until Ctrl-C; return False, as nothing failed.

    :param opens: open the page in a browser, if there is one.
    """
    app, connection = _load(project), open_connection()
    with serve_app(app, port) as address, _serve_page(app, address, project, connection) as page:
        output.say(f"The sample app is at {click.style(address, bold=True)}; its static files come from the CDN.")
        output.say(f"What the CDN does is shown at {click.style(page, bold=True)}")
        output.say(f"The app's folder is {project}, for as long as this runs.")
        output.say(
            "Try next, on that page: change a file, deploy again, roll back. Or edit shop/static/css/site.css by hand."
        )
        if opens:
            browse(page)
        output.say("Ctrl-C ends it.")
        wait_for_end()
    output.say("Ended.")
    return False
