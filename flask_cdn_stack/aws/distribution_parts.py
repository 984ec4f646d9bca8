"""Reads everything from CloudFront's API that decides how a distribution answers requests."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import botocore.session
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from .failures import translate_errors
from .session import DEFAULT_REGION, Connection

#: Credentials that a local AWS accepts; they are valid nowhere else.
LOCAL_KEY = ("test", "test")


@dataclass(frozen=True)
class DistributionParts:
    """A distribution, the configurations of its policies by id, and the code of its functions by ARN."""

    distribution: Mapping[str, Any]
    cache_policies: Mapping[str, Mapping[str, Any]]
    headers_policies: Mapping[str, Mapping[str, Any]]
    functions: Mapping[str, str]


class DistributionReader:
    """Reads the distributions of an account.

    :param connection: the connection to use; for a local AWS, :func:`open_local_connection`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @cached_property
    def _client(self) -> Any:
        return self._connection.client("cloudfront")

    def find(self, domain: str) -> str | None:
        """Return the id of the distribution with a domain such as ``d111.cloudfront.net``; None if there is none."""
        with translate_errors("cloudfront:ListDistributions"):
            for page in self._client.get_paginator("list_distributions").paginate():
                for found in page["DistributionList"].get("Items", ()):
                    if found["DomainName"].lower() == domain:
                        return str(found["Id"])
        return None

    def read(self, distribution_id: str) -> DistributionParts | None:
        """Return a distribution, or None if it does not exist any more.

        :raises AWSError: it cannot be read.
        """
        client = self._client
        with translate_errors("cloudfront:GetDistribution", f"distribution {distribution_id}"):
            try:
                distribution = client.get_distribution(Id=distribution_id)["Distribution"]
            except client.exceptions.NoSuchDistribution:
                return None
            config = distribution["DistributionConfig"]
            behaviors = [config["DefaultCacheBehavior"], *config.get("CacheBehaviors", {}).get("Items", ())]
            return DistributionParts(
                distribution,
                {id: self._read_cache_policy(id) for id in _named(behaviors, "CachePolicyId")},
                {id: self._read_headers_policy(id) for id in _named(behaviors, "ResponseHeadersPolicyId")},
                {arn: self._read_function(arn) for arn in _functions(behaviors)},
            )

    def list_invalidations(self, distribution_id: str) -> set[str]:
        """Return the ids of all invalidations."""
        with translate_errors("cloudfront:ListInvalidations", f"distribution {distribution_id}"):
            pages = self._client.get_paginator("list_invalidations").paginate(DistributionId=distribution_id)
            return {item["Id"] for page in pages for item in page["InvalidationList"].get("Items", ())}

    def read_paths(self, distribution_id: str, invalidation: str) -> tuple[str, ...]:
        """Return the paths of an invalidation."""
        with translate_errors("cloudfront:GetInvalidation", f"distribution {distribution_id}"):
            found = self._client.get_invalidation(DistributionId=distribution_id, Id=invalidation)["Invalidation"]
            return tuple(found["InvalidationBatch"]["Paths"].get("Items", ()))

    def _read_cache_policy(self, id: str) -> Mapping[str, Any]:
        config: Mapping[str, Any] = self._client.get_cache_policy(Id=id)["CachePolicy"]["CachePolicyConfig"]
        return config

    def _read_headers_policy(self, id: str) -> Mapping[str, Any]:
        policy = self._client.get_response_headers_policy(Id=id)["ResponseHeadersPolicy"]
        config: Mapping[str, Any] = policy["ResponseHeadersPolicyConfig"]
        return config

    def _read_function(self, arn: str) -> str:
        answer = self._client.get_function(Name=arn.rpartition("/")[2], Stage="LIVE")
        return str(answer["FunctionCode"].read(), "utf-8")


def _named(behaviors: list[Mapping[str, Any]], key: str) -> set[str]:
    return {behavior[key] for behavior in behaviors if behavior.get(key)}


def _functions(behaviors: list[Mapping[str, Any]]) -> set[str]:
    lists = [behavior.get("FunctionAssociations", {}).get("Items", ()) for behavior in behaviors]
    return {item["FunctionARN"] for items in lists for item in items}


def open_local_connection(endpoint_url: str) -> Connection:
    """Return a connection to a local AWS that ignores the user's profile and credentials."""
    nothing = (None, None, None, None)
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    session = botocore.session.Session(session_vars={"profile": nothing, **files})
    session.set_credentials(*LOCAL_KEY)
    return Connection(session, DEFAULT_REGION, endpoint_url, {})


def sign_for_bucket(domain: str, method: str, target: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a distribution's request to its bucket, signed as origin access control signs them.

    :param domain: the bucket's domain, with its region.
    """
    before, _, after = domain.rpartition(".s3.")
    region = after.partition(".")[0] if before and not after.startswith("amazonaws.") else DEFAULT_REGION
    request = AWSRequest(method, f"https://{domain}{target}", dict(headers))
    S3SigV4Auth(Credentials(*LOCAL_KEY), "s3", region).add_auth(request)
    return dict(request.headers.items())
