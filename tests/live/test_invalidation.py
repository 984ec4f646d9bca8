"""What the edge forgets after a deploy, and how it is asked."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.live.sites import FILES, Site, uses

VARIANTS = ("", "?c=1", "?c=2&t=1", "?v=%C3%BC+x")


def keep_copy(site: Site, target: str) -> None:
    """Ask until the edge answers out of its own copy."""
    answers_itself = site.account.wait_for(lambda: site.view(target).headers["x-cache"].startswith("Hit"))
    assert answers_itself, target


@uses("plain")
def test_changed_files_are_forgotten(site: Site) -> None:
    """Under every query string, whatever is in their names, as soon as ``deploy --wait`` has ended."""
    targets = [(path, f"{path}{variant}") for path in site.paths for variant in VARIANTS]
    for _, target in targets:
        keep_copy(site, target)

    site.write({name: f"{text}<!-- {uuid.uuid4().hex} -->" for name, text in FILES.items()})
    invalidated = site.deploy("--wait")["invalidated"]

    assert invalidated
    stale = [target for path, target in targets if site.view(target).body != site.read(path)]
    assert stale == []


@uses("plain")
def test_a_reference_counts_once(site: Site) -> None:
    """Asked again with the same one, CloudFront returns the first request; for other paths it refuses."""
    cloudfront, distribution, reference = (
        site.account.client("cloudfront"),
        site.outputs["DistributionId"],
        str(uuid.uuid4()),
    )

    def ask(*paths: str) -> Any:
        batch = {"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference}
        return cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)["Invalidation"]

    assert ask("/static/none-a*")["Id"] == ask("/static/none-a*")["Id"]
    with pytest.raises(ClientError, match="InvalidationBatchAlreadyExists"):
        ask("/static/none-b*")
