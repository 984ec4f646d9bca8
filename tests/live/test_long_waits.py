"""What AWS takes its time for."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

from tests.live.account import SHORTEST_SESSION, Account
from tests.live.roles import assume, make_role, wait_for_rights
from tests.live.sites import LOGGED, Site, uses

#: Seconds after which a log that has not come is missed: most come within minutes, some within an hour.
_LOG_PATIENCE = 3600


@uses("logs")
def test_a_viewer_is_logged(site: Site) -> None:
    """The files of a distribution with logs are served as any, and there is a bucket for the logs."""
    assert site.view(LOGGED).status == 200
    assert site.outputs["LogBucketName"]


@uses("plain")
def test_a_session_that_ends(account: Account, site: Site, tmp_path: Path) -> None:
    """Ends a deploy with one message that says so; with the next session it goes on."""
    role, bucket = make_role(account, "ending", site.rights("deploy")), site.outputs["BucketName"]
    key = assume(account, role, SHORTEST_SESSION)
    began = time.monotonic()
    mine = site.copy(tmp_path / "live-project", key)
    wait_for_rights(account, account.client("s3", key=key).list_objects_v2, Bucket=bucket)

    time.sleep(max(0, began + account.session + 1 - time.monotonic()))
    refused = mine.program("deploy")

    assert refused.exit_code == 1, refused.stderr
    assert refused.stderr.count("Error: ") == 1
    assert "credentials have expired" in refused.stderr
    assert "Traceback" not in refused.stderr
    site.copy(tmp_path / "live-project", assume(account, role)).deploy()


@uses("logs")
def test_logs_arrive(account: Account, site: Site) -> None:
    """With a line for what was asked when the site was new."""
    s3, bucket = account.client("s3"), site.outputs["LogBucketName"]
    seen: set[str] = set()

    def find_line() -> bool:
        for item in s3.list_objects_v2(Bucket=bucket).get("Contents", ()):
            if (key := item["Key"]) not in seen and key.endswith(".gz"):
                seen.add(key)
                text = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).decode()
                if f"/{LOGGED}" in text:
                    return True
        return False

    assert account.wait_for(find_line, _LOG_PATIENCE), f"{len(seen)} logs came, and none with {LOGGED}"
