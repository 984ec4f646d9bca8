"""Checks every built template, whatever the settings: who has access to what, and AWS's limits.

The settings are checked before (:mod:`flask_cdn_stack.checks`), so a mistake found here is this package's own. Rules
that no value of the user's can break are checked by the tests instead (``tests/audit``).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Any

from ..errors import CDNStackError
from .access import find_access_mistakes
from .bucket import find_bucket_mistakes
from .serving import find_serving_mistakes
from .sizes import find_size_mistakes

# The order only decides which mistake the message names: those of a single resource come first.
_LAWS = (find_bucket_mistakes, find_access_mistakes, find_serving_mistakes, find_size_mistakes)


def check_template(template: Mapping[str, Any]) -> None:
    """Refuse a template that gives too wide access, or that exceeds AWS's limits.

    :param template: as plain values, with the long forms of CloudFormation's functions.
    :raises CDNStackError: for the first mistake.
    """
    for mistake in chain.from_iterable(find(template) for find in _LAWS):
        raise CDNStackError(
            f"The template that was made from the settings is wrong: {mistake}.",
            "This is a mistake of flask-cdn-stack, not yours; please report it together with your settings file.",
        )
