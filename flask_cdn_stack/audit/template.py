"""What must hold for every template that is built, whatever the settings say: who reaches what, and what fits.

The settings are checked before (:mod:`flask_cdn_stack.checks`); what is found here is a mistake of this package's own.
Laws that no value of a user's can break are a matter of the tests (``tests/audit``).
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

# The order matters to the reader of the message alone: what a resource lacks by itself comes first.
_LAWS = (find_bucket_mistakes, find_access_mistakes, find_serving_mistakes, find_size_mistakes)


def check_template(template: Mapping[str, Any]) -> None:
    """Refuse a template by which somebody would reach what is not for them, or that has more than AWS takes.

    :param template: as a value, with the long forms of CloudFormation's functions.
    :raises CDNStackError: for the first mistake.
    """
    for mistake in chain.from_iterable(find(template) for find in _LAWS):
        raise CDNStackError(
            f"The template that was made from the settings is wrong: {mistake}.",
            "This is a mistake of flask-cdn-stack, not yours; please report it together with your settings file.",
        )
