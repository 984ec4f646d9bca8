"""Objects in a bucket, when the network or S3 says no."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from flask_cdn_stack.aws.failures import translate_errors
from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import Upload, Uploaded
from flask_cdn_stack.aws.workers import FIRST_WORKERS, limit_workers
from flask_cdn_stack.errors import AWSError, CredentialsError, UnreachableError
from tests.aws.conftest import REPEATS, MakeBucket
from tests.aws.test_storage import plan, send
from tests.servers.fault_proxy import FaultProxy, Rule
from tests.servers.loopback import serve_answer


@pytest.fixture
def faulty(make_bucket: MakeBucket, proxy: FaultProxy) -> Bucket:
    """The bucket, by way of the proxy."""
    return make_bucket(proxy.url)


def actions(proxy: FaultProxy) -> list[str]:
    return [request.action for request in proxy.log]


@dataclass
class Waiting:
    """A file that is prepared only when as many others as are wanted are being prepared, or after a while."""

    upload: Upload
    meeting: threading.Barrier

    @property
    def key(self) -> str:
        return self.upload.key

    @property
    def size(self) -> int:
        return self.upload.size

    @property
    def takes_long(self) -> bool:
        return True

    def prepare(self) -> Upload:
        self.meeting.wait(timeout=10)
        return self.upload


@pytest.mark.parametrize(("delay", "workers"), [(0.0, FIRST_WORKERS), (0.1, limit_workers())])
def test_how_many_begin(faulty: Bucket, proxy: FaultProxy, tmp_path: Path, delay: float, workers: int) -> None:
    """Depends on how long the write before took: many, where answers come from far away."""
    proxy.rules.add(Rule("delay", seconds=delay))
    faulty.write("claim", b"", "text/plain", None)
    proxy.rules.clear()
    meeting = threading.Barrier(workers)
    files = [Waiting(plan(tmp_path / str(number), f"{number}.css", b"a"), meeting) for number in range(workers)]
    results: list[object] = []
    faulty.upload(files, lambda sending, result: results.append(result))

    assert [type(result) for result in results] == [Uploaded] * workers


@pytest.mark.parametrize(
    "rule",
    [
        Rule("status", times=2),
        Rule("status", status=500, error="InternalError", times=2),
        Rule("reset", times=1),
        Rule("reset_mid_upload", times=1),
        Rule("drop_response", times=1),
        Rule("status", status=400, error="RequestTimeout", times=2),
        Rule("corrupt_upload", times=2),
    ],
    ids=lambda rule: f"{rule.action} {rule.status}",
)
def test_an_upload_is_repeated(faulty: Bucket, proxy: FaultProxy, tmp_path: Path, rule: Rule) -> None:
    """Until it succeeds; the same bytes under the same key do no harm twice."""
    proxy.rules.add(rule)
    (result,) = send(faulty, plan(tmp_path / "a", "a.css", b"a")).values()

    assert isinstance(result, Uploaded)
    assert actions(proxy) == [rule.action] * (rule.times or 0) + ["pass"]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("status", status=500, times=2),
        Rule("status", status=400, error="RequestTimeout", times=2),
        Rule("corrupt_upload", times=2),
    ],
    ids=lambda rule: f"{rule.action} {rule.status}",
)
def test_a_conditional_write_that_was_not_carried_out_is_repeated(
    make_bucket: MakeBucket, proxy: FaultProxy, rule: Rule
) -> None:
    """S3 said so itself."""
    proxy.rules.add(rule)
    make_bucket(proxy.url).write("state", b"one", "text/plain", None)
    found = make_bucket().read("state")

    assert actions(proxy) == [rule.action] * 2 + ["pass"]
    assert found is not None
    assert found.data == b"one"


def test_a_wrong_clock(faulty: Bucket, connection: Connection, proxy: FaultProxy, tmp_path: Path) -> None:
    """Is said once, and not waited for; both clients hear of it."""
    skewed = "The difference between the request time and the current time is too large."
    proxy.rules.add(Rule("status", status=403, error="RequestTimeTooSkewed", message=skewed))
    results = send(faulty, *[plan(tmp_path / str(number), str(number), b"x") for number in range(FIRST_WORKERS * 4)])
    client = replace(connection, endpoint_url=proxy.url).client("s3")
    with pytest.raises(CredentialsError) as caught, translate_errors("s3:ListBucket"):
        client.list_objects_v2(Bucket="any")

    said = f"AWS refuses what this machine signs, because its clock is wrong: {skewed}"
    texts = {str(result).partition("\nSee ")[0] for result in results.values()}
    assert texts == {f"{said}\nCorrect this machine's clock, then retry."}
    assert str(caught.value) in {str(result) for result in results.values()}
    assert len(results) <= FIRST_WORKERS + 1


@pytest.mark.parametrize(("action", "written"), [("reset", False), ("drop_response", True)])
@pytest.mark.parametrize("create", [True, False])
def test_a_conditional_write_without_an_answer(
    make_bucket: MakeBucket, proxy: FaultProxy, action: str, written: bool, create: bool
) -> None:
    """Is not repeated, for that could conflict with itself; whoever wrote must look."""
    direct, faulty = make_bucket(), make_bucket(proxy.url)
    etag = None if create else direct.write("state", b"before", "text/plain", None)
    proxy.rules.add(Rule(action))  # type: ignore[arg-type]

    with pytest.raises(UnreachableError, match="AWS could not be reached"):
        faulty.write("state", b"after", "text/plain", etag)

    assert actions(proxy) == [action]
    found = direct.read("state")
    assert (found.data if found else None) == (b"after" if written else None if create else b"before")


@pytest.mark.parametrize("action", ["truncate", "drop_response"])
def test_a_read_is_repeated(make_bucket: MakeBucket, proxy: FaultProxy, action: str) -> None:
    """From where it broke off."""
    direct, faulty = make_bucket(), make_bucket(proxy.url)
    direct.write("state", b"0123456789" * 100, "text/plain", None)
    proxy.rules.add(Rule(action, times=1))  # type: ignore[arg-type]
    found = faulty.read("state")

    assert found is not None
    assert found.data == b"0123456789" * 100
    assert actions(proxy) == [action, "pass"]


@pytest.mark.parametrize(
    ("action", "call", "requests"),
    [
        ("s3:GetObject", lambda bucket: bucket.read("k/ä.css"), 2),  # it, and its name
        ("s3:PutObject", lambda bucket: bucket.write("k/ä.css", b"", "text/plain", None), 1),
        ("s3:DeleteObject", lambda bucket: bucket.delete(["k/ä.css"]), 1),
    ],
)
def test_a_denied_request(
    make_bucket: MakeBucket, proxy: FaultProxy, action: str, call: Callable[[Bucket], object], requests: int
) -> None:
    """Names the action and the object's ARN, as a policy would, and is not repeated."""
    proxy.rules.add(Rule("status", status=403, error="AccessDenied"))
    faulty = make_bucket(proxy.url, prefix="shop")

    with pytest.raises(AWSError) as caught:
        call(faulty)

    assert caught.value.message == f"AWS denied {action} on arn:aws:s3:::{faulty.name}/shop/k/ä.css."
    assert actions(proxy) == ["status"] * requests


