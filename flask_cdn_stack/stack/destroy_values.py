"""Options and plan of a stack's deletion, and the resources that stay and go on costing money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..aws.cloudformation import Stack
from ..aws.stack_recovery import StackResource
from ..infrastructure.logs import LOG_DAYS
from ..release.bucket_survey import Survey, Tally
from ..settings.model import Project

#: CloudFormation's type of a bucket.
BUCKET = "AWS::S3::Bucket"

# Logical id of the stack's own bucket, from infrastructure/bucket.py.
_BUCKET_TITLE = "Bucket"


@dataclass(frozen=True)
class DestroyOptions:
    """Options of a stack's deletion.

    :param empty_bucket: delete the objects that this project published, in all versions, and then the bucket.
    :param including_foreign: also delete all other objects in the bucket.
    :param retain: logical ids of the resources to keep, of a stack whose deletion has failed.
    :param force: keep all resources that cannot be deleted, of such a stack.
    """

    empty_bucket: bool = False
    including_foreign: bool = False
    retain: tuple[str, ...] = ()
    force: bool = False

    @property
    def request(self) -> dict[str, object]:
        """The parameters of DeleteStack for these options."""
        retained = {"RetainResources": list(self.retain)} if self.retain else {}
        return {**retained, **({"DeletionMode": "FORCE_DELETE_STACK"} if self.force else {})}


class Cost(NamedTuple):
    """A resource that stays and may cost money: its kind, its name, and a sentence about it.

    ``bytes`` is its size, None if unknown.
    """

    kind: str
    name: str
    note: str
    bytes: int | None = None


@dataclass(frozen=True)
class DestroyPlan:
    """What would be deleted, and what stays.

    :param before: the present stack; a deleted one has the status ``DELETE_COMPLETE``. None: there never was one.
    :param deleted: its resources that would be deleted, or already are.
    :param kept: its resources that stay.
    :param bucket: name of its own bucket; empty if it has none, or the bucket is gone.
    :param tally: number and size of the objects in the bucket; None if they could not be listed.
    :param survey: which of them are this project's; only if the bucket is to be emptied.
    """

    stack: str
    region: str
    before: Stack | None
    deleted: tuple[StackResource, ...] = ()
    kept: tuple[StackResource, ...] = ()
    bucket: str = ""
    tally: Tally | None = None
    survey: Survey | None = None

    @property
    def deletes_stack(self) -> bool:
        """Whether there is a stack to delete, or one that is being deleted."""
        return self.before is not None and self.before.status != "DELETE_COMPLETE"

    @property
    def does_anything(self) -> bool:
        """Whether there is anything to delete."""
        return self.deletes_stack or self.survey is not None

    @property
    def goes(self) -> tuple[StackResource, ...]:
        """All resources that are gone in the end; includes the bucket if it is emptied."""
        return (*self.deleted, *(item for item in self.kept if self._is_emptied(item)))

    def is_gone(self, item: StackResource) -> bool:
        """Return whether a resource is already gone."""
        return not self.deletes_stack and not self._is_emptied(item)

    @property
    def stays(self) -> tuple[StackResource, ...]:
        """The resources that stay."""
        return tuple(item for item in self.kept if not self._is_emptied(item))

    @property
    def has_distribution(self) -> bool:
        """Whether a distribution is deleted, which takes minutes on AWS."""
        return any(item.type == "AWS::CloudFront::Distribution" for item in self.deleted)

    @property
    def doomed(self) -> Tally:
        """The objects of the bucket that are deleted."""
        if self.survey is None:
            return Tally()
        return self.survey.ours + self.survey.foreign

    def _is_emptied(self, item: StackResource) -> bool:
        return self.survey is not None and item.physical_id == self.bucket


def find_costs(project: Project, plan: DestroyPlan, kept: Iterable[StackResource]) -> Iterator[Cost]:
    """Yield what stays and may cost money, including the user's own resources that the settings name.

    :param kept: the stack's resources that stay.
    """
    for item in kept:
        if item.type == BUCKET and item.logical_id == _BUCKET_TITLE:
            size = plan.tally.bytes if plan.tally else None
            yield Cost("bucket", item.physical_id, "S3 charges for what lies in it, earlier versions included.", size)
        elif item.type == BUCKET:
            yield Cost("log bucket", item.physical_id, f"S3 deletes each log {LOG_DAYS} days after it was written.")
        elif item.type == "AWS::KMS::Key":
            yield Cost(
                "KMS key",
                item.physical_id,
                "KMS charges for it each month. Without it nothing in the bucket can be read; when the bucket is "
                f"deleted: aws kms schedule-key-deletion --key-id {item.physical_id} --region {plan.region}",
            )
        else:
            yield Cost(item.type, item.physical_id, "It was left in the account, and belongs to no stack any more.")
    settings = project.settings
    own = {
        "bucket": (settings.bucket.existing, "Its files stay."),
        "hosted zone": (settings.delivery.hosted_zone_id, "Route 53 charges for a zone each month."),
        "certificate": (settings.delivery.certificate_arn, "A public one costs nothing."),
        "KMS key": (settings.bucket.encryption.partition("kms:")[2], "KMS charges for it each month."),
        "web ACL": (settings.delivery.waf_arn, "WAF charges for it each month."),
    }
    yield from (Cost(kind, name, f"Not created by the stack. {note}") for kind, (name, note) in own.items() if name)


def is_own_bucket(item: StackResource) -> bool:
    """Return whether a resource is the stack's own bucket, and was not deleted."""
    return item.type == BUCKET and item.logical_id == _BUCKET_TITLE and item.status != "DELETE_COMPLETE"
