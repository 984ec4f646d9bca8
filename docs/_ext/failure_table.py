"""``.. failure-remedies::`` lists the known reasons for failures, from the program's own table.

``.. verify-faults::`` lists what ``verify`` may find, from its table; ``.. trouble-words::`` the words of messages, and
the entries on them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from quota_tables import mark
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from flask_cdn_stack.checks.failure_remedies import REMEDIES, Remedy
from flask_cdn_stack.troubleshooting import ENTRIES
from flask_cdn_stack.verify.faults import FAULTS

# A placeholder for the words of one finding.
_WORD = re.compile(r"{(.*?)}")


class FailureRemedies(SphinxDirective):
    """Every reason that has a row, in the order in which the rows are searched."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        return self.parse_text_to_nodes("\n".join(_lines()))


class VerifyFaults(SphinxDirective):
    """Every fault, in the order of the checks."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        return self.parse_text_to_nodes("\n".join(_fault_lines()))


class TroubleWords(SphinxDirective):
    """Every entry of the page, in the order in which a message's entry is searched for."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        return self.parse_text_to_nodes("\n".join(_word_lines()))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("failure-remedies", FailureRemedies)
    app.add_directive("verify-faults", VerifyFaults)
    app.add_directive("trouble-words", TroubleWords)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _lines() -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 20 20 60", "")
    yield from ("   * - What is wrong", "     - Resource", "     - What to do")
    for remedy in REMEDIES:
        # A place to link to, such as #alias-in-use.
        yield f"   * - _`{remedy.code.replace('-', ' ').capitalize()}`"
        yield f"     - {_types(remedy)}"
        yield f"     - {mark(remedy.text.format(action='the action'))} (`AWS <{remedy.url}>`__)"


def _fault_lines() -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 12 38 50", "")
    yield from ("   * - Check", "     - What is wrong", "     - What to do")
    for fault in FAULTS:
        yield f"   * - ``{fault.check}``"
        yield "     - " + _WORD.sub(r"*\1*", fault.problem)
        yield f"     - {mark(fault.remedy)}"


def _word_lines() -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 62 38", "")
    yield from ("   * - Message", "     - Entry")
    for label, words in ENTRIES.items():
        yield "   * - " + ", ".join(f"``{part}``" for part in words)
        yield f"     - :ref:`{label}`"


def _types(remedy: Remedy) -> str:
    return ", ".join(kind.removeprefix("AWS::") for kind in remedy.kinds) or "any"
