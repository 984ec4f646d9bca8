"""Trees that are hard to carry: names, kinds of files, depths, numbers, sizes; and what is said of those too hard."""

from __future__ import annotations

import cProfile
import hashlib
import os
import pstats
import resource
import runpy
import sys
import tracemalloc
import unicodedata
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from flask import Flask

from flask_cdn_stack import CDN, url_for
from flask_cdn_stack.assets.collect import collect_assets
from flask_cdn_stack.assets.fingerprint import Builder
from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.aws.session import open_connection
from flask_cdn_stack.aws.storage import Bucket
from flask_cdn_stack.aws.uploads import PART_BYTES, Sending, Uploaded
from flask_cdn_stack.errors import AssetError, CDNStackError
from flask_cdn_stack.release.sending import ObjectSending
from flask_cdn_stack.settings.model import Assets
from flask_cdn_stack.verify import fetch
from tests.cli.limited import run_limited
from tests.cli.observing import assert_one_message, read_objects
from tests.conftest import Program, program_environment, write_files
from tests.end_to_end.published import cdn_host, connect
from tests.servers.multipart_sink import MultipartSink

APP = "from flask import Flask\n\napp = Flask(__name__)\n"

#: What a path may have before its checksum, in path mode, so that the key has 1,024 bytes.
_LONGEST = "/".join(["d" * 250] * 3) + "/" + "ü" * 123 + "e" * (1024 - 17 - len("static/") - 753 - 246)
NAMES = [
    *("with space.js", " leading.js", "trailing .js ", "a+b.js", "100%.js", "a%2Fb.js", "a%2520b.js", "#.js", "?.js"),
    *("a?b=c&d;e.js", "a&amp;b.js", "'single'.js", '"double".js', "`back`.js", "<tag>.js", "{a}[b](c).js", "a|b^c.js"),
    *("dot.", "dots...", "a..b", "~tilde", "$dollar!.js", "a:b.js", "C:\\windows\\style.js", "@,=.js"),
    *("UPPER.js", "upper.js", "Upper.JS", "folder/x.js", "Folder/x.js"),
    *(unicodedata.normalize(form, "é-Å-가.js") for form in ("NFC", "NFD")),
    *("\u202eright to left.js", "\u200bzero width.js", "𝔸🍵.js", "日本/語.js", "empty.js", "no-extension", _LONGEST),
    *("a\ttab.js", "delete\x7f.js", "next\x85line.js"),
]


@pytest.fixture
def bare(tmp_path: Path) -> Program:
    """The program in a folder with an app and nothing else, without an account and without a network."""
    write_files(tmp_path / "bare", {"app.py": APP, "flask-cdn-stack.yml": "", "static/a.js": "1"})
    return Program(tmp_path / "bare", program_environment(None))


@pytest.mark.parametrize("mode", ["query", "path"])
def test_names(tmp_path: Path, make_program: Callable[[Path], Program], mode: str) -> None:
    """Every file is deployed, and read back through the CDN at the URL that the app gives."""
    files = {name: b"" if name == "empty.js" else name.encode() for name in NAMES}
    stack = f"names-{mode}-{abs(hash(str(tmp_path))) % 10**9}"
    settings = f"app: app\nstack: {stack}\nassets: {{fingerprint: {mode}}}\n"
    write_files(tmp_path, {"flask-cdn-stack.yml": settings, "app.py": APP})
    write_files(tmp_path / "static", files)
    program = make_program(tmp_path)
    program.ok("provision", "--yes")
    report = program.ok("deploy", "--json").json

    assert program.ok("deploy", "--json").json["uploaded"] == []
    assert len(report["uploaded"]) == len(files) * (1 if mode == "query" else 2)
    assert max(len(item["key"].encode()) for item in report["uploaded"]) == (1024 if mode == "path" else 1007)
    app = Flask("names", root_path=str(tmp_path))
    app.config.from_pyfile(str(tmp_path / "cdn_config.py"))
    app.config["CDN_STRICT"] = True
    CDN(app)
    with app.test_request_context():
        urls = {name: url_for("static", filename=name) for name in files}
    host = runpy.run_path(str(tmp_path / "cdn_config.py"))["CDN_DOMAIN"]
    assert {urlsplit(url).netloc for url in urls.values()} == {host}
    assert len(set(urls.values())) == len(files)
    for name, url in urls.items():
        answer = fetch(url, connect(program).connect_address)
        assert (answer.status, answer.body) == (200, files[name]), url
        short = hashlib.sha256(files[name]).hexdigest()[: 64 if mode == "query" else 16]
        assert short in (urlsplit(url).query if mode == "query" else unquote(url))


def test_keys_that_are_too_long_with_a_checksum(bare: Program) -> None:
    """One message before anything is written; and a way out."""
    settings = "assets: {fingerprint: path, checksum_length: 17}\n"
    write_files(bare.folder, {"flask-cdn-stack.yml": settings, f"static/{_LONGEST}": "1"})

    result = bare("deploy", "--offline")

    assert_one_message(result, 2, "with its checksum", "1024 bytes", "assets.keep_names")
    assert not (bare.folder / "cdn_manifest.txt").exists()


