"""``destroy`` in every state that a stack can be in: what is asked of AWS, what is said, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.cli.life import Life
from tests.cli.life_stacks import OUTPUTS, Refusal, Resource
from tests.cli.observing import assert_one_message
from tests.cli.settings_file import add_settings

SAYS = ("--yes", "--stack", "shop-cdn")
TYPED = ["shop-cdn"]

BUCKET = Resource("Bucket", type="AWS::S3::Bucket")
FAILED = Resource("Distribution", "DELETE_FAILED", "The resource is in use")


def fill(life: Life, objects: int = 2) -> None:
    """Let there be objects in the stack's bucket."""
    item = {"Key": "a", "VersionId": "1", "IsLatest": True, "Size": 500}
    life.account.answers["s3", "ListObjectVersions"] = {"Versions": [item] * objects, "IsTruncated": False}
    life.account.answers["s3", "HeadBucket"] = {"BucketRegion": "us-east-1"}


@pytest.mark.parametrize(
    ("status", "more", "arguments", "typed", "calls", "words", "exit_code"),
    [
        ("CREATE_COMPLETE", {}, SAYS, None, ["DeleteStack"], "Deleted the stack shop-cdn.", 0),
        ("CREATE_COMPLETE", {}, (), TYPED, ["DeleteStack"], "Deleted the stack shop-cdn.", 0),
        ("CREATE_COMPLETE", {}, (), ["shop"], [], "not the stack's name. Aborted; nothing was deleted.", 4),
        ("CREATE_COMPLETE", {}, (), None, [], "Pass --yes and --stack shop-cdn", 4),
        ("CREATE_COMPLETE", {}, ("--yes",), None, [], "Pass --yes and --stack shop-cdn", 4),
        ("CREATE_COMPLETE", {}, ("--yes", "--stack", "blog-cdn"), None, [], "is not the name of the stack", 4),
        ("CREATE_COMPLETE", {}, ("--stack", "blog-cdn"), TYPED, [], "is not the name of the stack", 4),
        ("CREATE_COMPLETE", {}, ("--dry-run",), None, [], "", 0),
        ("CREATE_COMPLETE", {}, ("--dry-run", "--exit-code"), None, [], "", 3),
        ("CREATE_COMPLETE", {"project": None}, SAYS, None, [], "was not made by flask-cdn-stack", 4),
        ("CREATE_COMPLETE", {"is_protected": True}, SAYS, None, [], "update-termination-protection", 4),
        ("CREATE_COMPLETE", {}, (*SAYS, "--force"), None, [], "for a stack whose deletion has failed", 4),
        ("CREATE_COMPLETE", {}, (*SAYS, "--retain-resource", "Bucket"), None, [], "whose deletion has failed", 4),
        ("CREATE_COMPLETE", {}, (*SAYS, "--including-foreign"), None, [], "goes with --empty-bucket", 2),
        ("UPDATE_ROLLBACK_FAILED", {}, SAYS, None, ["DeleteStack"], "Deleted the stack", 0),
        ("ROLLBACK_COMPLETE", {}, SAYS, None, ["DeleteStack"], "Deleted the stack", 0),
        ("REVIEW_IN_PROGRESS", {"project": None}, SAYS, None, ["DeleteStack"], "Deleted the stack", 0),
        ("UPDATE_IN_PROGRESS", {}, SAYS, None, ["DeleteStack"], "waiting until that has ended", 0),
        ("UPDATE_IN_PROGRESS", {}, ("--dry-run",), None, [], "is being changed (UPDATE_IN_PROGRESS)", 1),
        ("DELETE_IN_PROGRESS", {}, SAYS, None, [], "Deleted the stack", 0),
        ("DELETE_FAILED", {}, SAYS, None, ["DeleteStack"], "Deleted the stack", 0),
        ("DELETE_FAILED", {"resources": [FAILED]}, (*SAYS, "--retain-resource", "Distribution"), None,
         ["DeleteStack RetainResources=Distribution"], "belongs to no stack any more", 0),
        ("DELETE_FAILED", {"resources": [FAILED]}, (*SAYS, "--retain-resource", "Bucket"), None, [],
         "Those that failed: Distribution.", 4),
        ("DELETE_FAILED", {}, (*SAYS, "--force"), None, ["DeleteStack DeletionMode=FORCE_DELETE_STACK"], "Deleted", 0),
        ("DELETE_COMPLETE", {}, SAYS, None, [], "is deleted. Its resources:", 0),
        (None, {}, SAYS, None, [], "There is no stack shop-cdn in us-east-1", 0),
    ],
)  # fmt: skip
def test_each_state(
    life: Life,
    status: str | None,
    more: dict[str, Any],
    arguments: tuple[str, ...],
    typed: list[str] | None,
    calls: list[str],
    words: str,
    exit_code: int,
) -> None:
    """A stack in a state, a command and an answer come to requests, words and an exit code."""
    if status:
        resources = [replace(item) for item in more.get("resources", [Resource("Distribution")])]
        life.has(status, **{**more, "resources": resources})

    result = life("destroy", *arguments, typed=typed)

    assert result.exit_code == exit_code, result.stderr
    assert life.account.calls == calls
    assert words in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "status", ["CREATE_COMPLETE", "REVIEW_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"]
)
def test_another_projects_stack(life: Life, status: str) -> None:
    """Is not followed, nor deleted, where only the name is the same."""
    (life.folder / "flask-cdn-stack.yml").write_text("region: us-east-1\n")
    (life.folder / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    life.has(status, project="blog", resources=[Resource("Distribution")])
    result = life("destroy", *SAYS)

    assert result.exit_code == 4
    assert "belongs to the project blog, not to shop" in result.stderr
    assert life.account.calls == []


def test_a_deletion_that_fails(life: Life) -> None:
    """Is said with the first cause, and both ways out by name."""
    life.has("CREATE_COMPLETE", resources=[replace(FAILED)])
    life.account.stacks.outcomes["DeleteStack"] = ["DELETE_FAILED"]
    result = life("destroy", *SAYS)

    assert result.exit_code == 1
    assert "First cause:\n  Distribution (AWS::CloudFront::Distribution): The resource is in use" in result.stderr
    assert "--retain-resource Distribution; --force keeps all of it." in result.stderr


def test_what_is_shown(life: Life) -> None:
    """What goes, what stays and how much lies there, and what that costs; the answer is asked after it."""
    fill(life)
    life.has("CREATE_COMPLETE", resources=[replace(BUCKET), Resource("Distribution")])
    result = life("destroy", typed=["no"])

    words = [
        "Delete the stack shop-cdn in us-east-1, account 123456789012 (CREATE_COMPLETE):",
        "Delete  Distribution  AWS::CloudFront::Distribution  shop-cdn-distribution",
        "Keep    Bucket        AWS::S3::Bucket                shop-cdn-bucket",
        "In the bucket shop-cdn-bucket: 2 objects (1.0 kB).",
        "bucket shop-cdn-bucket (1.0 kB): S3 charges",
        "takes 5 to 15 minutes",
        "Type the name of the stack, shop-cdn, to go ahead",
    ]
    places = [result.stderr.index(text) for text in words]
    assert places == sorted(places)


@pytest.fixture
def left(life: Life) -> Life:
    """A stack that is gone, and has left its bucket."""
    fill(life)
    stack = life.has("DELETE_COMPLETE")
    life.account.stacks.tell(stack, "DELETE_SKIPPED", resource=replace(BUCKET))
    return life


def test_a_bucket_that_was_left(left: Life) -> None:
    """Is found again, by who destroys once more, and by who makes the next stack."""
    again = left("destroy", *SAYS, "--json")
    assert [item["id"] for item in again.json["kept"]] == ["shop-cdn-bucket"]
    assert [item["bytes"] for item in again.json["costs"]] == [1000]

    made = left("provision", "--dry-run")
    assert "has left the bucket shop-cdn-bucket, and this stack gets a new one" in made.stderr
    assert "`flask-cdn-stack provision --adopt shop-cdn-bucket`" in made.stderr
    left.account.answers["cloudformation", "ListStacks"] = deny
    assert "has left the bucket" not in left("provision", "--dry-run").stderr
    assert "There is no stack shop-cdn" in left("destroy", *SAYS).stderr


def test_a_bucket_that_holds_much(life: Life) -> None:
    """Takes a while to count, which is said once."""

    def list_page(parameters: dict[str, Any]) -> dict[str, Any]:
        number = int(parameters.get("KeyMarker", 0)) + 1
        item = {"Key": str(number), "VersionId": "1", "IsLatest": True, "Size": 1}
        return {
            "Versions": [item], "IsTruncated": number < 12, "NextKeyMarker": str(number), "NextVersionIdMarker": "1",
        }  # fmt: skip

    fill(life)
    life.account.answers["s3", "ListObjectVersions"] = list_page
    life.has("CREATE_COMPLETE", resources=[replace(BUCKET)])
    result = life("destroy", "--dry-run")

    assert result.stderr.count("counting them takes a while") == 1
    assert "In the bucket shop-cdn-bucket: 12 objects (12 bytes)." in result.stdout


def test_a_bucket_that_may_not_be_listed(life: Life) -> None:
    """Keeps nobody from deleting the stack."""
    fill(life)
    life.account.answers["s3", "ListObjectVersions"] = deny
    life.has("CREATE_COMPLETE", resources=[replace(BUCKET)])
    result = life("destroy", *SAYS)

    assert result.exit_code == 0, result.stderr
    assert "may not list it (s3:ListBucketVersions)" in result.stderr
    assert life.account.calls == ["DeleteStack"]


def deny(parameters: dict[str, Any]) -> dict[str, Any]:
    raise Refusal("AccessDenied", "Access Denied", 403)


def test_an_interrupt(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves CloudFormation at work, and says how to follow it, and what comes after it."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    life.has("CREATE_COMPLETE", resources=[Resource("Distribution")])
    monkeypatch.setattr(life.account.stacks, "sleep", interrupt)
    result = life("destroy", *SAYS)

    assert result.exit_code == 4
    assert "flask-cdn-stack status --follow" in result.stderr
    assert "Run `flask-cdn-stack destroy` again with the same options" in result.stderr
    assert life.account.calls == ["DeleteStack"]


def test_a_stack_that_nobody_tells_of_any_more(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """Is gone."""
    life.has("CREATE_COMPLETE", resources=[Resource("Distribution")])
    monkeypatch.setattr(life.account.stacks, "sleep", lambda seconds: life.account.stacks.found.clear())
    report = life("destroy", *SAYS, "--json").json

    assert report["status"] == "DELETE_COMPLETE"
    assert [item["logical_id"] for item in report["deleted"]] == ["Distribution"]


@pytest.mark.parametrize(
    ("settings", "outputs", "words"),
    [
        ("bucket:\n  existing: team\n", OUTPUTS, "The bucket team is not the stack's own"),
        ("", OUTPUTS, "The bucket shop-cdn-bucket-1a2b is not the stack's own"),
        ("", {"OriginMode": "app"}, "has no bucket: its files come from the app"),
    ],
)
def test_only_the_stacks_own_bucket_is_emptied(life: Life, settings: str, outputs: dict[str, str], words: str) -> None:
    """Whatever else is said."""
    add_settings(life.folder, settings)
    stack = life.has("CREATE_COMPLETE", resources=[Resource("Distribution")])
    stack.outputs = outputs
    result = life("destroy", *SAYS, "--empty-bucket", "--including-foreign")

    assert result.exit_code == 4
    assert words in result.stderr
    assert life.account.calls == []


def test_a_target(life: Life) -> None:
    """Another tool looks after it."""
    add_settings(life.folder, "target: {bucket: team, domain: cdn.shop.example}")

    assert_one_message(life("destroy", "--dry-run"), 4, "there is no stack to destroy")


def test_what_is_the_users_own_is_named(life: Life) -> None:
    """It goes on costing money."""
    certificate = f"arn:aws:acm:us-east-1:123456789012:certificate/{'0' * 8}-0000-0000-0000-{'0' * 12}"
    delivery = f"{{aliases: [cdn.shop.example], certificate_arn: '{certificate}', hosted_zone_id: Z1}}"
    add_settings(life.folder, f"delivery: {delivery}")
    life.has("CREATE_COMPLETE", resources=[Resource("Distribution")])
    report = life("destroy", "--dry-run", "--json").json

    costs = [(item["kind"], item["name"]) for item in report["costs"]]
    assert costs == [("hosted zone", "Z1"), ("certificate", certificate)]
    assert set(report) == {"stack", "region", "status", "deleted", "kept", "emptied", "costs", "config_file"}
