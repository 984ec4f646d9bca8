"""Plans the deletion of a stack: which resources are deleted, and which stay. Changes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from ..aws.bucket_emptying import BucketContents
from ..aws.cloudformation import CloudFormation, Event, Stack
from ..aws.failures import DENIED_CODES
from ..aws.session import Connection
from ..aws.stack_events import STACK
from ..aws.stack_recovery import StackResource, list_resources
from ..aws.stack_resources import GONE, find_deleted_stack, find_owning_stack
from ..aws.storage import open_bucket
from ..errors import AWSError, RefusedError
from ..naming import PROJECT_TAG
from ..quantities import count
from ..release.bucket_survey import Tally, survey_bucket
from ..release.emptying import check_no_foreign, check_nobody_works
from ..release.run import Run, start_run
from ..release.state import Owner
from ..release.store import Store
from ..settings.model import Project
from .deletion import check_deletable
from .deployed_template import read_retained
from .destroy_values import BUCKET, DestroyOptions, DestroyPlan, is_own_bucket
from .outputs import check_owner
from .waiting import StackWaiter

# Pages of a listing, of a thousand versions each, after which the user is told that it takes a while.
_MANY_PAGES = 10


@dataclass(frozen=True)
class Place:
    """A stack's own bucket, its objects, and this run."""

    contents: BucketContents
    store: Store
    run: Run


def plan_destroy(
    connection: Connection, project: Project, options: DestroyOptions, waiting: StackWaiter
) -> tuple[DestroyPlan, Place | None]:
    """Plan the deletion of a project's stack; change nothing.

    A stack that was already deleted is planned for too, because it may have left its bucket.

    :return: the plan, and the bucket if it is to be emptied.
    :raises RefusedError: the stack belongs to another project, is protected, or the options do not fit it.
    :raises StackFailedError: an operation on the stack is in progress.
    :raises AWSError: AWS refused a request or could not be reached.
    """
    cloudformation = CloudFormation(connection, waiting.patience)
    stack = cloudformation.describe_stack(project.stack) or _find_deleted(connection, cloudformation, project)
    if stack is None:
        return DestroyPlan(project.stack, connection.region, None), None
    if stack.status == "DELETE_IN_PROGRESS":
        check_owner(stack, project)
    elif stack.status != "DELETE_COMPLETE":
        check_deletable(stack, project)
    _check_ways_out(stack, options)
    deleted, kept = _divide(connection, cloudformation, stack, options)
    plan = DestroyPlan(stack.name, connection.region, stack, deleted, kept)
    return _look_into_bucket(connection, project, plan, options, waiting)


def divide_events(events: Iterable[Event]) -> tuple[tuple[StackResource, ...], tuple[StackResource, ...]]:
    """Return the resources that a deletion deleted, and those that it left.

    :param events: the stack's, the oldest first.
    """
    ended: dict[str, StackResource] = {}
    for event in events:
        if event.type != STACK and event.status in ("DELETE_COMPLETE", "DELETE_SKIPPED"):
            ended[event.logical_id] = StackResource(
                event.logical_id, event.type, event.physical_id, event.status, event.reason
            )
    items = ended.values()
    return (
        tuple(item for item in items if item.status == "DELETE_COMPLETE"),
        tuple(item for item in items if item.status == "DELETE_SKIPPED"),
    )


def find_left_bucket(connection: Connection, project: Project) -> str:
    """Return the name of the bucket that the project's last stack left, and that no other stack has adopted since.

    Empty if there is none, or AWS refused a request.
    """
    with suppress(AWSError):
        cloudformation = CloudFormation(connection)
        if stack := _find_deleted(connection, cloudformation, project):
            _, left = _divide(connection, cloudformation, stack, DestroyOptions())
            return next((item.physical_id for item in left if is_own_bucket(item)), "")
    return ""


def _find_deleted(connection: Connection, cloudformation: CloudFormation, project: Project) -> Stack | None:
    try:
        found = find_deleted_stack(connection, project.stack)
    except AWSError:  # without the permission, treat it as if there were none
        return None
    stack = cloudformation.describe_stack(found) if found else None
    # A stack of another project does not count, even if it had the same name.
    is_other = stack is not None and stack.tags.get(PROJECT_TAG, project.name) != project.name
    return None if is_other and not project.stack_named else stack


def _check_ways_out(stack: Stack, options: DestroyOptions) -> None:
    if (options.retain or options.force) and stack.status != "DELETE_FAILED":
        raise RefusedError(
            f"--retain-resource and --force are for a stack whose deletion has failed, and {stack.name} is "
            f"{stack.status}; nothing was deleted.",
            "Run `flask-cdn-stack destroy` without them first.",
        )


