"""A pytest plugin: a local AWS, an app deployed to it, and the question whether its pages name what was published.

Name it in the top ``conftest.py``: ``pytest_plugins = ["flask_cdn_stack.testing"]``. Loading it costs nothing; what a
fixture needs is imported when a test asks for it. It needs the extra ``local``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, TypeAlias

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from ..local.launcher import LocalAWS
    from ..settings.model import Project
    from .deployed import DeployedApp, LocalStack

#: Deploys an app, and returns what was deployed.
Deploy: TypeAlias = "Callable[[Flask], DeployedApp]"


@pytest.fixture(scope="session")
def cdn_aws() -> Iterator[LocalAWS]:
    """A local AWS with an edge, for the session. Its ``endpoint_url`` and ``environment`` lead clients to it."""
    from ..local.cloud import LocalCloud

    with LocalCloud(environment=os.environ) as aws:
        yield aws


@pytest.fixture(scope="session")
def cdn_project(pytestconfig: pytest.Config) -> Project:
    """The settings: ``flask-cdn-stack.yml``, sought from pytest's root folder upwards. Replace it to choose a stage."""
    from ..settings.load import load_project

    return load_project(pytestconfig.rootpath)


@pytest.fixture(scope="session")
def cdn_stack(cdn_aws: LocalAWS, cdn_project: Project) -> LocalStack:
    """A bucket and a distribution in the local AWS, with how the settings name and publish files."""
    from .deployed import LocalStack

    return LocalStack(cdn_aws.endpoint_url, cdn_project)


@pytest.fixture
def cdn_deploy(cdn_stack: LocalStack) -> Iterator[Deploy]:
    """Deploys an app that is given to it. Until the test ends, the app's URLs are those of the local CDN."""
    with ExitStack() as deployed:
        yield lambda app: deployed.enter_context(cdn_stack.deployed(app))


@pytest.fixture
def deployed_app(app: Flask, cdn_deploy: Deploy) -> DeployedApp:
    """The app of the suite's own fixture ``app``, deployed."""
    return cdn_deploy(app)