@pytest.mark.parametrize(
    "size",
    [12 * PART_BYTES + 5, pytest.param(5 * 1024**3 + 1, marks=pytest.mark.full_matrix)],
    ids=["96 MB", "more than one request may hold"],
)
def test_a_large_file_in_parts(tmp_path: Path, size: int) -> None:
    """As many, and as large, as S3 takes; together they are the file."""
    write_files(tmp_path, {"static/large.bin": "x"})
    os.truncate(tmp_path / "static/large.bin", size)
    app = Flask(__name__, root_path=str(tmp_path))
    (item,) = Builder(collect_assets(app).assets, Assets(), FileHashes()).build().objects
    done: list[Uploaded | CDNStackError] = []

    def note(sending: Sending, result: Uploaded | CDNStackError) -> None:
        done.append(result)

    with MultipartSink() as sink:
        connection = open_connection("us-east-1", endpoint_url=sink.url, access_key=("key", "secret"))
        Bucket(connection, "shop", "", Counter()).upload([ObjectSending(item)], note)

    (uploaded,) = done
    assert isinstance(uploaded, Uploaded), uploaded
    assert (uploaded.size, uploaded.checksum) == (size, item.checksum)
    whole, rest = divmod(size, PART_BYTES)
    assert sink.parts == dict.fromkeys(range(1, whole + 1), PART_BYTES) | {whole + 1: rest}
    assert sink.completed == sorted(sink.parts)


def test_a_full_disk(bare: Program) -> None:
    """The manifest stays as it was, whole; no part of a new one is left."""
    bare.ok("deploy", "--offline")
    before = {path.name: path.read_bytes() for path in bare.folder.iterdir() if path.is_file()}
    write_files(bare.folder / "static", {f"{number}.js": "1" for number in range(40)})

    result = run_limited(bare, resource.RLIMIT_FSIZE, 2048, "deploy", "--offline")

    assert_one_message(result, 1, "cdn_manifest.txt cannot be written: File too large", "Free space")
    assert {path.name: path.read_bytes() for path in bare.folder.iterdir() if path.is_file()} == before


def test_a_full_disk_after_the_release(provisioned_with_many: Program) -> None:
    """What was published is; the manifest comes with the next deploy, which has nothing else to do."""
    result = run_limited(provisioned_with_many, resource.RLIMIT_FSIZE, 2048, "deploy", "--json")
    state = read_objects(provisioned_with_many)

    assert_one_message(result, 1, "cdn_manifest.txt cannot be written")
    again = provisioned_with_many.ok("deploy", "--json").json
    assert again["uploaded"] == []
    assert read_objects(provisioned_with_many) == state
    assert (provisioned_with_many.folder / "cdn_manifest.txt").exists()


@pytest.fixture
def provisioned_with_many(program: Program) -> Program:
    """The program in a project with 43 files, whose stack exists."""
    write_files(program.folder / "shop/static", {f"{number}.js": "1" for number in range(40)})
    program.ok("provision", "--yes")
    return program


def test_a_deep_tree(tmp_path: Path) -> None:
    """Is walked to its end, however deep, and what lies there has too long a key; without a file it is nothing."""
    folders = [f"{tmp_path}/static{'/d' * level}" for level in range(sys.getrecursionlimit() + 50)]
    app = Flask(__name__, root_path=str(tmp_path))
    for folder in folders:
        os.mkdir(folder)
    file = Path(folders[-1], "a.js")
    try:
        assert collect_assets(app).assets == ()
        file.touch()
        with pytest.raises(AssetError, match="longer than the 1024 bytes"):
            collect_assets(app)
    finally:
        # pytest's own cleaning would recurse too deep.
        file.unlink(missing_ok=True)
        for folder in reversed(folders):
            os.rmdir(folder)


def _count_calls(folder: Path) -> int:
    profile = cProfile.Profile()
    profile.runcall(_build, folder)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


def _measure_memory(folder: Path) -> int:
    tracemalloc.start()
    try:
        _build(folder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _build(folder: Path) -> None:
    app = Flask(__name__, root_path=str(folder))
    settings = Assets(fingerprint="path")
    build = Builder(collect_assets(app).assets, settings, FileHashes()).build()
    assert len(build.objects) == 2 * len(os.listdir(folder / "static"))


def write_many(folder: Path, count: int) -> None:
    """Put so many small files into one folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"file-{number}.js").write_bytes(b"%d" % number)


@pytest.mark.full_matrix
def test_a_hundred_thousand_files_in_the_bucket(program: Program) -> None:
    """They are served, and the next deploy asks for the record only."""
    write_many(program.folder / "shop/static/many", 100_000)
    program.ok("provision", "--yes")

    first = program.ok("deploy", "--json").json
    again = program.ok("deploy", "--json").json

    assert len(first["uploaded"]) >= 100_000
    assert again["requests"] == {"GetObject": 1}
    for number in (0, 54_321, 99_999):
        url = f"http://{cdn_host(program)}/static/many/file-{number}.js"
        assert fetch(url, connect(program).connect_address).body == b"%d" % number


@pytest.mark.parametrize("measure", [_count_calls, _measure_memory])
def test_growth(tmp_path: Path, measure: Callable[[Path], int]) -> None:
    """Four times the files in one folder take four times the work and the memory, no more."""
    sizes = {"small": 500, "large": 2000}
    for name, count in sizes.items():
        write_files(tmp_path / name / "static", {f"file-{number}.js": str(number) for number in range(count)})
    _build(tmp_path / "small")
    small, large = (measure(tmp_path / name) for name in sizes)

    assert large < 4.4 * small