def test_an_endpoint_that_is_dead(make_bucket: MakeBucket) -> None:
    """Fails before anyone gives up waiting: ten repeats with five seconds at most between them."""
    start = time.monotonic()

    with pytest.raises(UnreachableError, match=f"after {REPEATS} retries"):
        make_bucket("http://127.0.0.1:1").read("state")

    assert time.monotonic() - start < 51


def test_the_proxy_of_the_environment_stays_out(
    make_bucket: MakeBucket, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the way to this machine, for both clients."""
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)

    assert make_bucket().read("absent") is None
    assert connection.client("cloudformation").list_stacks()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_one_of_several_deletions_is_denied(make_bucket: MakeBucket) -> None:
    """S3 answers 200 then, and names the key inside."""
    error = b"<Error><Key>shop/b</Key><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"
    body = b"<DeleteResult><Deleted><Key>shop/a</Key></Deleted>" + error + b"</DeleteResult>"

    with serve_answer(200, body) as url, pytest.raises(AWSError) as caught:
        make_bucket(url, prefix="shop").delete(["a", "b"])

    assert str(caught.value).startswith("AWS denied s3:DeleteObject on arn:aws:s3:::bucket-")
    assert caught.value.message.endswith("/shop/b.")


@pytest.mark.parametrize(
    ("status", "body", "kind", "expected"),
    [
        (403, b"", AWSError, "AWS denied s3:GetObject on arn:aws:s3:::bucket-"),
        (403, b"<Error><Code>AccessDenied</Code><Message>User: x is not authorized to perform: s3:GetObject on "
              b"resource: &quot;arn:aws:s3:::b/k&quot; because no</Message></Error>",
         AWSError, "AWS denied s3:GetObject on arn:aws:s3:::b/k."),
        (404, b"<Error><Code>NoSuchKey</Code></Error>", type(None), ""),
        (400, b"<Error><Code>Odd</Code><Message>Very odd</Message></Error>", AWSError, "failed: Very odd (Odd)"),
        (407, b"<html>", AWSError, "407 Proxy Authentication Required"),
        (502, b"<html>Bad gateway</html>", UnreachableError, "502 Bad Gateway"),
    ],
)  # fmt: skip
def test_answers_of_other_servers(make_bucket: MakeBucket, status: int, body: bytes, kind: type, expected: str) -> None:
    """S3's error in full, none at all, or something that is not S3."""
    with serve_answer(status, body) as url:
        bucket = make_bucket(url)
        if kind is type(None):
            assert bucket.read("k") is None
            return
        with pytest.raises(AWSError) as caught:
            bucket.read("k")

    assert type(caught.value) is kind
    assert expected in caught.value.message


@pytest.mark.parametrize(
    ("begin", "method"),
    [
        (lambda bucket, file: bucket.read("state"), "GET"),
        (lambda bucket, file: send(bucket, plan(file, "a.css", b"a")), "PUT"),
    ],
    ids=["read", "upload"],
)
def test_an_answer_that_does_not_come(
    make_bucket: MakeBucket, proxy: FaultProxy, tmp_path: Path, begin: Callable[[Bucket, Path], object], method: str
) -> None:
    """Is waited for as long as it may take, and then the request is sent again."""
    bucket = make_bucket(proxy.url, timeout=1)
    proxy.rules.add(Rule("hang", method=method, times=1))

    outcome = begin(bucket, tmp_path / "a.css")

    assert actions(proxy) == ["hang", "pass"]
    assert not isinstance(outcome, dict) or isinstance(outcome["a.css"], Uploaded)


@pytest.mark.parametrize(
    "begin",
    [lambda bucket: bucket.write("state", b"", "text/plain", None), lambda bucket: bucket.delete(["a.css"])],
    ids=["condition", "delete"],
)
def test_what_is_not_sent_again(make_bucket: MakeBucket, proxy: FaultProxy, begin: Callable[[Bucket], object]) -> None:
    """Whether it was carried out is not known, and whoever asked has to look."""
    bucket = make_bucket(proxy.url, timeout=1)
    proxy.rules.add(Rule("hang", times=1))

    with pytest.raises(UnreachableError):
        begin(bucket)

    assert actions(proxy) == ["hang"]
