"""Clients of a local AWS, made once each: that takes longer than most of what they ask."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3


@cache
def client_at(url: str, service: str, region: str = "us-east-1") -> Any:
    """Return this process's boto3 client of a service at an endpoint, for somebody who may do everything."""
    session: Any = boto3.Session("test", "test", region_name=region)
    return session.client(service, endpoint_url=url)
