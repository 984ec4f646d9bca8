"""``status`` in every state that a stack can be in, and where AWS does not answer: requests, words and exit code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flask_cdn_stack.release.process import this_process
from flask_cdn_stack.release.records import manifest_checksum
from flask_cdn_stack.release.state import Claim, Removal, State
from tests.cli.life import Life, begin_life
from tests.cli.life_sites import OBJECTS, PUBLISHED, RELEASE, publish, refuse
from tests.cli.life_stacks import ACCOUNT, OUTPUTS

pytestmark = pytest.mark.usefixtures("app_here")

ETAGS = {key: item.etag for key, item in OBJECTS.items()}
SITE = ["DescribeStacks", "GetDistribution", "GetObject", "GetObject", "ListAccountAliases", "ListObjectsV2"]
NOBODY = ["DescribeStacks", "GetCallerIdentity", "ListAccountAliases"]
EMPTY = ["DescribeStacks", "ListAccountAliases"]


@pytest.mark.parametrize(
    ("status", "reads", "step"),
    [
        (None, NOBODY, "Create the stack with `flask-cdn-stack provision`."),
        ("REVIEW_IN_PROGRESS", EMPTY, "Create the stack with `flask-cdn-stack provision`."),
        ("CREATE_IN_PROGRESS", EMPTY, "status --follow"),
        ("CREATE_FAILED", EMPTY, "`"),
        ("CREATE_COMPLETE", SITE, "config --write"),
        ("ROLLBACK_FAILED", EMPTY, "`"),
        ("ROLLBACK_COMPLETE", EMPTY, "`flask-cdn-stack provision`"),
        ("UPDATE_IN_PROGRESS", SITE, "status --follow"),
        ("UPDATE_FAILED", SITE, "`"),
        ("UPDATE_ROLLBACK_FAILED", SITE, "`"),
        ("UPDATE_ROLLBACK_COMPLETE", SITE, "config --write"),
        ("DELETE_IN_PROGRESS", EMPTY, "status --follow"),
        ("DELETE_FAILED", EMPTY, "`"),
        ("IMPORT_ROLLBACK_IN_PROGRESS", EMPTY, "status --follow"),
        ("IMPORT_ROLLBACK_FAILED", EMPTY, "console"),
        ("IMPORT_ROLLBACK_COMPLETE", SITE, "config --write"),
    ],
)
def test_each_state(life: Life, status: str | None, reads: list[str], step: str) -> None:
    """Is shown with what to do next, changes nothing, is no failure, and takes six requests at most."""
    publish(life)
    if status:
        life.has(status, reason="because")

    result = life("status")

    assert result.exit_code == 0, result.stderr
    assert (life.account.calls, sorted(life.account.reads)) == ([], reads)
    assert f"shop-cdn  {status or 'not there yet'}\n" in result.stdout
    assert step in result.stdout.partition("\nNext ")[2]
    assert ACCOUNT in result.stdout.splitlines()[0]
    assert ("https://us-east-1.console.aws.amazon.com/cloudformation/" in result.stdout) == bool(status)


UNREADABLE: list[tuple[tuple[str, str], Callable[[dict[str, Any]], Any], str, int]] = [
    (("cloudformation", "DescribeStacks"), refuse("AccessDenied"), "AWS denied cloudformation:DescribeStacks", 1),
    (("cloudformation", "DescribeStacks"), refuse("Throttling", 400), "run the same command again in a minute", 1),
    (("cloudformation", "DescribeStacks"), refuse("ExpiredToken"), "The AWS credentials have expired.", 1),
    (("cloudfront", "GetDistribution"), refuse("AccessDenied"), "AWS denied cloudfront:GetDistribution", 1),
    (("cloudfront", "GetDistribution"), refuse("NoSuchDistribution", 404), "There is no CloudFront distribution", 1),
    (("s3", "GetObject"), refuse("AccessDenied"), "AWS denied s3:GetObject", 1),
    (("s3", "GetObject"), refuse("NoSuchBucket", 404), "The bucket is gone", 1),
    (("s3", "ListObjectsV2"), refuse("AccessDenied"), "AWS denied s3:ListBucket", 1),
    (("iam", "ListAccountAliases"), refuse("AccessDenied"), "", 0),
]


@pytest.mark.parametrize(("operation", "answer", "words", "exit_code"), UNREADABLE)
def test_what_does_not_answer(
    life: Life, operation: tuple[str, str], answer: Callable[[dict[str, Any]], Any], words: str, exit_code: int
) -> None:
    """Is said, each once, and the rest is shown; but for the alias, without which the account has its id."""
    publish(life)
    life.account.answers[operation] = answer
    life.has("CREATE_COMPLETE")

    result = life("status", "--json")

    assert result.exit_code == exit_code, result.stderr
    assert words in result.stderr
    assert len(result.json["problems"]) == exit_code
    assert result.json["stack"]["status"] == (None if operation[0] == "cloudformation" else "CREATE_COMPLETE")
    assert result.json["release"] == (None if operation[0] == "cloudformation" or "GetObject" in operation else RELEASE)
    assert result.json["config_file"]["state"] == "absent"


def test_a_foreign_stack(life: Life) -> None:
    """Is refused, and nothing of it is looked at."""
    publish(life)
    life.has("CREATE_COMPLETE", project=None)

    result = life("status")

    assert result.exit_code == 4, result.stderr
    assert life.account.reads == ["DescribeStacks"]
    assert "it is left as it is" in result.stderr
    assert OUTPUTS["BucketName"] not in result.stdout


def test_another_origin(life: Life) -> None:
    """A stack without the bucket that the settings speak of is said to be so, and its distribution shown."""
    publish(life)
    life.has("CREATE_COMPLETE").outputs = {**OUTPUTS, "OriginMode": "app"}

    result = life("status")

    assert result.exit_code == 1, result.stderr
    assert "has no bucket" in result.stderr
    assert "E1ABCDEF  enabled, InProgress, cdn.test" in result.stdout
    assert sorted(life.account.reads) == ["DescribeStacks", "GetDistribution", "ListAccountAliases"]


TARGET = "target: {bucket: shop, domain: cdn.test, distribution_id: E1ABCDEF, region: us-east-1}\n"
NAMES = "delivery: {aliases: [cdn.test], certificate_arn: 'arn:aws:acm:us-east-1:123456789012:certificate/1'}\n"
APP = "origin: app\napp_origin: {domain: shop.test, paths: [/static/*]}\n"


@pytest.mark.parametrize(
    ("settings", "origin", "reads", "words"),
    [
        (TARGET, "", [*SITE[1:], "GetCallerIdentity"], ["named by the key target", "2 objects on record"]),
        (NAMES, "bucket", [*SITE[:-2], "DescribeCertificate", "ListObjectsV2"], ["ISSUED, 12 days left"]),
        (APP, "app", ["DescribeStacks", "GetDistribution", "ListAccountAliases"], ["2 in progress"]),
        ("origin: failover\n" + APP[12:], "failover", SITE, ["2 objects on record"]),
    ],
    ids=["target", "certificate", "origin app", "failover"],
)
def test_kinds_of_sites(life: Life, settings: str, origin: str, reads: list[str], words: list[str]) -> None:
    """Take six requests at most, each."""
    life = begin_life(life.folder, settings)
    publish(life)
    soon = datetime.now(UTC) + timedelta(days=12, hours=1)
    life.account.answers["acm", "DescribeCertificate"] = {"Certificate": {"Status": "ISSUED", "NotAfter": soon}}
    if origin:
        life.has("CREATE_COMPLETE").outputs = {**OUTPUTS, "OriginMode": origin}

    result = life("status")

    assert result.exit_code == 0, result.stderr
    assert sorted(life.account.reads) == sorted(reads)
    assert len(reads) <= 6
    for word in words:
        assert word in result.stdout


def test_what_is_under_way(life: Life) -> None:
    """Claims and removals, by whether their process goes on, and what the edge has still to forget."""
    ours, theirs = this_process(), ("another host", 1, None)
    state = State(
        **{
            **vars(PUBLISHED),
            "writing": {"a": Claim(("static/a.css",), 1_800_000_000, *ours), "b": Claim(("x", "y"), 1, *theirs, 2)},
            "removing": {"c": Removal(("z",), 1, ours.host, 2**22 + 1)},
            "owed": frozenset({"static/a.css"}),
        }
    )
    publish(life, state)
    life.has("CREATE_COMPLETE")

    shown, report = life("status").stdout, life("status", "--json").json

    assert [item["process"] for item in report["claims"]] == ["unknown", "left"]
    assert [item["process"] for item in report["removals"]] == ["left"]
    assert report["owed"] == ["static/a.css"]
    assert "a run that has ended: deleting 1 object since 1970-01-01T00:00:01Z" in shown
    assert "1 path still to be invalidated" in shown


@pytest.mark.parametrize(
    ("listed", "options", "reads", "differences", "words"),
    [
        (None, "", 1, {}, "none (bucket compared with the record)"),
        ({"static/a.css": '"x"'}, "", 1, {"static/a.css": "foreign-change", "static/b.js": "missing"}, "2 objects on"),
        ({**ETAGS, "other": ""}, "", 1, {}, "2 objects on record, 1 foreign"),
        ({}, "more", 1, {}, "2 objects on record; bucket not listed in full"),
        ({}, "more --verify-remote", 2, dict.fromkeys(OBJECTS, "missing"), "2 missing"),
    ],
    ids=["as it was", "by hand", "foreign", "more than a thousand", "all of them"],
)
def test_what_lies_in_the_bucket(
    life: Life, listed: dict[str, str] | None, options: str, reads: int, differences: dict[str, str], words: str
) -> None:
    """Is compared with the record, without any app; more than a thousand objects only where that is asked for."""
    publish(life, listed=listed)
    life.has("CREATE_COMPLETE")
    has_more, *given = options.split() or [""]
    if has_more:
        pages: list[dict[str, Any]] = [{"IsTruncated": True, "NextContinuationToken": "2"}, {"IsTruncated": False}]
        life.account.answers["s3", "ListObjectsV2"] = lambda parameters: pages["ContinuationToken" in parameters]

    shown = life("status", *given).stdout
    assert words in shown
    assert life.account.reads.count("ListObjectsV2") == reads
    report = life("status", "--json", *given).json
    assert {item["key"]: item["kind"] for item in report["differences"]} == differences


@pytest.mark.parametrize(
    ("status", "then", "words", "exit_code"),
    [
        ("CREATE_IN_PROGRESS", "CREATE_COMPLETE", "shop-cdn  CREATE_COMPLETE", 0),
        ("UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE", "shop-cdn  UPDATE_ROLLBACK_COMPLETE", 1),
        ("DELETE_IN_PROGRESS", "DELETE_COMPLETE", "shop-cdn  not there yet", 0),
        ("DELETE_IN_PROGRESS", "DELETE_FAILED", "shop-cdn  DELETE_FAILED", 1),
        ("REVIEW_IN_PROGRESS", "", "shop-cdn  REVIEW_IN_PROGRESS", 0),
        ("CREATE_COMPLETE", "", "shop-cdn  CREATE_COMPLETE", 0),
        (None, "", "shop-cdn  not there yet", 0),
    ],
)
def test_following(life: Life, status: str | None, then: str, words: str, exit_code: int) -> None:
    """Ends when the operation does, whose failure is one of the command, and then shows how it is."""
    publish(life)
    if status:
        life.has(status, then=then)

    result = life("status", "--follow")

    assert result.exit_code == exit_code, result.stderr
    assert words in result.stdout
    assert result.stderr.count("Error: The stack shop-cdn ") == exit_code
    assert life.account.calls == []


def test_an_exit_code(life: Life) -> None:
    """Is 3 where there is no stack, or something differs, and another's where something is not known."""
    assert life("status", "--exit-code").exit_code == 3
    publish(life)
    life.has("CREATE_COMPLETE")
    assert life("status", "--exit-code").exit_code == 3
    (life.folder / "cdn_config.py").write_text(life("config").stdout, "utf-8")
    manifest = "# flask-cdn-stack manifest\n"
    (life.folder / "cdn_manifest.txt").write_text(manifest, "utf-8")
    state = State(**{**vars(PUBLISHED), "manifest": manifest_checksum(manifest)})
    publish(life, state)
    assert life("status", "--exit-code").exit_code == 0
    publish(life, state, {})
    assert life("status", "--exit-code").exit_code == 3
    life.account.answers["s3", "GetObject"] = refuse("AccessDenied")
    assert life("status", "--exit-code").exit_code == 1


def test_a_deletion_that_leaves_nothing(life: Life) -> None:
    """Has succeeded, also where the service forgets the stack at once."""
    life.has("DELETE_IN_PROGRESS")
    life.account.stacks.on_sleep = lambda seconds: life.account.stacks.found.clear()

    result = life("status", "--follow")

    assert (result.exit_code, "not there yet" in result.stdout) == (0, True), result.stderr
