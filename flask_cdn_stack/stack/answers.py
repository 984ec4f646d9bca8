"""Reads what ``status`` shows from AWS, with as few requests as possible, as many of them as possible at once.

The first request is for the stack. Then one each goes out for the distribution, the certificate, the record and the
list of the bucket, and one more for the published release once the record has been read. The account's id is part of
the stack's ARN; its alias is read only if no certificate is. Without a stack, two requests find the account.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from ..aws.account import Account, read_account, read_alias
from ..aws.cloudformation import CloudFormation, Stack
from ..aws.cloudfront import DistributionState
from ..aws.session import Connection
from ..aws.storage import Bucket
from ..errors import StateError
from ..release.ownership import read_own
from ..release.records import ReleaseRecord, read_release, release_key
from ..release.state import State
from ..settings.model import Project
from .asking import Asking
from .certificates import Certificate, read_certificate
from .change_sets import find_own_stack
from .outputs import USABLE, Outputs, check_fit, find_target, parse_outputs
from .site import Site

#: Timeout of each request in seconds, and how often it is repeated: both low, because the user is waiting.
ANSWER_SECONDS, REPEATS = 20, 2

# In these states a stack has no resources yet, or no longer. Each stands for the states that begin with it.
_EMPTY = ("REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_")


class Listing(NamedTuple):
    """The objects in the bucket: ETags by key; None if not all of them were listed."""

    etags: Mapping[str, str] | None


@dataclass(frozen=True)
class Answers:
    """What AWS answered; None for what was not asked, or not answered.

    ``is_stack_known`` is True if CloudFormation answered, even that there is no stack. ``outputs`` are the stack's, or
    the values of the settings' target in their place.
    """

    requests: Mapping[str, int]
    is_stack_known: bool = False
    stack: Stack | None = None
    outputs: Outputs | None = None
    account: Account | None = None
    distribution: DistributionState | None = None
    certificate: Certificate | None = None
    state: State | None = None
    release: ReleaseRecord | None = None
    listing: Listing | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it is certain that nothing was ever published there."""
        return self.is_stack_known and (self.stack is None or self.stack.status.startswith(_EMPTY))


def read_answers(connection: Connection, project: Project, asking: Asking, lists_all: bool = False) -> Answers:
    """Read everything that a project has in AWS; failed requests become problems of ``asking``.

    :param lists_all: list the whole bucket, with one request per thousand objects.
    """
    look = _Look(replace(connection, repeats=REPEATS, timeout=ANSWER_SECONDS), project, asking, lists_all)
    if target := find_target(project):
        return look.at_target(target)
    found = asking.ask("stack", look.find_stack)
    if found is None:
        return Answers(look.requests)
    return look.at_stack(found.stack) if found.stack else look.at_nothing()


class _Found(NamedTuple):
    stack: Stack | None


class _Look:
    """The requests in their order, counted."""

    def __init__(self, connection: Connection, project: Project, asking: Asking, lists_all: bool) -> None:
        self._connection, self._project, self._asking = connection, project, asking
        self._lists_all = lists_all
        self.requests: Counter[str] = Counter()

    def find_stack(self) -> _Found:
        self.requests["DescribeStacks"] += 1
        return _Found(find_own_stack(CloudFormation(self._connection), self._project))

    def at_nothing(self) -> Answers:
        return Answers(self.requests, True, account=self._asking.ask("account", self._read_account))

    def at_target(self, target: Outputs) -> Answers:
        # Creating the first client loads what the session shares, which is not safe in several threads.
        self._asking.ask("account", partial(self._connection.client, "sts"))
        return self._at_site(target, self._read_account)

    def at_stack(self, stack: Stack) -> Answers:
        outputs, account = self._read_outputs(stack), partial(self._find_account, stack)
        answers = self._at_site(outputs, account) if outputs else Answers(self.requests, account=account())
        return replace(answers, is_stack_known=True, stack=stack)

    def _read_outputs(self, stack: Stack) -> Outputs | None:
        if stack.status not in USABLE and not stack.status.startswith("UPDATE_"):
            return None
        self._asking.ask("stack", lambda: check_fit(stack, self._project))
        return self._asking.ask("stack", lambda: parse_outputs(stack.name, stack.outputs))

    def _at_site(self, outputs: Outputs, find_account: Callable[[], Account]) -> Answers:
        site = Site(self._project, lambda: self._connection, outputs=outputs)
        site.requests = self.requests
        has_bucket = self._project.settings.has_bucket and bool(outputs.bucket)
        bucket = self._asking.ask("bucket", lambda: site.objects) if has_bucket else None
        run = site.start_run(takes_over=False)
        record = self._asking.begin("record", lambda: read_own(bucket, run).state) if bucket else _nobody
        listing = self._asking.begin("bucket", lambda: self._list(bucket)) if bucket else _nobody
        distribution = self._asking.begin("distribution", site.cdn.describe) if outputs.distribution_id else _nobody
        certificate = self._asking.begin("certificate", self._read_certificate) if self._certificate_arn else _nobody
        account = self._asking.begin("account", find_account)
        state = record()
        release = self._asking.ask("release", lambda: _read_published(bucket, state)) if bucket and state else None
        return Answers(
            self.requests,
            outputs=outputs,
            account=account(),
            distribution=distribution(),
            certificate=certificate(),
            state=state,
            release=release,
            listing=listing(),
        )

    def _list(self, bucket: Bucket) -> Listing:
        return Listing(bucket.list_etags() if self._lists_all else bucket.list_first_etags())

    @property
    def _certificate_arn(self) -> str | None:
        delivery = self._project.settings.delivery
        return delivery.certificate_arn if delivery.aliases and not self._project.settings.target else None

    def _read_certificate(self) -> Certificate:
        self.requests["DescribeCertificate"] += 1
        return read_certificate(self._connection, self._certificate_arn or "")

    def _find_account(self, stack: Stack) -> Account:
        account = Account(stack.account, "")
        if self._certificate_arn:
            return account
        self.requests["ListAccountAliases"] += 1
        return replace(account, alias=read_alias(self._connection))

    def _read_account(self) -> Account:
        self.requests.update(("GetCallerIdentity", "ListAccountAliases"))
        return read_account(self._connection)


def _nobody() -> None:
    """Return None, in place of a request that is not made."""


def _read_published(bucket: Bucket, state: State) -> ReleaseRecord | None:
    if state.release is None:
        return None
    found = read_release(bucket, state.release)
    if found is None:
        raise StateError(
            f"The record {release_key(state.release)} in the bucket is gone: which files are published is not known.",
            "Restore an earlier version of that object (the bucket keeps them).",
        )
    return found
