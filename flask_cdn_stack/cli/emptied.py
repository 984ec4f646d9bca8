"""The question of a deploy that would take files out of the published release because their folder is gone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..assets.collect import Collection
    from ..release.state import State
    from .bucket import OpenedBucket
    from .call import Call
    from .deploy import Wishes


def ask_before_emptying(
    call: Call, bucket: OpenedBucket, wishes: Wishes, collection: Collection
) -> Callable[[State], None]:
    """Return what is to be called with the state before a deploy begins to send; it asks at most once.

    With ``--dry-run`` it only says what would be asked.

    :raises RefusedError: by the function, where the answer is no, or there is nobody to ask.
    """
    agreed = wishes.yes

    def ask(state: State) -> None:
        nonlocal agreed
        from ..release.emptied import find_emptied
        from ..release.records import read_release

        emptied = find_emptied(state, collection, partial(read_release, bucket.objects))
        if not emptied:
            return
        call.output.warn(emptied)
        if wishes.dry_run:
            call.output.warn("Before that is published, `deploy` asks, or needs --yes.")
        elif not agreed:
            call.output.confirm("Publish without these files?")
            agreed = True

    return ask
