"""Adopts a bucket that a deleted stack has left behind into a new stack.

One change set imports the resources that already exist under a name in the template, and creates the others
(CloudFormation user guide, "Import AWS resources into a CloudFormation stack automatically"). The bucket's name then
has to stay in the template: without it, CloudFormation would replace the bucket.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..aws.bucket_emptying import BucketContents
from ..aws.cloudformation import CloudFormation
from ..aws.session import Connection
from ..aws.stack_resources import find_owning_stack
from ..aws.storage import open_bucket
from ..errors import RefusedError
from ..infrastructure.encryption import has_own_key
from ..infrastructure.yaml_text import read_template, write_yaml
from ..release.ownership import check_owner
from ..release.run import start_run
from ..release.state import Owner
from ..release.store import read_state
from ..settings.model import Project, Settings
from .advice import read_policy
from .outputs import USABLE

_TITLE = "Bucket"

Template = Mapping[str, Any]


def adopt_bucket(template: str, bucket: str) -> str:
    """Return a template whose bucket has the name of an existing one, for CloudFormation to import.

    An imported resource needs a deletion policy that retains it. ``Retain`` also keeps the bucket if creating the
    other resources fails (CloudFormation user guide, "DeletionPolicy attribute").
    """
    read = read_template(template)
    own = read["Resources"][_TITLE]
    named = {**own, "DeletionPolicy": "Retain", "Properties": {"BucketName": bucket, **own["Properties"]}}
    return write_yaml({**read, "Resources": {**read["Resources"], _TITLE: named}})


def keep_adopted(template: Template, deployed: Template) -> Template:
    """Return the template with the bucket's name from the deployed one, if the deployed stack adopted its bucket."""
    own, there = (item["Resources"].get(_TITLE) for item in (template, deployed))
    name = (there or {}).get("Properties", {}).get("BucketName")
    if own is None or there is None or name is None or "BucketName" in own["Properties"]:
        return template
    named = {**own, "Properties": {"BucketName": name, **own["Properties"]}}
    if own.get("DeletionPolicy") == "RetainExceptOnCreate":
        named["DeletionPolicy"] = there["DeletionPolicy"]
    return {**template, "Resources": {**template["Resources"], _TITLE: named}}


def check_adoptable(connection: Connection, project: Project, bucket: str) -> None:
    """Check that the project's new stack may adopt a bucket, or has adopted it already.

    :raises RefusedError: it may not; nothing was changed.
    :raises AWSError: AWS refused a request or could not be reached.
    """
    _check_settings(project.settings)
    stack = CloudFormation(connection).describe_stack(project.stack)
    if stack is not None and stack.status in USABLE:
        if stack.outputs.get("BucketName") == bucket:
            return
        raise RefusedError(
            f"The stack {stack.name} exists, with a bucket of its own; only a new stack can adopt one.",
            "Run the command without --adopt; or run `flask-cdn-stack destroy` first.",
        )
    region = BucketContents(connection, bucket).find_region()
    if region is None:
        raise RefusedError(f"There is no bucket {bucket}; nothing was changed.", "Check the name after --adopt.")
    if region not in ("", connection.region):
        raise RefusedError(
            f"The bucket {bucket} lies in {region}, and the stack is to be in {connection.region}; nothing was "
            "changed.",
            f"Pass --region {region}, or set region in the settings.",
        )
    owner = find_owning_stack(connection, bucket)
    # The rest of a failed creation of this same stack is deleted before the new one; the bucket is retained.
    if owner not in (None, project.stack):
        raise RefusedError(
            f"The bucket {bucket} belongs to the stack {owner}; nothing was changed.",
            "A bucket is in one stack only. To use it beside that one, see bucket.existing.",
        )
    _check_record(connection, project, bucket)
    if read_policy(connection, bucket, None):
        raise RefusedError(
            f"The bucket {bucket} has a policy, and CloudFormation creates the stack's only where there is none; "
            "nothing was changed.",
            f"If it is the former stack's, delete it: `aws s3api delete-bucket-policy --bucket {bucket}`, then retry.",
        )


def _check_settings(settings: Settings) -> None:
    if not settings.has_bucket or settings.bucket.existing:
        reason = "bucket.existing names one" if settings.has_bucket else "origin is app"
        raise RefusedError(
            f"The settings give the stack no bucket of its own ({reason}); nothing was adopted.",
            "Take that out of the settings, or run the command without --adopt.",
        )
    if has_own_key(settings):
        raise RefusedError(
            "bucket.encryption: kms creates a new key, and the objects in the bucket need their present one; nothing "
            "was changed.",
            "Name that key: `bucket: {encryption: 'kms:<its ARN>'}`.",
        )


def _check_record(connection: Connection, project: Project, bucket: str) -> None:
    run = start_run(Owner(project.name, project.stack), project.stack_named)
    snapshot = read_state(open_bucket(connection, bucket, project.settings.assets.prefix, Counter()))
    check_owner(snapshot.state, run)
    if snapshot.etag is None and any(BucketContents(connection, bucket).list_versions()):
        raise RefusedError(
            f"The bucket {bucket} holds objects, but no record of this project; nothing was changed.",
            "Check the name after --adopt, and assets.prefix, below which the record lies.",
        )
