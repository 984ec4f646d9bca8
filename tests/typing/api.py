"""What type checkers see of the public API: mypy and pyright read this file, and nobody runs it."""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

from flask import Flask

import flask_cdn_stack
from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.assets.fingerprint import AssetObject
from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.compat.create_all import create_all
from flask_cdn_stack.compat.flask_cdn import CDN as PeerCDN
from flask_cdn_stack.compat.flask_s3 import FlaskS3
from flask_cdn_stack.errors import CDNStackError, RefusedError
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.release.deploy import DeployOptions, DeployReport, collect_files, deploy, only_look
from flask_cdn_stack.release.prune import prune
from flask_cdn_stack.release.rollback import RollbackReport, rollback
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.settings.model import Project, Settings
from flask_cdn_stack.stack.provision import ProvisionReport, provision
from flask_cdn_stack.stack.site import Site


def use_the_extension(app: Flask) -> None:
    """As an app does, in each of the ways that there are."""
    cdn = CDN(app)
    late = CDN()
    late.init_app(app)
    assert_type(cdn, CDN)
    assert_type(url_for("static", filename="app.css"), str)
    assert_type(url_for("static", filename="app.css", _external=True, _scheme="https", _anchor="a"), str)
    assert_type(CDN.csp_source(app), str)
    CDN.reload(app)


def use_the_peers_names(app: Flask) -> None:
    """As an app does that came from another package."""
    assert_type(PeerCDN(app), PeerCDN)
    assert_type(FlaskS3(app), FlaskS3)
    create_all(app, bucket_name="shop")


def drive_the_library(folder: Path, app: Flask) -> Settings:
    """As the page on Python does."""
    project = load_project(folder)
    assert_type(project, Project)
    assert_type(render_template(project.settings), str)
    connection = open_connection(project.settings.session_region)
    assert_type(connection, Connection)
    assert_type(provision(connection, project), ProvisionReport)
    report = deploy(Site(project), lambda: collect_files(app, project), DeployOptions(delete=True), reader=only_look)
    assert_type(report, DeployReport)
    assert_type(report.release, str | None)
    assert_type(report.changes, bool)
    for upload in report.uploads:
        assert_type(upload.asset, AssetObject)
    assert_type(rollback(Site(project)), RollbackReport)
    assert_type(prune(Site(project)).kept, tuple[str, ...])
    return project.settings


def say_what_is_wrong(folder: Path) -> str:
    """As a program does that shows errors in its own way."""
    try:
        load_project(folder)
    except RefusedError as error:
        assert_type(error.exit_code, int)
    except CDNStackError as error:
        assert_type(error.hint, str)
        return error.message
    assert_type(flask_cdn_stack.CDN, type[CDN])
    return ""
