"""``.. drawing:: NAME`` puts a drawing into the page, where it has the page's colours by day and by night."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from scenes import draw_modes, draw_path, draw_resources
from sequences import draw_deploy, draw_request
from sheet import Sheet
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

DRAWINGS: dict[str, Callable[[], Sheet]] = {
    "deploy": draw_deploy,
    "modes": draw_modes,
    "path": draw_path,
    "request": draw_request,
    "resources": draw_resources,
}

#: The one that the README shows, which no program draws for its reader.
README_DRAWING = Path(__file__).parents[1] / "pictures" / "drawn" / "path.svg"


class DrawingDirective(SphinxDirective):
    """A drawing by its name; ``:alt:`` has the words for those who do not see it."""

    required_arguments = 1
    option_spec = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the nodes."""
        name, words = self.arguments[0], self.options.get("alt", "")
        if name not in DRAWINGS or not words:
            raise self.error(f"A drawing needs :alt:, and is one of {', '.join(DRAWINGS)}.")
        return [nodes.raw("", DRAWINGS[name]().to_figure(words), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("drawing", DrawingDirective)
    return {"parallel_read_safe": True}
