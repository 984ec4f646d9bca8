"""``config --explain``: explains an app's config, and writes a settings file from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from ..compat.explain import Explanation, explain_config
from ..compat.settings_file import carry_over
from ..config_file import write_new
from ..errors import RefusedError
from ..extension.peer_modules import PEER_MODULES, find_peer
from ..settings.load import FILE_NAME
from .app import AppPlace, find_given, load_app
from .call import Call

_HEADINGS = {
    "used": "Understood",
    "default": "Not set; the extension wrote its default",
    "ignored": "Without effect",
    "unknown": "Unknown",
}


class _Written(NamedTuple):
    """A settings file that was written, and the config values that it does not contain, by name with the reason."""

    file: Path
    left: dict[str, str]


def explain_app(call: Call, write: bool) -> None:
    """Load the app and say what its config means.

    :param write: write a settings file from it, if there is none yet.
    """
    if write and call.project.file is not None:
        raise RefusedError(
            f"{call.project.file} exists; it is left as it is.",
            "Move it away, or edit it by hand: the documentation names the new key for each setting.",
        )
    app = load_app(call.app_place)
    explanation = explain_config(app, [name for name in PEER_MODULES.values() if find_peer(name)])
    written = None
    if write and explanation.error is None:
        carried = carry_over(app, _name_app(call.app_place))
        written = _Written(call.project.folder / FILE_NAME, carried.left)
        write_new(written.file, carried.text)
    _show(call, explanation, written)
    if explanation.error is not None:
        raise explanation.error
    unwritten = "config explained" if call.project.file is None else "config compared"
    call.say_next("config carried over" if written else unwritten)


def _name_app(place: AppPlace) -> str | None:
    given = find_given()
    return given.app_import_path if given else place.import_path or os.environ.get("FLASK_APP")


def _show(call: Call, explanation: Explanation, written: _Written | None) -> None:
    found = {
        "reader": explanation.reader,
        "urls": explanation.urls,
        "settings": [finding._asdict() for finding in explanation.findings],
        "warnings": list(explanation.warnings),
    }
    call.output.json(found | ({"settings_file": str(written.file), "left_out": written.left} if written else {}))
    if not call.output.as_json:
        call.output.data(_render(explanation))
    for warning in explanation.warnings:
        call.output.warn(warning)
    if written:
        call.output.say(f"Wrote {written.file}.")
        for name, reason in written.left.items():
            call.output.say(f"Not in it: {name}. {reason}")


def _render(explanation: Explanation) -> str:
    lines = [f"Set up: {explanation.reader or 'nothing'}", f"URLs:   {explanation.urls}"]
    for state, heading in _HEADINGS.items():
        findings = [finding for finding in explanation.findings if finding.state == state]
        if findings:
            lines += ["", heading, "-" * len(heading)]
        for finding in findings:
            lines += [f"{finding.key} = {finding.value}", f"    {finding.meaning}"]
    return "\n".join(lines)
