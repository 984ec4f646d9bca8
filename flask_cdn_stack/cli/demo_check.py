"""Checks every URL in the pages of the demo's sample app."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from ..assets.collect import collect_assets
from ..assets.media_types import media_type
from ..aws.session import Connection
from ..errors import CDNStackError
from ..local.demo.crawl import crawl_site
from ..manifest import parse_manifest
from ..naming import asset_key
from ..verify import CheckedURL, check_url, fetch


def check_pages(app: Flask, project: Path, connection: Connection, address: str) -> list[CheckedURL]:
    """Fetch every URL that the app's pages load and compare it with the manifest and with the file itself."""

    def fetch_page(url: str) -> str:
        answer = fetch(url, connection.connect_address)
        if answer.status != 200:
            raise CDNStackError(f"The page {url} answers {answer.status}.", "The app's own error is above.")
        is_page = answer.headers.get("content-type", "").startswith("text/html")
        return answer.body.decode() if is_page else ""

    site = crawl_site(address, fetch_page)
    manifest = parse_manifest((project / "cdn_manifest.txt").read_text("utf-8"))
    files = {asset.key: asset.file for asset in collect_assets(app).assets}
    checked = []
    for url in site.resources:
        key = asset_key(urlsplit(url).path)
        if not url.partition("//")[2].startswith(app.config["CDN_DOMAIN"] + "/"):
            checked.append(CheckedURL(url, "", 0, "not on the CDN's host"))
            continue
        item = check_url(url, manifest.get(key), media_type(key), connection.connect_address)
        if not item.problem and not key.endswith(".css") and not _same_bytes(files[key], manifest[key]):
            item = CheckedURL(url, item.content_type, item.size, "other bytes than the file")
        checked.append(item)
    return checked


def _same_bytes(file: str, checksum: str) -> bool:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() == checksum
