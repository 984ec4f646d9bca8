"""A lock that makes a fork wait for imports in other threads.

A module that another thread was importing at a fork stays incomplete in the child process, and an import of it there
waits for ever, because Python does not reset its module locks. So late imports, in a thread or while others run, are
made with :data:`loading` held.
"""

from __future__ import annotations

import os
from threading import RLock

#: Held while modules are imported.
loading = RLock()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=loading.acquire, after_in_parent=loading.release, after_in_child=loading.release)
