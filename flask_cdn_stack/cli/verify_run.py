"""Runs a verification from the command line, and writes its report."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from ..errors import LocalFileError, way_out
from ..release.deploy import DeployReport
from ..stack.site import Site
from ..stack.verification import VerifyOptions, verify_deploy, verify_site
from ..verify.junit import render_junit
from ..verify.model import VerifyReport
from .app_process import LoadedApp
from .app_questions import find_pages
from .call import Call
from .site import costs, open_site
from .verify_progress import VerifyProgress
from .verify_view import report_json, show_report


def run_verify(app: LoadedApp | None, paths: tuple[str, ...], urls: tuple[str, ...], options: dict[str, Any]) -> bool:
    """Verify what a project has published, show the findings, and return whether there are none.

    :param app: the process in which the app is loaded; None if none of its pages is to be checked.
    :param paths: URL paths of pages of the app.
    :param urls: URLs of further pages, which are fetched.
    """
    call = Call(options)
    if app is not None:
        app.ask(call.app_place, find_pages, paths)
    site = open_site(call)
    with VerifyProgress(call.output) as progress:
        report = verify_site(
            site,
            call.project,
            VerifyOptions(options["sample"], urls),
            app.answer if app is not None else lambda: (),
            progress.move,
            call.surroundings.clock,
        )
    if options["junit"]:
        _write(options["junit"], render_junit(report, time.monotonic() - call.began))
    if not call.output.as_json:
        show_report(call.output, report)
    call.output.json({**report_json(report), **costs(call, site)})
    call.say_next("verify failed" if report.failed else "verify")
    return not report.failed


def run_verify_deploy(call: Call, site: Site, deployed: DeployReport) -> dict[str, Any]:
    """Verify the files that a deploy has uploaded, show the findings, and return them as ``--json`` prints them."""
    if not deployed.uploads:
        call.output.say(
            "Nothing was uploaded, so there is nothing to verify; `flask-cdn-stack verify` checks everything."
        )
        return report_json(VerifyReport((), (), ()))
    if deployed.invalidation.paths and not site.asks_cdn:
        call.output.warn("The CDN may serve replaced files, which verify then reports, until its copies expire.")
    with VerifyProgress(call.output) as progress:
        report = verify_deploy(site, call.project, deployed, progress.move)
    if not call.output.as_json:
        show_report(call.output, report)
    return report_json(report)


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise LocalFileError(
            f"{file} cannot be written: {error.strerror}.", way_out(error, "Name a file in a folder that is there.")
        ) from error
