"""The place of a project in AWS, as the commands open it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ..stack.outputs import Outputs
from ..stack.site import Site
from .call import Call


def open_site(call: Call, is_offline: bool = False, outputs: Outputs | None = None) -> Site:
    """Return where a call's project publishes; nothing is asked of AWS before it is needed."""
    return Site(call.project, lambda: call.connection, call.output.say, is_offline, outputs, os.environ)


def costs(call: Call, site: Site) -> dict[str, Any]:
    """Return the last keys of a report: what was asked of S3 and CloudFront, and how long it took."""
    return costs_of(call, site.requests)


def costs_of(call: Call, requests: Mapping[str, int]) -> dict[str, Any]:
    """Return them for requests by name."""
    return {"requests": dict(requests), "seconds": round(time.monotonic() - call.began, 3)}
