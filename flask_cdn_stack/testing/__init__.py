"""A pytest plugin: deploys your app to a local AWS, and checks that its pages name published URLs.

Name it in the top ``conftest.py``: ``pytest_plugins = ["flask_cdn_stack.testing"]``. It needs the extra ``local``. What
a fixture needs is imported when a test uses it.
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

#: The type of ``cdn_deploy``: deploys an app, and returns it as deployed.
Deploy: TypeAlias = "Callable[[Flask], DeployedApp]"


@pytest.fixture(scope="session")
def cdn_aws() -> Iterator[LocalAWS]:
    """A local AWS with an edge, for the session. Clients reach it with its ``endpoint_url`` and ``environment``."""
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
    """A bucket and a distribution in the local AWS, with the settings' rules for names and headers of files."""
    from .deployed import LocalStack

    return LocalStack(cdn_aws.endpoint_url, cdn_project)


@pytest.fixture
def cdn_deploy(cdn_stack: LocalStack) -> Iterator[Deploy]:
    """A function that deploys an app. Until the test ends, the app's URLs are those of the local CDN."""
    with ExitStack() as deployed:
        yield lambda app: deployed.enter_context(cdn_stack.deployed(app))


@pytest.fixture
def deployed_app(app: Flask, cdn_deploy: Deploy) -> DeployedApp:
    """The app of your own fixture ``app``, deployed."""
    return cdn_deploy(app)
