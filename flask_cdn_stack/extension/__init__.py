"""The Flask extension: ``url_for`` gives the CDN's URLs for static files. Loads Flask and the standard library."""

from __future__ import annotations

from .cdn import CDN, url_for

__all__ = ["CDN", "url_for"]
