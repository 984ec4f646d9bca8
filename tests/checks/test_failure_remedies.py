"""What AWS says when it refuses, as people reported it, and the row of the table that it is found by."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from flask_cdn_stack.checks.failure_remedies import REMEDIES, find_remedy

#: Row, type of resource, where it was read (a thread on github.com, or a page of AWS's), and the reason.
with open(Path(__file__).with_name("failure_reasons.csv"), encoding="utf-8", newline="") as file:
    REASONS = list(csv.DictReader(file))


@pytest.mark.parametrize("met", REASONS, ids=[met["source"] for met in REASONS])
def test_what_people_met(met: dict[str, str]) -> None:
    """Is found by the first row that fits, with the way out and the page that tells more."""
    kind, reason = met["type"], met["reason"]
    row = next(row for row in REMEDIES if row.fits(kind, reason))
    found = find_remedy(kind, reason)

    assert row.code == met["row"]
    assert found == row.explain(reason)
    assert found.endswith(f" See https://docs.aws.amazon.com/{row.page}")
    assert "{" not in found


def test_every_row_was_met() -> None:
    """A row that nobody reports is a guess, and no two have one name."""
    assert sorted({met["row"] for met in REASONS}) == sorted(row.code for row in REMEDIES)


def test_the_action_is_named() -> None:
    """That somebody may not do: IAM's message hides it between two ARNs."""
    reason = "User: arn:aws:iam::1:user/ci is not authorized to perform: cloudfront:CreateDistribution on resource: arn"

    found = str(find_remedy("AWS::CloudFront::Distribution", reason))

    assert found.startswith("Allow cloudfront:CreateDistribution for these credentials")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("AWS::S3::Bucket", "The runtime parameter of bucketName is invalid"),
        ("AWS::SNS::Topic", "shop already exists"),
        ("", "Stack [shop] already exists (AlreadyExistsException)"),
        ("", "No updates are to be performed. (ValidationError)"),
    ],
)
def test_what_is_not_known(kind: str, reason: str) -> None:
    """Gets no advice: better none than one about something else."""
    assert find_remedy(kind, reason) is None
