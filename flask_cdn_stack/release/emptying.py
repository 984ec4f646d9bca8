"""Emptying a bucket for good, so that it may end at any request and be begun again.

First the record says that nothing is published and that all of it is being deleted: whoever deploys meanwhile waits, or
finishes that where this run is dead. Then the objects go, with their versions, then the records of releases, and the
record itself as the last, its newest version after all others. Until then it names what is still there.

Between the last look at the record and its deletion a deploy may begin. In a bucket that keeps versions, what it writes
there is another version, and stays. In one that keeps none it is lost, and what that deploy has sent is foreign.
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

#: Seconds after which a run makes sure that no other has taken its place.
HOLD_SECONDS = 60

#: Versions that are deleted at a time: as many as one request takes (S3 API reference, "DeleteObjects").
BATCH_VERSIONS = 1000

Emptied = Callable[[Tally], None]


def check_nobody_works(state: State, run: Run) -> None:
    """Make sure that no other run is at work in the bucket.

    :raises RefusedError: one is.
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
    """Make sure that a bucket holds nothing but what this project has published.

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
    """Delete what this project has published, with all versions, and its records; return what was deleted.

    :param including_foreign: and all else that lies in the bucket.
    :param emptied: is told what was deleted so far.
    :raises RefusedError: another run is at work there, or there are foreign objects.
    :raises AWSError: AWS refused or could not be reached; run again, it goes on.
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
    # A release that is being published must have its record: with the state changed, it is made anew.
    if hold:
        hold.change()
    state_key = in_bucket(survey.prefix, STATE_KEY)
    yield from _batched([version for version in own if version.key != state_key])
    last = [version for page in contents.list_versions(state_key) for version in page if version.key == state_key]
    if hold:
        hold.check()
    # S3 makes an earlier version the current one where that is deleted.
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
    """A run's word in the record that all of it is being deleted."""

    def __init__(self, store: Store, run: Run, survey: Survey) -> None:
        self._store, self._run, self._snapshot = store, run, survey.snapshot
        self._names = tuple(sorted(survey.names))
        self._renewed = run.now()

    def take(self) -> None:
        """Say that nothing is published, and that all of it is being deleted."""
        self._change(self._enter)

    def renew(self) -> None:
        """Say once a minute that this run goes on, and find out whether another has taken its place."""
        if abs(self._run.now() - self._renewed) > HOLD_SECONDS:
            self._snapshot = read_own(self._store, self._run)
            self._change(self._prolong)

    def change(self) -> None:
        """Change the record, so that whoever is about to publish plans anew; nobody may have begun to."""
        self._snapshot = read_own(self._store, self._run)
        self._change(lambda state: replace(self._prolong(state), serial=state.serial + 1))
        check_nobody_works(self._snapshot.state, self._run)

    def check(self) -> None:
        """Make sure that nobody has begun to deploy, and that nobody has taken this run's place."""
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
