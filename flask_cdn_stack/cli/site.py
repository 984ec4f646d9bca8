"""Opens the place where a project publishes, for the commands."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from ..stack.outputs import Outputs
from ..stack.site import Site
from .call import Call


def open_site(call: Call, is_offline: bool = False, outputs: Outputs | None = None) -> Site:
    """Return the place where the call's project publishes; makes no request to AWS yet."""
    return Site(call.project, lambda: call.connection, call.output.say, is_offline, outputs, os.environ)


def costs(call: Call, site: Site) -> dict[str, Any]:
    """Return the last keys of a JSON report: the requests to S3 and CloudFront, and the seconds of the call."""
    return costs_of(call, site.requests)


def costs_of(call: Call, requests: Mapping[str, int]) -> dict[str, Any]:
    """Return the same keys for given numbers of requests by operation."""
    return {"requests": dict(requests), "seconds": round(time.monotonic() - call.began, 3)}
