"""Headers that the edge takes away: all that S3 adds and that only the bucket's owner is to know."""

from __future__ import annotations

import botocore.session
import pytest

from flask_cdn_stack.checks.removed_headers import APP_HEADERS, BUCKET_HEADERS, KEY_HEADERS

from ..audit.broken import SETTINGS, build

#: Headers that S3 may answer with and that stay, by why.
STAY = {
    "x-amz-meta-": "what assets.headers sets, to be seen",
    "x-amz-website-redirect-location": "whoever put the object there wants it to be seen",
    "x-amz-checksum-": "only for who asks with x-amz-checksum-mode, which CloudFront does not send",
    "x-amz-mp-parts-count": "only for who asks for a part by partNumber, which never reaches S3",
    "x-amz-server-side-encryption-customer-": "such objects cannot be read without their key",
    "x-amz-object-lock-": "only for who has s3:GetObjectRetention or s3:GetObjectLegalHold",
    "x-amz-tagging-count": "only for who has s3:GetObjectTagging",
    "x-amz-request-charged": "only for who pays for requests",
    "x-amz-restore": "of archived objects, which cannot be served",
    "x-amz-storage-class": "of an existing bucket's, and it says nothing of whose the object is",
    "x-amz-missing-meta": "a count, and ours are never left out",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_removed(name: str) -> None:
    """Wherever a bucket answers they are removed, those of the key among them, and what an app's visitors only get."""
    config = build(name)["Resources"]["ResponseHeadersPolicy"]["Properties"]["ResponseHeadersPolicyConfig"]
    removed = {item["Header"] for item in config["RemoveHeadersConfig"]["Items"]}

    assert (removed >= {*BUCKET_HEADERS, *KEY_HEADERS}) is SETTINGS[name].has_bucket
    assert (removed >= {*APP_HEADERS}) is SETTINGS[name].has_app_origin


def test_every_header_of_s3() -> None:
    """Is removed, or stays for a reason; newer ones are found in botocore's model of GetObject."""
    answer = botocore.session.get_session().get_service_model("s3").operation_model("GetObject").output_shape
    assert answer is not None
    names = {shape.serialization.get("name", "").lower() for shape in answer.members.values()}
    left = {name for name in names if name.startswith("x-amz-")} - set(BUCKET_HEADERS)

    assert len(names) > 20
    assert not {name for name in left if not name.startswith(tuple(STAY))}
