"""``destroy`` with a bucket: what lies there, who else is at work, and the files beside the settings."""

from __future__ import annotations

import re

import pytest

from tests.cli.observing import assert_one_message, client, find_stack, outputs, read_objects, stack_name
from tests.cli.settings_file import add_settings
from tests.cli.terminal import run_in_terminal
from tests.conftest import Program


def destroy(program: Program, *options: str) -> tuple[str, ...]:
    """Return a command that is not asked."""
    return ("destroy", "--yes", "--stack", stack_name(program), *options)


def test_foreign_objects(deployed: Program) -> None:
    """Stop it before anything is deleted; a word lets them go too."""
    s3, bucket = client(deployed, "s3"), outputs(deployed)["BucketName"]
    for number in range(25):
        s3.put_object(Bucket=bucket, Key=f"theirs/{number:02}", Body=b"")
    before = read_objects(deployed)

    words = ("25 names that this project has not published", "theirs/19\n  ... and 5 more", "--including-foreign")
    assert_one_message(deployed(*destroy(deployed, "--empty-bucket")), 4, *words)
    assert read_objects(deployed) == before
    done = deployed.ok(*destroy(deployed, "--empty-bucket", "--including-foreign", "--json")).json
    assert done["kept"] == []
    assert done["emptied"]["objects"] > 25


def test_a_bucket_that_goes_with_its_stack(program: Program) -> None:
    """Is emptied before, because CloudFormation deletes no other."""
    add_settings(program.folder, "bucket:\n  retain: false\n  versioning: false")
    program.ok("provision", "--yes")
    program.ok("deploy")
    assert_one_message(program(*destroy(program)), 4, "bucket.retain is off", "--empty-bucket")
    done = program.ok(*destroy(program, "--empty-bucket", "--json")).json

    assert done["kept"] == []
    assert "Bucket" in {item["logical_id"] for item in done["deleted"]}
    assert done["emptied"]["versions"] == done["emptied"]["markers"] == 0


def test_at_a_terminal(deployed: Program) -> None:
    """The name is typed, and it is shown how the bucket gets empty; in the end nothing is left."""
    name = stack_name(deployed)
    result = run_in_terminal(deployed, "destroy", "--empty-bucket", answer=f"{name}\n".encode(), question=b"go ahead")

    assert result.exit_code == 0, result.stdout
    assert "Emptying the bucket" in result.stdout
    assert "Nothing is left that costs money." in result.stdout
    assert find_stack(deployed) is None


@pytest.mark.parametrize("text", ['{header}\nCDN_DOMAIN = "cdn.other.example"\n', "CDN_DOMAIN = None  # mine\n"])
def test_a_config_file_of_something_else(deployed: Program, text: str) -> None:
    """Of another stage's CDN, or of the user's own: it stays, and the manifest with it."""
    file = deployed.folder / "cdn_config.py"
    text = text.format(header=file.read_text().partition("\n")[0])
    file.write_text(text)
    done = deployed.ok(*destroy(deployed, "--json"))

    assert file.read_text() == text
    assert (deployed.folder / "cdn_manifest.txt").exists()
    assert done.json["config_file"] is None
    assert ("names another CDN, cdn.other.example" in done.stderr) == ("other" in text)


def test_a_resource_that_cannot_be_deleted(provisioned: Program) -> None:
    """Another distribution uses the stack's policies: that is said, and they are left where the user says so."""
    cloudfront, made = client(provisioned, "cloudfront"), outputs(provisioned)
    used = cloudfront.get_distribution_config(Id=made["DistributionId"])["DistributionConfig"]
    cloudfront.create_distribution(DistributionConfig={**used, "CallerReference": "other"})
    failed = provisioned(*destroy(provisioned))
    names = re.findall("--retain-resource ([A-Za-z]+)", failed.stderr)

    assert failed.exit_code == 1
    assert "could not be deleted; it is now DELETE_FAILED. First cause:" in failed.stderr
    assert {"CachePolicy", "ResponseHeadersPolicy"} <= {*names}
    options = [part for name in names for part in ("--retain-resource", name)]
    done = provisioned.ok(*destroy(provisioned, "--json", *options)).json
    assert {item["logical_id"] for item in done["kept"]} == {*names, "Bucket"}
    assert {made["CachePolicyId"], made["BucketName"]} <= {cost["name"] for cost in done["costs"]}
    assert find_stack(provisioned) is None
