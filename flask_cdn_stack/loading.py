"""Imports that a fork waits for.

A module that another thread was importing at a fork is never complete in the new process, and whoever imports it there
waits for ever: Python renews none of its locks of modules. What is imported late, in a thread or beside one, is
imported with :data:`loading`.
"""

from __future__ import annotations

import os
from threading import RLock

#: Held while modules are imported.
loading = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release)
