"""What the deletion of a stack is to do, what it takes away, what stays, and what of that goes on costing money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..aws.cloudformation import Stack
from ..aws.stack_recovery import StackResource
from ..infrastructure.logs import LOG_DAYS
from ..release.bucket_survey import Survey, Tally
from ..settings.model import Project

#: The type of a bucket.
BUCKET = "AWS::S3::Bucket"

# The stack's own bucket, as infrastructure/bucket.py calls it.
_BUCKET_TITLE = "Bucket"


@dataclass(frozen=True)
class DestroyOptions:
    """What a deletion is to do beside the stack.

    :param empty_bucket: delete what this project has published, all versions, and then the bucket.
    :param including_foreign: and all else that lies there.
    :param retain: logical ids of what stays of a stack whose deletion has failed.
    :param force: let all stay that cannot be deleted, of such a stack.
    """

    empty_bucket: bool = False
    including_foreign: bool = False
    retain: tuple[str, ...] = ()
    force: bool = False

    @property
    def request(self) -> dict[str, object]:
        """What DeleteStack is to be told, by its own names."""
        retained = {"RetainResources": list(self.retain)} if self.retain else {}
        return {**retained, **({"DeletionMode": "FORCE_DELETE_STACK"} if self.force else {})}


class Cost(NamedTuple):
    """Something that is left and may cost money: what it is, its name, and a sentence about it.

    ``bytes`` is how large it is, None where nobody has looked.
    """

    kind: str
    name: str
    note: str
    bytes: int | None = None


@dataclass(frozen=True)
class DestroyPlan:
    """What would be deleted, and what stays.

    :param before: the stack as it is; one that is gone has the state ``DELETE_COMPLETE``. None: there never was one.
    :param deleted: its resources that go with it, or have gone.
    :param kept: those that stay.
    :param bucket: its own bucket, empty where it has none, or none that is still there.
    :param tally: what lies in there, None where that may not be asked.
    :param survey: whose that is; looked into only where the bucket is to be emptied.
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
        """All that is gone in the end: the stack's resources, and its bucket where that is emptied."""
        return (*self.deleted, *(item for item in self.kept if self._is_emptied(item)))

    def is_gone(self, item: StackResource) -> bool:
        """Say whether a resource is gone already."""
        return not self.deletes_stack and not self._is_emptied(item)

    @property
    def stays(self) -> tuple[StackResource, ...]:
        """What of it stays."""
        return tuple(item for item in self.kept if not self._is_emptied(item))

    @property
    def has_distribution(self) -> bool:
        """Whether a distribution goes, which takes minutes on AWS."""
        return any(item.type == "AWS::CloudFront::Distribution" for item in self.deleted)

    @property
    def doomed(self) -> Tally:
        """What of the bucket is deleted."""
        if self.survey is None:
            return Tally()
        return self.survey.ours + self.survey.foreign

    def _is_emptied(self, item: StackResource) -> bool:
        return self.survey is not None and item.physical_id == self.bucket


def find_costs(project: Project, plan: DestroyPlan, kept: Iterable[StackResource]) -> Iterator[Cost]:
    """Yield what is left that may cost money, the user's own things that the settings name included.

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
        "bucket": (settings.bucket.existing, "It is not the stack's; its files stay."),
        "hosted zone": (settings.delivery.hosted_zone_id, "Route 53 charges for a zone each month."),
        "certificate": (settings.delivery.certificate_arn, "A public one costs nothing."),
        "KMS key": (settings.bucket.encryption.partition("kms:")[2], "KMS charges for it each month."),
        "web ACL": (settings.delivery.waf_arn, "WAF charges for it each month."),
    }
    yield from (Cost(kind, name, f"Yours before. {note}") for kind, (name, note) in own.items() if name)


def is_own_bucket(item: StackResource) -> bool:
    """Say whether a resource is the stack's own bucket, and still there."""
    return item.type == BUCKET and item.logical_id == _BUCKET_TITLE and item.status != "DELETE_COMPLETE"
