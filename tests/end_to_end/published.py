"""Reading back what was published: through the CDN, as browsers do, and through the app's pages."""

from __future__ import annotations

import hashlib
import json
import runpy
from urllib.parse import unquote, urlsplit

from flask_cdn_stack.aws.session import Connection, open_connection
from flask_cdn_stack.verify import Answer, fetch
from tests.conftest import Program

CACHE_CONTROL = "public, max-age=3600, s-maxage=31536000"

_CRAWL = """
import json, sys
from urllib.parse import urlsplit
from shop import create_app
from flask_cdn_stack.local.demo.crawl import crawl_site

client = create_app().test_client()


def fetch_text(url):
    parts = urlsplit(url)
    answer = client.get(parts.path + "?" + parts.query, follow_redirects=True)
    assert answer.status_code == 200, (url, answer.status)
    return answer.text if answer.mimetype == "text/html" else ""


print(json.dumps(crawl_site(sys.argv[1], fetch_text).resources))
"""


def connect(program: Program) -> Connection:
    """Return a connection to the program's account."""
    return open_connection("us-east-1", endpoint_url=program.environment["AWS_ENDPOINT_URL"])


def ask(program: Program, host: str, target: str) -> Answer:
    """Return what the program's account answers to a path under a host, without any credentials."""
    address = urlsplit(program.environment["AWS_ENDPOINT_URL"])
    return fetch(f"http://{host}{target}", lambda _: (str(address.hostname), address.port or 80))


def cdn_host(program: Program) -> str:
    """Return the host and port that the generated config file names."""
    return str(runpy.run_path(str(program.folder / "cdn_config.py"))["CDN_DOMAIN"])


def read_manifest(program: Program) -> dict[str, str]:
    """Return the checksum of each percent-encoded path in the manifest."""
    lines = (program.folder / "cdn_manifest.txt").read_text("utf-8").splitlines()
    return {path: checksum for checksum, path in (line.split("  ", 1) for line in lines if line[:1] != "#")}


def crawl(program: Program, start: str = "/") -> list[str]:
    """Return the URLs that the app's pages load, beginning at ``start``, in a process of the app's own."""
    result = program.run_forked("-c", _CRAWL, f"http://localhost{start}")
    assert result.exit_code == 0, result.stderr
    urls: list[str] = json.loads(result.stdout)
    return [url for url in urls if url.startswith("http")]


def expect_published(program: Program, urls: list[str], files: dict[str, bytes], types: dict[str, str]) -> None:
    """Fetch URLs through the CDN and compare them with the files of these keys and the types of these suffixes."""
    connection, host = connect(program), cdn_host(program)
    for url in urls:
        parts = urlsplit(url)
        assert (parts.scheme, parts.netloc) == ("http", host), url
        key = unquote(parts.path).removeprefix("/")
        answer = fetch(url, connection.connect_address, {"Origin": "https://shop.example"})
        assert (answer.status, answer.body == files[key]) == (200, True), url
        assert parts.query == f"c={hashlib.sha256(files[key]).hexdigest()}"
        _expect_headers(answer, types[key.rpartition(".")[2]], url)


def _expect_headers(answer: Answer, content_type: str, url: str) -> None:
    assert answer.headers["content-type"] == content_type, url
    assert answer.headers["cache-control"] == CACHE_CONTROL, url
    assert answer.headers["access-control-allow-origin"] == "*", url


def manifest_urls(program: Program) -> list[str]:
    """Return the URL of every line of the manifest."""
    host = cdn_host(program)
    return [f"http://{host}/{path}?c={checksum}" for path, checksum in read_manifest(program).items()]
