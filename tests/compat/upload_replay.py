"""What Flask-S3 was seen to upload, done again with ``create_all``: runs a case and puts differences into words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, Flask

from flask_cdn_stack.compat.create_all import create_all
from tests.compat.s3_account import Account
from tests.conftest import write_files
from tests.servers.fault_proxy import FaultProxy

#: A case is what was set, what the peer did, and to which versions of it that applies.
Case = Mapping[str, Any]

#: What the peer did and what is done here, in words.
Difference = tuple[str, str]

CASES: list[Case] = json.loads(Path(__file__).with_name("peer_uploads.json").read_text("utf-8"))

_FILES: dict[str, str | bytes] = {
    "static/.git/config": "[core]\n" * 50,
    "static/.hidden": "hidden\n" * 50,
    "static/.well-known/security.txt": "Contact: mailto:security@example.com\n" * 10,
    "static/README": "Read me.\n" * 50,
    "static/UPPER.JS": "console.log(1)\n" * 50,
    "static/app.js.map": '{"version": 3}\n' * 50,
    "static/bah.js": "console.log('bah')\n" * 50,
    "static/css/app.css": "body { color: black }\n" * 50,
    "static/css/sub/x.css": "p { color: black }\n" * 50,
    "static/data.unknownext": "data\n" * 50,
    "static/empty.txt": "",
    "static/font.woff2": b"wOF2" + bytes(200),
    "static/img/logo.png": b"\x89PNG" + bytes(200),
    "static/img/logo.svg": "<svg/>\n" * 50,
    "static/page.html": "<p>page</p>\n" * 50,
    "static/pre.js.gz": b"\x1f\x8b" + bytes(200),
    "static/site.webmanifest": '{"name": "shop"}\n' * 50,
    "static/unié.js": "console.log(2)\n" * 50,
    "static/with space.js": "console.log(3)\n" * 50,
    "admin_static/adm.js": "console.log('adm')\n",
}
_LINKS = {"static/linked.js": "bah.js"}

_FIELDS = {
    "content_type": "ContentType",
    "content_encoding": "ContentEncoding",
    "content_language": "ContentLanguage",
    "cache_control": "CacheControl",
    "expires": "ExpiresString",
    "metadata": "Metadata",
}
#: What S3 says where no content type was sent.
_UNSET = "binary/octet-stream"


def name_case(case: Case) -> str:
    """Return a case's name in the table of differences."""
    return f"upload:{case['id']}".replace(" ", "-")


