"""Verifies what a project has published, as viewers get it: gathers what is known of the project, then checks it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from ..aws.network import find_proxy, is_loopback
from ..aws.session import Connection
from ..config_file import read_own_file
from ..errors import CDNStackError
from ..release.deploy import DeployReport
from ..release.published_files import describe_files, describe_manifest, describe_release, read_published
from ..settings.model import Project
from ..verify.connections import Way
from ..verify.crawl import Crawler, fetch_with
from ..verify.model import Page, PublishedFile, Rules, Subject, VerifyReport
from ..verify.run import Progress, verify
from ..verify.viewer import Limits, Viewer
from .outputs import provisioned_values
from .site import Site


@dataclass(frozen=True)
class VerifyOptions:
    """Options of a verification.

    :param sample: number of files to check, the same ones each time; None for all.
    :param pages: URLs of pages to fetch, whose references are checked.
    :param limits: time limits of the requests.
    """

    sample: int | None = None
    pages: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)


def verify_site(
    site: Site,
    project: Project,
    options: VerifyOptions | None = None,
    read_pages: Callable[[], tuple[Page, ...]] = lambda: (),
    progress: Progress = lambda done, total: None,
    now: Callable[[], float] = time.time,
) -> VerifyReport:
    """Verify the published release as viewers get it; change nothing.

    :param site: where the project publishes.
    :param read_pages: returns further pages, such as those of the app, whose references are checked.
    :param progress: called with the number of checked files, and of all.
    :param now: returns epoch seconds.
    :raises CDNStackError: nothing is published, or the published files are not known.
    """
    options = options or VerifyOptions()
    subject = find_published(site, project)
    with Viewer(find_way(site.connection), options.limits) as viewer:
        pages = Crawler(fetch_with(viewer), follows=False).read(options.pages)
        subject = replace(subject, pages=(*read_pages(), *pages))
        return verify(subject, viewer, sample=options.sample, progress=progress, now=now)


def verify_deploy(
    site: Site, project: Project, report: DeployReport, progress: Progress = lambda done, total: None
) -> VerifyReport:
    """Verify the files that a deploy has uploaded.

    :param progress: as for :func:`verify_site`.
    """
    build = report.build
    objects = {item.key: item for item in build.objects}
    sent = {item.asset.key for item in report.uploads}

    def find_files(address: str) -> tuple[PublishedFile, ...]:
        files = describe_files(objects, build.manifest, site.naming, project.settings.assets, address)
        return tuple(file for file in files if file.key in sent)

    with Viewer(find_way(site.connection)) as viewer:
        return verify(find_subject(site, project, find_files), viewer, progress=progress)


def find_published(site: Site, project: Project) -> Subject:
    """Return what is known of a project's CDN, with the files of the published release.

    :raises CDNStackError: nothing is published, or the published files are not known.
    """
    return find_subject(site, project, lambda address: _find_files(site, project, address))


def find_subject(site: Site, project: Project, find_files: Callable[[str], tuple[PublishedFile, ...]]) -> Subject:
    """Return what is known of a project's CDN.

    :param find_files: returns the published files, given the beginning of their URLs.
    """
    connection, outputs, settings = site.connection, site.outputs, project.settings
    values = provisioned_values(connection, project, outputs)
    host, https = str(values.domain), bool(values.https)
    place = connection.place(outputs.bucket) if outputs.bucket else None
    subject = Subject(
        host,
        https,
        (),
        find_rules(project),
        is_local=connection.is_local or is_loopback(f"//{host}"),
        has_bucket=settings.has_bucket,
        bucket=place.url if place else "",
        prefix=f"{settings.assets.prefix}/" if settings.assets.prefix else "",
    )
    return replace(subject, files=find_files(subject.address))


def find_rules(project: Project) -> Rules:
    """Return how the CDN has to serve files according to the settings."""
    settings, delivery = project.settings, project.settings.delivery
    is_own = settings.target is None
    cors = delivery.cors
    return Rules(
        origins=() if cors is None else cors if isinstance(cors, tuple) else (cors,),
        is_own=is_own,
        sends_cors=is_own and delivery.response_headers_policy_id is None,
        compresses=delivery.compress,
        plain_http=delivery.viewer_protocol,
        tls_policy=delivery.tls_policy if is_own and delivery.own_name else None,
    )


def find_way(connection: Connection) -> Way:
    """Return how requests from this machine reach servers: by address, proxy and CA bundle."""
    return Way(
        connection.connect_address,
        partial(find_proxy, connection.environment),
        connection.ca_bundle("cloudfront"),
    )


def _find_files(site: Site, project: Project, address: str) -> tuple[PublishedFile, ...]:
    if project.settings.has_bucket:
        record = read_published(site.objects, site.start_run(takes_over=False))
        return describe_release(record, project.settings.assets, address)
    text = read_own_file(project.manifest_file)
    if text is None:
        raise CDNStackError(
            "Which files the app serves is not known: there is no manifest.",
            "Run `flask-cdn-stack deploy` first, with a manifest_file in the settings.",
        )
    return describe_manifest(text, site.naming, address)
