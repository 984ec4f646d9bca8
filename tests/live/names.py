"""How what the suite makes is known again: one beginning of every name, and one tag."""

from __future__ import annotations

import re
import secrets

#: How every name begins that the suite gives.
PREFIX = "fcs-live-"

#: The key of the tag that everything carries that can carry one; its value is the run.
TAG = "flask-cdn-stack-live"

#: Where AWS has what belongs to CloudFront and lies in a region: certificates and web ACLs.
GLOBAL_REGION = "us-east-1"

_NAME = re.compile(rf"{PREFIX}[0-9a-f]{{8}}[-.]")


def new_run() -> str:
    """Return what tells one run of the suite from another."""
    return secrets.token_hex(4)


def is_ours(name: str) -> bool:
    """Say whether the suite gave a name, or CloudFormation made it from one that it gave."""
    return _NAME.match(name) is not None


def is_tagged(tags: dict[str, str], name: str) -> bool:
    """Say whether a thing carries the suite's tag, with the run that its name has."""
    run = tags.get(TAG)
    return bool(run) and name.startswith((f"{PREFIX}{run}-", f"{PREFIX}{run}."))
