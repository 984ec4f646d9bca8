"""An app deployed to a local AWS, with assertions about its pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ..aws.session import Connection, open_connection
from ..extension.cdn import CDN, find_urls
from ..naming import asset_key, compile_globs
from ..release.deploy import collect_files, deploy
from ..settings.model import Project, Settings
from ..stack.outputs import provisioned_values
from ..stack.provision import provision
from ..stack.site import Site
from ..stack.verification import find_published
from ..verify import Answer, fetch
from ..verify.app_pages import read_app_pages
from ..verify.model import Page, Subject
from ..verify.references import is_other_version, list_references

if TYPE_CHECKING:
    from flask import Flask

# Credentials that a local AWS accepts. The user's own are never used.
_KEY = ("test", "test")


class Problem(NamedTuple):
    """A wrong URL in a page, and what is wrong with it."""

    page: str
    url: str
    problem: str


@dataclass(frozen=True)
class DeployedApp:
    """An app whose files are published.

    :param subject: the CDN, as viewers reach it, with its files.
    :param local: globs of files that stay with the app.
    """

    app: Flask
    connection: Connection
    subject: Subject
    local: tuple[str, ...]

    @property
    def urls(self) -> tuple[str, ...]:
        """The published URLs."""
        return tuple(file.url for file in self.subject.files)

    def get(self, url: str) -> Answer:
        """Fetch a URL through the local CDN.

        :raises UnreachableError: no server answers.
        """
        return fetch(url, self.connection.connect_address)

    def assert_published(self, *paths: str) -> None:
        """Assert that these pages, and the app's pages they link to, name files only by published URLs.

        :param paths: the pages' paths, with a leading slash each.
        :raises AssertionError: a page cannot be read, names a CDN URL that is not published, or the app's own URL of a
            published file; or no page names a published URL at all.
        """
        if problems := self.find_problems(*paths):
            lines = (f"{item.page}\n    {item.url}: {item.problem}" for item in problems)
            raise AssertionError("Pages name what is not published:\n" + "\n".join(lines))

    def find_problems(self, *paths: str) -> tuple[Problem, ...]:
        """Return the wrong URLs, for which :meth:`assert_published` fails."""
        pages = read_app_pages(self.app, paths)
        named = list_references(replace(self.subject, pages=pages))
        found = [*self._judge_pages(pages), *self._judge_own(pages)]
        files = {file.key: file for file in self.subject.files}
        for url, page in named:
            file = files.get(asset_key(urlsplit(url).path))
            if file is None:
                found.append(Problem(page, url, "is not published"))
            elif is_other_version(url, file):
                found.append(Problem(page, url, "has another checksum than what is published"))
        if not named and not found:
            found.append(Problem(", ".join(paths), self.subject.address, "no page names a URL of the CDN"))
        return tuple(found)

    def _judge_pages(self, pages: tuple[Page, ...]) -> Iterator[Problem]:
        for page in pages:
            if page.problem:
                yield Problem(page.url, page.url, page.problem)
            yield from (Problem(page.url, url, reason) for url, reason in page.broken)

    def _judge_own(self, pages: tuple[Page, ...]) -> Iterator[Problem]:
        stays, published = compile_globs(self.local), {file.key for file in self.subject.files}
        for page in pages:
            for url in page.references:
                parts = urlsplit(url)
                key = asset_key(parts.path)
                if parts.netloc == urlsplit(page.url).netloc and key in published and not stays(key):
                    yield Problem(page.url, url, "is the app's own URL of a published file; url_for gives the CDN's")


class LocalStack:
    """A stack in a local AWS. It uses the settings ``assets`` and ``query_strings``, and ignores the rest.

    :param endpoint_url: the URL of the local AWS.
    """

    def __init__(self, endpoint_url: str, project: Project) -> None:
        self._project = project.replace(
            settings=_keep_naming(project.settings),
            stack="pytest-cdn",
            stack_named=True,
        )
        self._connection = open_connection(endpoint_url=endpoint_url, access_key=_KEY)
        provision(self._connection, self._project)

    @contextmanager
    def deployed(self, app: Flask) -> Iterator[DeployedApp]:
        """Deploy an app; until the block ends, its URLs are the CDN's.

        :raises RuntimeError: the app has no ``CDN`` extension.
        :raises CDNStackError: its files cannot be published.
        """
        site, states = Site(self._project, lambda: self._connection), find_urls(app).states
        config, state = dict(app.config), states.current
        with TemporaryDirectory(prefix="flask-cdn-stack-") as folder:
            manifest = Path(folder) / "cdn_manifest.txt"
            deploy(site, lambda: collect_files(app, self._project), write_manifest=manifest.write_text)
            values = provisioned_values(self._connection, self._project, site.outputs)
            app.config.update(values._replace(manifest=str(manifest)).literals() | {"CDN_DEBUG": False})
            CDN.reload(app)
            try:
                yield DeployedApp(app, self._connection, find_published(site, self._project), values.local_names)
            finally:
                app.config.clear()
                app.config.update(config)
                # Not reload(): the manifest that the app's own config names may not exist.
                states.current = state


def _keep_naming(settings: Settings) -> Settings:
    return Settings(
        query_strings=None if settings.origin == "app" else settings.query_strings,
        assets=settings.assets,
        unsafe_query_strings=settings.unsafe_query_strings,
        config_file=None,
        manifest_file=None,
    )
