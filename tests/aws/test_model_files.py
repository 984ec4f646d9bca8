"""The descriptions of services that clients are made from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from flask_cdn_stack.aws.boto3_session import open_boto3

DESCRIPTION = {
    "metadata": {"apiVersion": "2020-01-01", "endpointPrefix": "shop", "protocol": "json", "serviceId": "Shop"},
    "operations": {"SellNothing": {"name": "SellNothing", "http": {"method": "POST", "requestUri": "/"}}},
    "shapes": {},
}


@pytest.mark.parametrize(("end", "pack"), [("", bytes), (".gz", gzip.compress)])
def test_a_folder_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, end: str, pack: Any) -> None:
    """Is looked into, as botocore does, and what botocore comes with is still there."""
    folder = tmp_path / "shop" / "2020-01-01"
    folder.mkdir(parents=True)
    (folder / f"service-2.json{end}").write_bytes(pack(json.dumps(DESCRIPTION).encode()))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    session = botocore.session.Session()
    available = open_boto3(session).get_available_services()

    assert {"shop", "s3"} <= set(available)
    assert session.get_service_model("shop").operation_names == ["SellNothing"]
    assert "PutObject" in session.get_service_model("s3").operation_names
