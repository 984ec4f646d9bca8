"""Two apps in one bucket, each below a prefix: one has the stack, the other a distribution of its own as target."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.verify import fetch
from tests.cli.observing import client, outputs
from tests.conftest import SHOP_APP, Program, write_files
from tests.end_to_end.published import cdn_host, connect, crawl

_ONE = {"css/app.css": "one", "logo.svg": "<svg>one</svg>", "only-one.js": "one"}
_TWO = {"css/app.css": "two", "logo.svg": "<svg>two</svg>", "only-two.js": "two"}


def _write(program: Program, files: dict[str, str]) -> None:
    write_files(program.folder, {f"shop/static/{name}": text for name, text in files.items()})


def _add_distribution(program: Program, prefix: str) -> dict[str, str]:
    """Create a distribution like that of the program's stack for another folder of the bucket."""
    cloudfront, s3, values = client(program, "cloudfront"), client(program, "s3"), outputs(program)
    config = cloudfront.get_distribution_config(Id=values["DistributionId"])["DistributionConfig"]
    config |= {"CallerReference": prefix}
    config["Origins"]["Items"][0]["OriginPath"] = f"/{prefix}"
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    policy = s3.get_bucket_policy(Bucket=values["BucketName"])["Policy"]
    old = cloudfront.get_distribution(Id=values["DistributionId"])["Distribution"]["ARN"]
    both = policy.replace(json.dumps(old), json.dumps([old, made["ARN"]]))
    assert both != policy
    s3.put_bucket_policy(Bucket=values["BucketName"], Policy=both)
    return {"bucket": values["BucketName"], "distribution_id": made["Id"], "domain": made["DomainName"]}


@pytest.fixture
def shops(tmp_path: Path, make_program: Callable[[Path], Program]) -> tuple[Program, Program]:
    """Two projects, nothing deployed."""
    one, two = make_program(tmp_path / "one"), make_program(tmp_path / "two")
    stack = f"shared{abs(hash(str(tmp_path))) % 10**9}"
    assets = "{fingerprint: path, prefix: shops/one, keep_releases: 1, keep_days: 0}"
    settings = f"app: shop\nstack: {stack}\nassets: {assets}\n"
    write_files(one.folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": SHOP_APP})
    _write(one, _ONE)
    one.ok("provision", "--yes")
    target = json.dumps(_add_distribution(one, "shops/two"))
    settings = f"app: shop\ntarget: {target}\nassets: {{prefix: shops/two}}\n"
    write_files(two.folder, {"flask-cdn-stack.yml": settings, "shop/__init__.py": SHOP_APP})
    _write(two, _TWO)
    return one, two


def _deploy(program: Program, *options: str) -> Any:
    return program.ok("deploy", "--json", *options).json


def _objects(one: Program, prefix: str) -> dict[str, str]:
    """ETags below a prefix."""
    found = client(one, "s3").list_objects_v2(Bucket=outputs(one)["BucketName"], Prefix=f"{prefix}/")
    return {item["Key"]: item["ETag"] for item in found.get("Contents", [])}


def _get(program: Program, path: str) -> tuple[int, bytes]:
    answer = fetch(f"http://{cdn_host(program)}/{path}", connect(program).connect_address)
    return answer.status, answer.body


def test_neither_touches_the_other(shops: tuple[Program, Program]) -> None:
    """Deploys, deletions and pruning of one leave every object of the other, and each CDN serves its own."""
    one, two = shops
    _deploy(one)
    first = _objects(one, "shops/one")
    _deploy(two)
    assert _objects(one, "shops/one") == first
    second = _objects(one, "shops/two")
    assert {key.partition("/static/")[2] for key in second if "/static/" in key} == set(_TWO)

    _write(one, {"css/app.css": "one, changed"})
    (one.folder / "shop/static/only-one.js").unlink()
    _deploy(one)
    _deploy(one, "--verify-remote")
    one.ok("prune", "--yes")
    assert _objects(one, "shops/two") == second
    assert not [key for key in _objects(one, "shops/one") if "only-one" in key]

    first = _objects(one, "shops/one")
    (two.folder / "shop/static/only-two.js").unlink()
    deleted = _deploy(two, "--delete", "--yes")["deleted"]
    assert deleted == ["static/only-two.js"]
    assert _objects(one, "shops/one") == first

    assert _get(one, "static/css/app.css") == (200, b"one, changed")
    assert _get(two, "static/css/app.css") == (200, b"two")
    for program, texts in ((one, {"one, changed"}), (two, {"two"})):
        for url in crawl(program):
            assert fetch(url, connect(program).connect_address).body.decode() in texts
    for program, other in ((one, "two"), (two, "one")):
        assert _get(program, f"shops/{other}/static/css/app.css")[0] == 403
        assert _get(program, f"../{other}/static/css/app.css")[0] == 403
        assert _get(program, "shops/.flask-cdn-stack/state.json.gz")[0] == 403
        assert _get(program, ".flask-cdn-stack/state.json.gz")[0] == 403
