"""Opens pages in the user's browser."""

from __future__ import annotations

import os
import sys


def has_browser() -> bool:
    """Return whether there is a graphical browser; a text browser would take over the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def browse(address: str) -> bool:
    """Open a URL in the browser; return whether that was possible."""
    if not has_browser():
        return False
    import webbrowser  # imported late, because it is slow and most commands open nothing

    return webbrowser.open(address)
