"""Messages lead to their entries: the table of words, the page and the package hold each other."""

from __future__ import annotations

import ast
import pickle
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import flask
import pytest

from flask_cdn_stack import CDN
from flask_cdn_stack.errors import AWSError, StackFailedError
from flask_cdn_stack.troubleshooting import DOCUMENTATION, ENTRIES, PAGES, find_entry
from tests.conftest import ROOT

PACKAGE = ROOT / "flask_cdn_stack"

#: What only a browser shows.
UNSEEN = {"trouble-double"}

ALIAS = "The stack shop failed. First cause:\n  Distribution: Access denied. (CNAMEAlreadyExists)"
IN_USE = "The stack shop failed. First cause:\n  Policy: InUse"


def page_of(label: str) -> str:
    """Return an entry's address."""
    return f"{PAGES}how-to/troubleshooting.html#{label}"


def read_said() -> Iterator[str]:
    """Return every text of the package's code, with three dots where a value is written into it."""
    for file in sorted(PACKAGE.rglob("*.py")):
        if file == PACKAGE / "troubleshooting.py":
            continue
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(str(part.value) if isinstance(part, ast.Constant) else "..." for part in node.values)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_words_are_said_and_lead_to_their_entry() -> None:
    """Each is in a message of the package, or a sign of AWS's; no other entry is in its way."""
    said = "\n".join(text.replace("\n", " ") for text in read_said())
    words = [(label, part) for label, parts in ENTRIES.items() for part in parts]

    assert [it for _, it in words if not re.search(".*".join(map(re.escape, it.split("..."))), said)] == []
    assert [(label, it) for label, it in words if find_entry(f"x {it.replace('...', ' y ')} z") != label] == []


def test_every_entry_of_the_page_is_reached() -> None:
    """By a message, but for what nobody but a browser sees."""
    page = (ROOT / "docs/how-to/troubleshooting.rst").read_text("utf-8")

    assert set(re.findall(r"(?m)^\.\. _(trouble-[\w-]+):", page)) == {*ENTRIES, *UNSEEN}


def test_the_documentation_has_one_address() -> None:
    """The package and its metadata name the same."""
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]

    assert urls["Documentation"] == DOCUMENTATION


@pytest.mark.parametrize(
    ("error", "address"),
    [
        (StackFailedError(ALIAS, remedy_code="alias-in-use"), page_of("trouble-alias")),
        (StackFailedError(IN_USE, remedy_code="still-in-use"), f"{PAGES}reference/failures.html#still-in-use"),
        (StackFailedError(IN_USE), page_of("trouble-stack")),
        (StackFailedError("The change was not made."), ""),
        (AWSError("AWS denied s3:PutObject.", "Allow it."), page_of("trouble-denied")),
        (AWSError("Nobody knows.", "Is the port taken? Port 1 cannot be used."), ""),
    ],
)
def test_errors_lead_to_their_entry(error: AWSError, address: str) -> None:
    """By what they say, and not by what they advise: the nearest of what is known; in another process, too."""
    assert (error.see, pickle.loads(pickle.dumps(error)).see) == (address, address)
    assert str(error) == "\n".join(filter(None, [error.message, error.hint, address and f"See {address}"]))


def test_wrong_calls_of_the_extension_lead_to_theirs() -> None:
    """By a note of the exception, which tracebacks show."""
    app = flask.Flask("shop")
    CDN(app)

    with pytest.raises(RuntimeError, match="has a CDN already") as caught:
        CDN(app)

    assert caught.value.__notes__ == [f"See {page_of('trouble-twice-registered')}"]


def test_the_first_missing_file_leads_to_its_entry(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """In the log; the others' lines are as short as they can be."""
    (tmp_path / "m.txt").write_text("# flask-cdn-stack manifest\naaaaaaaa  static/a.js\n")
    app = flask.Flask("shop", root_path=str(tmp_path))
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt")
    CDN(app)
    with app.test_request_context():
        for name in ("b.js", "c.js"):
            flask.render_template_string("{{ url_for('static', filename=name) }}", name=name)

    first, second = caplog.messages
    assert (
        first == f"/static/b.js is not in the manifest; its URL stays the app's own. See {page_of('trouble-own-url')}"
    )
    assert second == "/static/c.js is not in the manifest; its URL stays the app's own."


def test_a_manifest_that_is_not_there_leads_to_its_entry(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Once."""
    app = flask.Flask("shop", root_path=str(tmp_path))
    app.config.update(CDN_DOMAIN="cdn.example.net", CDN_MANIFEST=True, CDN_MANIFEST_URL="m.txt")
    CDN(app)
    with app.test_request_context():
        flask.render_template_string("{{ url_for('static', filename='a.js') }}")

    [message] = caplog.messages
    assert message.endswith(f" See {page_of('trouble-manifest')}")
