"""``AWS::S3::Bucket`` as AWS does it: MiniStack leaves out the properties found here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import s3
from ministack.services.cloudformation import provisioners

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_Properties = Mapping[str, Any]
_Answer = tuple[int, Mapping[str, str], bytes | None]


def apply() -> None:
    """Apply every bucket property of a template."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handlers["create"], handlers["update"]

    def create_bucket(logical_id: str, properties: _Properties, stack: str) -> Any:
        name, attributes = create(logical_id, properties, stack)
        try:
            _apply_properties(name, properties)
        except Exception:
            s3._delete_bucket(name)
            raise
        return name, attributes

    def update_bucket(physical_id: str, old: _Properties, new: _Properties, stack: str) -> Any:
        name, attributes = update(physical_id, old, new, stack)
        for key, remove in _removals().items():
            if key in old and key not in new:
                remove(name)
        _apply_properties(name, new)
        return name, attributes

    handlers.update(create=create_bucket, update=update_bucket)
    _refuse_second_policy()


def _refuse_second_policy() -> None:
    """Refuse to make the policy of a bucket that has one, in the words of CloudFormation's handler.

    A change set says that another bucket's policy is another policy (CloudFormation user guide,
    "AWS::S3::BucketPolicy").
    """
    provisioners._REPLACING_PROPERTIES["AWS::S3::BucketPolicy"] = ("Bucket",)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::BucketPolicy"]
    create, update = handlers["create"], handlers["update"]

    def create_policy(logical_id: str, properties: _Properties, stack: str) -> Any:
        bucket = properties["Bucket"]
        if s3._bucket_policies.get(bucket):
            raise ValueError(f"The bucket policy already exists on bucket {bucket}.")
        return create(logical_id, properties, stack)

    def update_policy(physical_id: str, old: _Properties, new: _Properties, stack: str) -> Any:
        if new["Bucket"] != old["Bucket"]:
            return create_policy(physical_id, new, stack)
        return update(physical_id, old, new, stack)

    handlers.update(create=create_policy, update=update_policy)


def _removals() -> dict[str, Callable[[str], object]]:
    return {
        "LifecycleConfiguration": s3._delete_bucket_lifecycle,
        "BucketEncryption": s3._delete_bucket_encryption,
        "Tags": s3._delete_bucket_tagging,
    }


def _apply_properties(name: str, properties: _Properties) -> None:
    _apply_document(name, "BucketEncryption", _encryption(properties), s3._put_bucket_encryption)
    _apply_document(name, "OwnershipControls", _ownership(properties), s3._put_bucket_ownership_controls)
    _apply_document(name, "LifecycleConfiguration", _lifecycle(properties), s3._put_bucket_lifecycle)
    if properties.get("Tags"):
        s3._bucket_tags[name] = {tag["Key"]: str(tag["Value"]) for tag in properties["Tags"]}
    if properties.get("VersioningConfiguration", {}).get("Status") == "Suspended":
        s3._bucket_versioning[name] = "Suspended"


def _apply_document(name: str, what: str, document: str, put: Callable[[str, bytes], _Answer]) -> None:
    if document:
        _raise_for_status(put(name, document.encode()), what)


def _raise_for_status(answer: _Answer, what: str) -> None:
    status, _, body = answer
    if status < 400:
        return
    error = re.search(rb"<Code>(.*?)</Code><Message>(.*?)</Message>", body or b"", re.DOTALL)
    code, message = (part.decode() for part in error.groups()) if error else (str(status), "")
    raise ValueError(f"{message} (Service: S3, Status Code: {status}, Error Code: {code}) [{what}]")


def _encryption(properties: _Properties) -> str:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    content = "".join(_encryption_rule(rule) for rule in rules)
    return content and f"<ServerSideEncryptionConfiguration {_NAMESPACE}>{content}</ServerSideEncryptionConfiguration>"


def _encryption_rule(rule: _Properties) -> str:
    default = rule.get("ServerSideEncryptionByDefault", {})
    algorithm = _element("SSEAlgorithm", default.get("SSEAlgorithm"))
    key = _element("KMSMasterKeyID", default.get("KMSMasterKeyID"))
    bucket_key = str(rule.get("BucketKeyEnabled", False)).lower()
    return (
        f"<Rule><ApplyServerSideEncryptionByDefault>{algorithm}{key}</ApplyServerSideEncryptionByDefault>"
        f"<BucketKeyEnabled>{bucket_key}</BucketKeyEnabled></Rule>"
    )


def _ownership(properties: _Properties) -> str:
    rules = properties.get("OwnershipControls", {}).get("Rules", [])
    content = "".join(f"<Rule>{_element('ObjectOwnership', rule['ObjectOwnership'])}</Rule>" for rule in rules)
    return content and f"<OwnershipControls {_NAMESPACE}>{content}</OwnershipControls>"


def _lifecycle(properties: _Properties) -> str:
    rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
    content = "".join(_lifecycle_rule(f"rule{index}", rule) for index, rule in enumerate(rules))
    return content and f"<LifecycleConfiguration {_NAMESPACE}>{content}</LifecycleConfiguration>"


def _lifecycle_rule(default_id: str, rule: _Properties) -> str:
    return "".join(
        [
            "<Rule>",
            _element("ID", rule.get("Id", default_id)),
            "<Filter><Prefix></Prefix></Filter>",
            _element("Status", rule.get("Status", "Enabled")),
            _group("Expiration", Days=rule.get("ExpirationInDays")),
            _group("Expiration", ExpiredObjectDeleteMarker="true" if rule.get("ExpiredObjectDeleteMarker") else None),
            _group("NoncurrentVersionExpiration", **rule.get("NoncurrentVersionExpiration", {})),
            _group("AbortIncompleteMultipartUpload", **rule.get("AbortIncompleteMultipartUpload", {})),
            "</Rule>",
        ]
    )


def _group(name: str, **values: Any) -> str:
    content = "".join(_element(key, value) for key, value in values.items())
    return content and f"<{name}>{content}</{name}>"


def _element(name: str, value: Any) -> str:
    return "" if value is None else f"<{name}>{escape(str(value))}</{name}>"
