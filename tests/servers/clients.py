"""Clients of a local AWS, made once each: that takes longer than most of what they ask."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config


@cache
def client_at(url: str, service: str, region: str = "us-east-1") -> Any:
    """Return this process's boto3 client of a service at an endpoint, for somebody who may do everything."""
    session: Any = boto3.Session("test", "test", region_name=region)
    return session.client(service, endpoint_url=url)


def open_s3(url: str, access_key: tuple[str, str], **options: Any) -> Any:
    """Return a new client of S3 for who has a key, which asks once only."""
    once = Config(retries={"total_max_attempts": 1}, **options)
    session: Any = boto3.Session(*access_key, region_name="us-east-1")
    return session.client("s3", endpoint_url=url, config=once)
