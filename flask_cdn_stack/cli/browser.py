"""Opening a page in the user's browser."""

from __future__ import annotations

import os
import sys


def has_browser() -> bool:
    """Say whether there is a browser with a window: elsewhere, a text browser would take over the terminal."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def browse(address: str) -> bool:
    """Open an address, and say whether anything took it."""
    if not has_browser():
        return False
    import webbrowser  # takes longer than most of what commands that open nothing do with this

    return webbrowser.open(address)
