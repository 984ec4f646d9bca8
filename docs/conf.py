"""Sphinx configuration. Builds with ``sphinx-build -W --keep-going -n docs docs/_build/html`` and no network."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "flask-cdn-stack"
author = "the flask-cdn-stack contributors"
copyright = "the flask-cdn-stack contributors"
release = version = installed_version("flask-cdn-stack")

extensions = [
    "sphinx.ext.autodoc",
    *("drawings", "failure_table", "generated_reference", "house", "peer_pages", "quota_tables", "speed_chart"),
    "stack_resources",
]
exclude_patterns = ["_build"]
highlight_language = "none"
# Two hyphens begin an option.
smartquotes = False
nitpicky = True
# Types of other projects, which have pages of their own that this build does not fetch.
nitpick_ignore_regex = [
    ("py:.*", r"(boto3|botocore|collections|contextlib|datetime|flask|pathlib|werkzeug)\..*"),
    ("py:class", r"(Callable|Credentials|Flask|Map|MapAdapter|T|datetime|dict|tuple)(\[.*)?"),
    # What a public name is made of, and is internal.
    ("py:class", r"flask_cdn_stack\.(aws|release|stack)\..*|Files"),
]

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_default_options = {"members": True}

html_theme = "furo"
html_title = f"flask-cdn-stack {release}"
html_show_copyright = False
html_copy_source = False


def setup(app: Any) -> None:
    app.connect("autodoc-skip-member", _skip_field)


def _skip_field(app: object, what: str, name: str, member: object, skip: bool, options: object) -> bool | None:
    # A named tuple's fields stand in its signature, and have no words of their own.
    return True if type(member).__name__ == "_tuplegetter" else None
