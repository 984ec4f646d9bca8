"""The project that is deployed: a small Flask app whose static files are somewhere else, and its settings."""

from __future__ import annotations

from pathlib import Path

_APP = """\
from flask import Flask

from flask_cdn_stack import CDN

app = Flask(__name__, static_folder={files!r}, static_url_path="/static")
app.config.from_object("cdn_config")
CDN(app)
"""

_TARGET = """\
target:
  bucket: {bucket}
  domain: cdn.example.com
  region: us-east-1
"""


def write_project(folder: Path, files: Path, bucket: str = "") -> None:
    """Write app and settings; without a bucket, ``provision`` is to make one."""
    folder.mkdir(parents=True)
    (folder / "shop.py").write_text(_APP.format(files=str(files)), "utf-8")
    settings = _TARGET.format(bucket=bucket) if bucket else "stack: shop-cdn\n"
    (folder / "flask-cdn-stack.yml").write_text(settings, "utf-8")
