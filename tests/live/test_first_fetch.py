"""The first fetch of each file through the distribution, which signs what it asks of the bucket."""

from __future__ import annotations

from tests.live.sites import FILES, Site, uses


@uses("plain", "kms", "prefix", "elsewhere")
def test_every_file_is_served(site: Site) -> None:
    """With its bytes, at the URL that the app names, whatever is in its name."""
    assert len(site.paths) == len(FILES)
    for path, checksum in site.paths.items():
        answer = site.view(f"{path}?c={checksum}")
        assert (answer.status, answer.body) == (200, site.read(path)), (path, answer)


@uses("plain", "kms", "prefix", "elsewhere")
def test_verify_finds_nothing(site: Site) -> None:
    """It looks at every file in more ways than the others of this page; of an account of AWS, nothing is left out."""
    report = site.program.ok("verify", "--json").json

    assert (report["checked"], report["failed"]) == (len(FILES), [])


@uses("plain", "prefix", "elsewhere")
def test_nothing_else_is_served(site: Site) -> None:
    """Neither a listing, nor the program's own records, nor what is not there."""
    for path in ("", "?list-type=2", "static/", "static/nothing.js", ".flask-cdn-stack/state.json.gz"):
        answer = site.view(path)
        assert answer.status == 403, path
        assert b"ListBucketResult" not in answer.body


@uses("plain")
def test_nobody_writes(site: Site) -> None:
    """The edge refuses every method but those that read, and the file stays."""
    path = "static/css/app.css"

    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert site.view(path, method).status == 403, method
    assert site.view(path, "HEAD").status == 200
    assert site.view(path).body == site.read(path)
