"""Empties a bucket for good. It may be interrupted at any request, and run again.

First the state is changed: nothing is published, and all keys are being deleted. A deploy that starts then waits, or
completes the deletion if this run is dead. Then the objects are deleted with their versions, then the release records,
and last the state, its newest version after all others. Until then it names what is still there.

A deploy may begin between the last read of the state and its deletion. In a versioned bucket, the state that it writes
is a new version, and stays. Without versions that state is lost, and the objects of that deploy become foreign.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from ..aws.bucket_emptying import StoredVersion
from ..errors import RefusedError
from ..quantities import count
from .bucket_survey import Contents, Survey, Tally, in_bucket, named_by
from .failures import list_lines
from .ownership import read_own, sign
from .run import Run
from .state import STATE_KEY, Claim, Removal, State
from .store import Store, change_state

#: Seconds between checks that no other run has taken over.
HOLD_SECONDS = 60

#: Versions in one request to delete, the most that S3 allows (S3 API reference, "DeleteObjects").
BATCH_VERSIONS = 1000

Emptied = Callable[[Tally], None]


def check_nobody_works(state: State, run: Run) -> None:
    """Refuse if another run is writing to the bucket.

    :raises RefusedError: another run is.
    """
    deploying: list[Claim | Removal] = [claim for claim in state.writing.values() if not run.is_left(claim)]
    others = (removal for owner, removal in state.removing.items() if owner != run.id)
    deleting: list[Claim | Removal] = [removal for removal in others if not run.is_overdue(removal)]
    for entry in deploying + deleting:
        what = "deploying" if entry in deploying else "deleting objects"
        where = "this machine" if entry.host == run.process.host else f"the machine {entry.host}"
        raise RefusedError(
            f"Process {entry.pid} on {where} is {what} in this bucket; nothing was deleted.",
            "Wait until it has ended, then retry. A run that was killed on another machine counts as ended an hour "
            "after it last renewed its entry, or a quarter of an hour if it was deleting.",
        )


def check_no_foreign(survey: Survey) -> None:
    """Refuse if the bucket holds foreign objects.

    :raises RefusedError: it does.
    """
    if survey.foreign_keys:
        raise RefusedError(
            f"The bucket holds {len(survey.foreign_keys):,} names that this project has not published; nothing was "
            f"deleted:\n{list_lines(survey.foreign_keys)}",
            "Move them elsewhere, or pass --including-foreign to delete them too.",
        )


def empty_bucket(
    contents: Contents, store: Store, survey: Survey, run: Run, including_foreign: bool, emptied: Emptied
) -> Tally:
    """Delete what this project has published, with all versions, and its records; return the numbers deleted.

    :param including_foreign: delete all other objects of the bucket, too.
    :param emptied: is called with the numbers deleted so far.
    :raises RefusedError: another run is writing there, or there are foreign objects.
    :raises AWSError: AWS refused or could not be reached; run it again to continue.
    """
    if not including_foreign:
        check_no_foreign(survey)
    hold = _Hold(store, run, survey) if survey.snapshot.etag else None
    if hold:
        hold.take()
    done = Tally()
    for batch in _list_batches(contents, survey, including_foreign, hold):
        contents.delete(batch)
        done = done.add(batch)
        emptied(done)
    return done


def _list_batches(
    contents: Contents, survey: Survey, including_foreign: bool, hold: _Hold | None
) -> Iterator[list[StoredVersion]]:
    def is_doomed(key: str) -> bool:
        return not key.startswith(survey.own_folder) and (including_foreign or survey.is_ours(key))

    for batch in _sift(contents.list_versions(), is_doomed):
        if hold:
            hold.renew()
        yield batch
    own = [version for page in contents.list_versions(survey.own_folder) for version in page]
    # A run that is about to publish needs its release record: as the state has changed, it plans again and writes it.
    if hold:
        hold.change()
    state_key = in_bucket(survey.prefix, STATE_KEY)
    yield from _batched([version for version in own if version.key != state_key])
    last = [version for page in contents.list_versions(state_key) for version in page if version.key == state_key]
    if hold:
        hold.check()
    # If the current version is deleted, S3 makes the version before it current.
    for is_latest in (False, True):
        yield from _batched([version for version in last if version.is_latest is is_latest])


def _batched(versions: list[StoredVersion]) -> Iterator[list[StoredVersion]]:
    for start in range(0, len(versions), BATCH_VERSIONS):
        yield versions[start : start + BATCH_VERSIONS]


def _sift(pages: Iterable[list[StoredVersion]], is_doomed: Callable[[str], bool]) -> Iterator[list[StoredVersion]]:
    for page in pages:
        if batch := [version for version in page if is_doomed(version.key)]:
            yield batch


class _Hold:
    """This run's entry in the state that everything is being deleted."""

    def __init__(self, store: Store, run: Run, survey: Survey) -> None:
        self._store, self._run, self._snapshot = store, run, survey.snapshot
        self._names = tuple(sorted(survey.names))
        self._renewed = run.now()

    def take(self) -> None:
        """Record that nothing is published, and that all keys are being deleted."""
        self._change(self._enter)

    def renew(self) -> None:
        """Renew the entry once a minute, and check that no other run has taken over."""
        if abs(self._run.now() - self._renewed) > HOLD_SECONDS:
            self._snapshot = read_own(self._store, self._run)
            self._change(self._prolong)

    def change(self) -> None:
        """Change the state, so that a run which is about to publish plans again; refuse if one has begun."""
        self._snapshot = read_own(self._store, self._run)
        self._change(lambda state: replace(self._prolong(state), serial=state.serial + 1))
        check_nobody_works(self._snapshot.state, self._run)

    def check(self) -> None:
        """Check that no deploy has begun, and that no other run has taken over."""
        self._snapshot = read_own(self._store, self._run)
        check_nobody_works(self._prolong(self._snapshot.state), self._run)

    def _change(self, change: Callable[[State], State]) -> None:
        while (changed := change_state(self._store, self._snapshot, change)) is None:
            self._snapshot = read_own(self._store, self._run)
        self._snapshot, self._renewed = changed, self._run.now()

    def _enter(self, state: State) -> State:
        check_nobody_works(state, self._run)
        if unnamed := {*named_by(state)} - {*self._names}:
            raise RefusedError(
                f"Another run has sent {count(len(unnamed), 'new object')} meanwhile; nothing was deleted.",
                "Run the command again, to see what it deletes.",
            )
        return sign(
            State(
                serial=state.serial + 1,
                removing={self._run.id: self._run.removal(self._names)},
                usage=state.usage,
                owner=state.owner,
            ),
            self._run,
        )

    def _prolong(self, state: State) -> State:
        if self._run.id not in state.removing:
            raise RefusedError(
                "Another run has taken over what this one was deleting, which was stopped for too long.",
                "Run the command again, to delete what has come since.",
            )
        if state.objects or state.release:
            raise RefusedError(
                "Another run has published meanwhile; what was there before it is deleted.",
                "Run the command again, to delete what has come since.",
            )
        return replace(state, removing={**state.removing, self._run.id: self._run.removal(self._names)})
