"""Flask-S3's own upload: ``python -m benchmarks.deploy.create_all FOLDER BUCKET``, with Flask-S3 on the path."""

from __future__ import annotations

import sys
from importlib import import_module

from flask import Flask


def main(folder: str, bucket: str) -> None:
    """Upload the static files of an app."""
    app = Flask("shop", static_folder=folder, static_url_path="/static")
    # One request less for the peer; the bucket is the same for everybody.
    import_module("flask_s3").create_all(app, bucket_name=bucket, put_bucket_acl=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