def _divide(
    connection: Connection, cloudformation: CloudFormation, stack: Stack, options: DestroyOptions
) -> tuple[tuple[StackResource, ...], tuple[StackResource, ...]]:
    if stack.status == "REVIEW_IN_PROGRESS":
        return (), ()
    events = [*cloudformation.events(stack.id)] if stack.status.startswith("DELETE_") else []
    gone, left = divide_events(reversed(events))
    left = tuple(item for item in left if _is_left(connection, item))
    if stack.status == "DELETE_COMPLETE":
        return gone, left
    known = {item.logical_id for item in left}
    listed = (item for item in list_resources(connection, stack) if item.physical_id and item.status not in GONE)
    found = [item for item in listed if item.logical_id not in known]
    failed = [item.logical_id for item in found if item.status == "DELETE_FAILED"]
    if unknown := sorted({*options.retain} - {*failed}):
        raise RefusedError(
            f"--retain-resource {unknown[0]}: the stack {stack.name} has no resource of that name that failed to be "
            "deleted; nothing was deleted.",
            f"Those that failed: {', '.join(failed)}.",
        )
    retained = read_retained(cloudformation, stack) | {*options.retain}
    return (
        tuple(item for item in found if item.logical_id not in retained),
        (*(item for item in found if item.logical_id in retained), *left),
    )


def _is_left(connection: Connection, item: StackResource) -> bool:
    """Return whether a resource that a stack left still exists, and no other stack has adopted it."""
    if item.type != BUCKET:
        return True
    return BucketContents(connection, item.physical_id).exists() and not find_owning_stack(connection, item.physical_id)


def _look_into_bucket(
    connection: Connection, project: Project, plan: DestroyPlan, options: DestroyOptions, waiting: StackWaiter
) -> tuple[DestroyPlan, Place | None]:
    own = next((item.physical_id for item in (*plan.kept, *plan.deleted) if is_own_bucket(item)), "")
    if options.empty_bucket and not own:
        _refuse_existing(project, plan)
    if not own:
        return plan, None
    contents = BucketContents(connection, own, waiting.sleep, lambda number: _say_after(number, waiting))
    if options.empty_bucket:
        return _look_for_foreign(connection, project, plan, contents, options)
    try:
        tally = sum((Tally().add(page) for page in contents.list_versions()), Tally())
    except AWSError as error:
        if error.code == "NoSuchBucket":  # it was deleted outside CloudFormation
            return plan, None
        if error.code not in DENIED_CODES:
            raise
        return replace(plan, bucket=own), None
    _check_deletion_policy(plan, own, tally)
    return replace(plan, bucket=own, tally=tally), None


def _say_after(pages: int, waiting: StackWaiter) -> None:
    if pages == _MANY_PAGES:
        waiting.say("The bucket holds many objects; counting them takes a while ...")


def _look_for_foreign(
    connection: Connection, project: Project, plan: DestroyPlan, contents: BucketContents, options: DestroyOptions
) -> tuple[DestroyPlan, Place | None]:
    if not contents.exists():
        return plan, None
    outputs = plan.before.outputs if plan.before else {}
    prefix = outputs.get("AssetsPrefix", "") if outputs else project.settings.assets.prefix
    store = open_bucket(connection, contents.name, prefix, Counter())
    run = start_run(Owner(project.name, project.stack), project.stack_named, options.including_foreign)
    survey = survey_bucket(contents, store, prefix, run)
    check_nobody_works(survey.snapshot.state, run)
    if not options.including_foreign:
        check_no_foreign(survey)
    found = replace(plan, bucket=contents.name, tally=survey.ours + survey.foreign, survey=survey)
    return found, Place(BucketContents(connection, contents.name), store, run)


def _refuse_existing(project: Project, plan: DestroyPlan) -> None:
    outputs = plan.before.outputs if plan.before else {}
    served = outputs.get("BucketName") if plan.deletes_stack else None
    if existing := project.settings.bucket.existing or served:
        raise RefusedError(
            f"The bucket {existing} is not the stack's own: flask-cdn-stack neither empties nor deletes it, whatever "
            "lies there.",
            "Run the command without --empty-bucket; the bucket stays as it is.",
        )
    if outputs.get("OriginMode") == "app":
        raise RefusedError(
            f"The stack {plan.stack} has no bucket: its files come from the app.",
            "Run the command without --empty-bucket.",
        )


def _check_deletion_policy(plan: DestroyPlan, bucket: str, tally: Tally) -> None:
    # "You can delete empty buckets only. Deletion fails for buckets that have contents" (CloudFormation user guide,
    # "AWS::S3::Bucket").
    if tally.total and bucket in {item.physical_id for item in plan.deleted}:
        raise RefusedError(
            f"The stack {plan.stack} deletes its bucket {bucket} (bucket.retain is off), which holds "
            f"{count(tally.total, 'object')}, versions and delete markers included; CloudFormation deletes only an "
            "empty bucket.",
            "Pass --empty-bucket to delete them; or set bucket.retain to true and run `flask-cdn-stack provision` to "
            "keep it.",
        )
