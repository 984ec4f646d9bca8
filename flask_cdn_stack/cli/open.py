"""``open``: open a published file, or the stack's page in the console, in a browser."""

from __future__ import annotations

from typing import Any

import click

from ..checks.settings import require_stack
from ..stack.pages import find_published_file, find_stack_page
from .call import Call
from .group import Command
from .options import aws_options, output_options, settings_options
from .site import open_site


@click.command("open", cls=Command)
@click.option("--console", is_flag=True, help="The stack's page in CloudFormation's console instead.")
@click.option("--print", "prints", is_flag=True, help="Print the address, and open nothing.")
@settings_options
@aws_options
@output_options
def open(console: bool, prints: bool, **options: Any) -> None:
    """Open a published file as the CDN serves it.

    Chooses a page or a picture if one is published, because the root of the CDN shows nothing. Prints the address if
    there is no browser.

    \b
    flask-cdn-stack open
    flask-cdn-stack open --console --print
    """
    call = Call(options)
    address = _stack_address(call) if console else _file_address(call)
    if prints or not call.surroundings.browse(address):
        call.output.data(address)
    else:
        call.output.say(f"Opened {address}.")
    call.say_next("open")


def _stack_address(call: Call) -> str:
    require_stack(call.project.settings)
    return find_stack_page(call.connection, call.project)


def _file_address(call: Call) -> str:
    site = open_site(call)
    path = find_published_file(site, call.project)
    host, is_https = call.connection.viewer_address(site.domain)
    return f"{'https' if is_https else 'http'}://{host}/{path}"