class Replay:
    """One case in a bucket of its own."""

    def __init__(self, case: Case, account: Account, proxy: FaultProxy, folder: Path) -> None:
        self.name = name_case(case)
        self._case, self._account, self._proxy, self._folder = case, account, proxy, folder
        write_files(folder, _FILES)
        for name, target in _LINKS.items():
            (folder / name).symlink_to(target)
        if not case.get("creates_bucket", True):
            account.s3.create_bucket(Bucket=account.bucket)

    def find_differences(self) -> set[Difference]:
        """Upload as the peer was told to, and compare."""
        found = set(self._run_steps())
        if "error" in self._case:
            outcome = "uploads the files" if self._exists() else "has nothing to upload"
            return {(f"raises {self._case['error']}", outcome)}
        if self._case.get("creates_bucket") and not self._exists():
            return {("creates the bucket", "has nothing to upload")}
        return found | set(self._compare_acls()) | set(self._compare_objects()) | set(self._compare_hashes())

    def _exists(self) -> bool:
        names = [bucket["Name"] for bucket in self._account.s3.list_buckets()["Buckets"]]
        return self._account.bucket in names

    def _run_steps(self) -> Iterator[Difference]:
        app = _make_app(self._case, self._folder)
        app.config.update(FLASKS3_BUCKET_NAME=self._account.bucket, FLASKS3_ENDPOINT_URL=self._proxy.url)
        if "steps" not in self._case:
            create_all(app, **self._case.get("arguments", {}))
        for step in self._case.get("steps", ()):
            if "puts" in step:
                yield from self._compare_puts(app, step)
            else:
                self._take(app, step)

    def _compare_puts(self, app: Flask, step: Mapping[str, Any]) -> Iterator[Difference]:
        self._proxy.log.clear()
        create_all(app, **step.get("arguments", {}))
        start = f"/{self._account.bucket}/"
        paths = (request.path.partition("?")[0] for request in self._proxy.log if request.method == "PUT")
        ours = {unquote(path.removeprefix(start)) for path in paths if path.startswith(start)} - {""}
        more = set(step["puts"]) - ours
        if "static/.git/config" in more:
            yield "uploads static/.git/config", "does not upload it"
            more.remove("static/.git/config")
        if more:
            yield f"uploads {_enumerate(more)} though unchanged", "uploads nothing"
        assert ours <= set(step["puts"])

    def _take(self, app: Flask, step: Mapping[str, Any]) -> None:
        app.config.update(step.get("config", {}))
        if "change" in step:
            (self._folder / step["change"]).write_text("changed\n" * 50)
        if "delete" in step:
            (self._folder / step["delete"]).unlink()
        if "delete_object" in step:
            self._account.s3.delete_object(Bucket=self._account.bucket, Key=step["delete_object"])

    def _compare_acls(self) -> Iterator[Difference]:
        acls = [None, *self._account.list_keys()]
        if self._case["public"] and not any(self._account.is_public(key) for key in acls):
            yield "sets the ACL public-read on bucket and objects", "sets no ACL"

    def _compare_objects(self) -> Iterator[Difference]:
        theirs, ours = self._case["objects"], set(self._account.list_keys())
        expected = {key for key, headers in theirs.items() if headers is not None}
        yield from ((f"uploads {key}", "does not upload it") for key in expected - ours)
        unexpected = ours - expected if self._case["complete"] else ours & (theirs.keys() - expected)
        yield from ((f"does not upload {key}", "uploads it") for key in unexpected)
        packed = []
        for key in expected & ours:
            for field, value in _read_fields(self._account.head(key), theirs[key]):
                if (field, *value) == ("content_encoding", "gzip", None):
                    packed.append(key)
                else:
                    yield _describe(key, field, *value)
        if packed:
            yield f"compresses {_enumerate(packed)}", "leaves them as they are"

    def _compare_hashes(self) -> Iterator[Difference]:
        if "hashes" not in self._case:
            return
        theirs, ours = set(self._case["hashes"]), json.loads(self._account.body(".file-hashes"))
        known = [path for path in ours if path.startswith("/static/")]
        yield from ((f"has an entry for {path}", "has none") for path in theirs - set(ours) if ".git" not in path)
        yield from ((f"forgets {path} in .file-hashes", "keeps it") for path in set(known) - theirs)


def _make_app(case: Case, folder: Path) -> Flask:
    options = dict(case.get("app", {}))
    blueprints = options.pop("blueprints", ())
    app = Flask("shop", root_path=str(folder), subdomain_matching=True, **options)
    for blueprint in blueprints:
        app.register_blueprint(Blueprint(import_name="shop", root_path=str(folder), **blueprint))
    app.config.update(case.get("config", {}))
    return app


def _read_fields(head: Mapping[str, Any], theirs: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """Yield the fields that differ, with the peer's value and ours."""
    for field, name in _FIELDS.items():
        pair = theirs.get(field), head.get(name) or None
        if field == "expires":
            pair = _parse_date(pair[0]), _parse_date(pair[1])
        if pair[0] != pair[1]:
            yield field, pair


def _parse_date(text: str | None) -> datetime | None:
    return parsedate_to_datetime(text) if text else None


def _describe(key: str, field: str, theirs: str | None, ours: str | None) -> Difference:
    if field == "content_type" and theirs == _UNSET:
        return "sets no content type", "sets the content type of the file's extension"
    if field == "content_type" and ours == f"{theirs}; charset=utf-8":
        return "names no charset", "names the charset of text, utf-8"
    name = field.replace("_", "-")
    peer = f"gives {key} the {name} {theirs}" if theirs else f"gives {key} no {name}"
    return peer, f"gives it the {name} {ours}" if ours else "gives it none"


def _enumerate(keys: set[str] | list[str]) -> str:
    return ", ".join(sorted(keys)) if len(keys) < 8 else f"{len(keys)} files"
