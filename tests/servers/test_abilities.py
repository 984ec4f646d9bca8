"""Each line of :mod:`tests.servers.abilities`, asked of the server that it speaks of."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.conftest import Services
from tests.servers.abilities import ABILITIES, Abilities

PART_BYTES = 5 * 1024 * 1024


class _Asking:
    """A bucket of a server, and what it says."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client, self.bucket = client, bucket

    def ask(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Return an answer, also one that refuses."""
        try:
            return dict(getattr(self.client, operation)(Bucket=self.bucket, **parameters))
        except ClientError as error:
            return dict(error.response)

    def status(self, operation: str, **parameters: Any) -> int:
        return int(self.ask(operation, **parameters)["ResponseMetadata"]["HTTPStatusCode"])

    def put(self, key: str, **parameters: Any) -> int:
        return self.status("put_object", Key=key, Body=b"x", **parameters)

    def send_parts(self, key: str, **condition: str) -> dict[str, Any]:
        upload = self.ask("create_multipart_upload", Key=key)["UploadId"]
        place = {"Key": key, "UploadId": upload}
        bodies = enumerate([b"a" * PART_BYTES, b"b"], 1)
        sent = [(number, self.ask("upload_part", **place, PartNumber=number, Body=body)) for number, body in bodies]
        parts = [{"PartNumber": number, "ETag": answer["ETag"]} for number, answer in sent]
        return self.ask("complete_multipart_upload", **place, MultipartUpload={"Parts": parts}, **condition)

    def observe(self) -> Abilities:
        """Return what the server does."""
        etag = self.ask("put_object", Key="a", Body=b"a")["ETag"]
        stale, second = self.put("a", IfMatch='"0"'), self.put("a", IfNoneMatch="*")
        missing = self.put("never", IfMatch=etag)
        other = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
        checks = self.put("checked", ChecksumSHA256=other) == 400
        large = self.send_parts("large")["ETag"]
        in_parts = self.send_parts("large", IfMatch='"0"')["ResponseMetadata"]["HTTPStatusCode"] == stale != 200
        kept = self.ask("head_object", Key="large")["ETag"] == large
        self.put("folder")
        nests = self.put("folder/b") == 200
        listed = self.ask("list_objects_v2", Prefix="a")["Contents"][0]["ETag"].startswith('"')
        versions = self._observe_versions()
        return Abilities(
            *(stale, second, missing, checks, in_parts, kept, *versions, listed, self._lists_in_order(), 0, nests)
        )

    def _lists_in_order(self) -> bool:
        keys = ["tea-b", "tea.b", "tea/b", "tea0"]
        for key in keys:
            self.put(key)
        listed = self.ask("list_objects_v2", Prefix="tea", StartAfter=keys[0])["Contents"]
        return [item["Key"] for item in listed] == keys[1:]

    def _observe_versions(self) -> tuple[bool, bool]:
        first, _ = (self.ask("put_object", Key="v", Body=body) for body in (b"1", b"2"))
        if "VersionId" not in first:
            return False, False
        source = {"Bucket": self.bucket, "Key": "v", "VersionId": first["VersionId"]}
        copied = self.ask("copy_object", Key="v", CopySource=source, CopySourceIfMatch=first["ETag"])
        self.ask("delete_objects", Delete={"Objects": [{"Key": "v"}]})
        back = self.ask("get_object", Key="v", VersionId=copied["VersionId"])["Body"].read() == b"1"
        return back, copied["CopyObjectResult"]["ETag"].startswith('"')

    def ask_marker(self) -> int:
        """Return the status of a delete marker."""
        listed = self.ask("list_object_versions", Prefix="v")
        markers = listed.get("DeleteMarkers", ())
        return self.status("head_object", Key="v", VersionId=markers[0]["VersionId"]) if markers else 0


@pytest.mark.parametrize("name", ABILITIES)
def test_what_a_server_does(services: Services, name: str) -> None:
    """Is what the table says, no more and no less, so that no test leaves out what could be tested."""
    service = services(name)
    asking = _Asking(service.client, service.create_bucket())
    observed = asking.observe()

    assert replace(observed, misses_marker=asking.ask_marker()) == ABILITIES[name]
