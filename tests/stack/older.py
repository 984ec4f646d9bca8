"""Templates as an earlier version made them, with the logical ids that it gave."""

from __future__ import annotations

from flask_cdn_stack.infrastructure.dns import name_record
from flask_cdn_stack.infrastructure.logs import LOG_BUCKETS
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.model import Settings


def render_older(settings: Settings) -> str:
    """Return the template with DNS records by their number, and one id for the log bucket of either version."""
    text = render_template(settings).replace(LOG_BUCKETS["v1"], "LogBucket")
    for number, alias in enumerate(settings.delivery.aliases):
        for kind in ("A", "AAAA"):
            text = text.replace(name_record(kind, alias), f"Record{kind}{number}")
    return text
