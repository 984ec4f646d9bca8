"""A panel for Flask-DebugToolbar: each URL that a request builds, and why it is the CDN's or the app's own."""

from __future__ import annotations

from flask_debugtoolbar.panels import DebugPanel
from markupsafe import Markup
from werkzeug import Request, Response

from .extension.recording import BuiltURL, begin_recording, end_recording
from .quantities import count

_TABLE = Markup(
    "<table><thead><tr><th>Endpoint</th><th>Values</th><th>URL</th><th>Whose</th><th>Why</th></tr></thead>"
    "<tbody>{}</tbody></table>"
)
_ROW = Markup('<tr class="{}"><td>{}</td><td>{}</td><td><a href="{}">{}</a></td><td>{}</td><td>{}</td></tr>')


class CDNPanel(DebugPanel):
    """Add ``flask_cdn_stack.debug_panel.CDNPanel`` to ``DEBUG_TB_PANELS``."""

    name = "CDN"
    has_content = True
    built: tuple[BuiltURL, ...] = ()

    def nav_title(self) -> str:
        """Return the name in the toolbar."""
        return "CDN"

    def nav_subtitle(self) -> str:
        """Return how many URLs are the CDN's."""
        return f"{sum(item.is_cdn for item in self.built)} of {count(len(self.built), 'URL')}"

    def title(self) -> str:
        """Return the heading."""
        return "URLs of this request"

    def url(self) -> str:
        """Return an empty text: the panel has no page of its own."""
        return ""

    def process_request(self, request: Request) -> None:
        """Begin to record the URLs that the request builds."""
        begin_recording()

    def process_response(self, request: Request, response: Response) -> None:
        """Keep the recorded URLs for the panel."""
        self.built = tuple(end_recording())

    def content(self) -> str:
        """Return an HTML table with a row for each URL."""
        rows = Markup("").join(
            _ROW.format(
                "flDebugOdd" if number % 2 else "flDebugEven",
                item.endpoint,
                ", ".join(f"{name}={value!r}" for name, value in item.values.items()),
                item.url,
                item.url,
                "the CDN's" if item.is_cdn else "the app's",
                item.reason,
            )
            for number, item in enumerate({(item.endpoint, item.url): item for item in self.built}.values())
        )
        return _TABLE.format(rows)
