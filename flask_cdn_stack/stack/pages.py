"""Finds the pages that ``open`` opens: a published file on the CDN, and the stack in the AWS console."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from ..assets.media_types import media_type
from ..aws.cloudformation import CloudFormation
from ..aws.session import Connection
from ..config_file import read_own_file
from ..errors import RefusedError, StackNotFoundError
from ..manifest import parse_manifest
from ..release.ownership import read_own
from ..release.records import read_release
from ..settings.model import Project
from .console import stack_page
from .outputs import provision_first
from .site import Site

# Media types that browsers display, the best first; other files come last.
_SHOWN = ("text/html", "image/", "text/css", "text/javascript", "text/")


def find_published_file(site: Site, project: Project) -> str:
    """Return the URL path of a published file that a browser can show: a page or an image if possible.

    The CDN serves nothing at its root. With ``origin: app`` the files are those of the local manifest.

    :raises RefusedError: nothing is published.
    """
    keys = _published_keys(site) if site.has_bucket else _keys_of_manifest(project)
    if not keys:
        raise RefusedError(
            "Nothing is published yet, and the root of the CDN shows nothing.", "Run `flask-cdn-stack deploy` first."
        )
    return quote(min(keys, key=_rank))


def find_stack_page(connection: Connection, project: Project) -> str:
    """Return the URL of the stack's page in the CloudFormation console, whatever state the stack is in.

    :raises StackNotFoundError: there is no stack.
    :raises RefusedError: the endpoint is not AWS, or the partition has no public console.
    """
    endpoint = connection.endpoint("cloudformation")
    stack = CloudFormation(connection).describe_stack(project.stack) if endpoint is None else None
    if endpoint is None and stack is None:
        raise StackNotFoundError(
            f"There is no stack {project.stack} in {connection.region}.",
            f"{provision_first(project)} One that exists is elsewhere: check --region, --profile and --stage.",
        )
    page = stack_page(stack.id) if stack else None
    if page is None:
        raise RefusedError(
            f"No console shows the stacks of {endpoint or f'the region {connection.region}'}.",
            "`flask-cdn-stack status` shows the stack here.",
        )
    return page


def _published_keys(site: Site) -> Iterable[str]:
    release = read_own(site.objects, site.start_run(takes_over=False)).state.release
    record = read_release(site.objects, release) if release else None
    return record.objects if record else ()


def _keys_of_manifest(project: Project) -> Iterable[str]:
    text = read_own_file(project.manifest_file)
    return parse_manifest(text) if text else ()


def _rank(key: str) -> tuple[int, int, str]:
    kind = media_type(key)
    place = next((number for number, start in enumerate(_SHOWN) if kind.startswith(start)), len(_SHOWN))
    return place, len(key), key
