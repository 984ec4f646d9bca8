"""What the peers' users saw, they see here too; what is otherwise stands in the table of differences."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import flask
import pytest

import flask_cdn_stack
from flask_cdn_stack.compat import flask_cdn, flask_s3

from .replay import Case, Manifests, Subject, load_cases, load_differences, replay

FLASK = Subject("flask", lambda app: None, flask.url_for)
CORE = Subject(
    "core",
    flask_cdn_stack.CDN,
    flask_cdn_stack.url_for,
    {"MissingAssetError": "CDNFileNotFoundInManifest", "ManifestError": "CDNManifestUrlError"},
)
FLASK_CDN = Subject("flask_cdn", flask_cdn.CDN, flask_cdn.url_for, writes_defaults=True)
FLASK_S3 = Subject("flask_s3", flask_s3.FlaskS3, flask_s3.url_for, writes_defaults=True)

#: What takes the place of each peer.
SUBJECTS = {
    "Flask": (FLASK, CORE, FLASK_CDN),
    "Flask-CDN-NG": (CORE, FLASK_CDN),
    "Flask-CDN": (CORE, FLASK_CDN),
    "Flask-CDN-version": (CORE, FLASK_CDN),
    "Flask-S3": (FLASK_S3,),
    "Flask-S3-0.2.6": (FLASK_S3,),
    "Flask-S3-gzip": (FLASK_S3,),
    "Flask-S3-cache-busting": (FLASK_S3,),
}

CASES = {case.case: case for case in load_cases()}
ROWS = load_differences()
EXPECTED = {(row.case, peer): row.ours for row in ROWS for peer in row.peer.split("; ")}

#: What nobody who changes the import may notice, by the peers where it was seen.
IDENTICAL = {
    "Flask-CDN-NG; Flask-CDN": """
        cdn-plain-http cdn-https-false-on-http cdn-ts-default cdn-ts-fraction cdn-ts-user-v cdn-v-space cdn-fn-space
        cdn-fn-unicode cdn-debug-cfg-ext cdn-debug-app-before cdn-domain-empty cdn-domain-late-change cdn-domain-idn
        cdn-static-url-path-root cdn-bp-static cdn-bp-static-ts-bppage cdn-bp-nested cdn-static-mystatic
    """,
    "Flask-CDN-NG": """
        cdn-plain-https cdn-https-true-on-http cdn-https-false-on-https cdn-ts-subdir cdn-ts-user-t cdn-v-list
        cdn-v-none ng-man-ok ng-man-ts-wins ng-man-missing ng-man-404 ng-man-500 ng-man-redirect ng-man-spaces
        ng-man-junk ng-man-junk-ok ng-man-duplicate ng-man-nothex ng-man-swapped ng-man-enc-space ng-man-enc-unicode
        ng-man-bp ng-man-script-root ng-man-assets ng-man-user-c ng-man-user-v ng-man-debug
    """,
    "Flask-CDN": """
        cdn-arg-scheme-https cdn-arg-scheme-none cdn-arg-scheme-empty cdn-arg-scheme-none-https cdn-endpoints-media
        cdn-endpoints-suffix cdn-endpoints-without-static cdn-endpoints-string
    """,
    "Flask-CDN-version": "pay-version pay-version-ts pay-version-none pay-version-user",
    "Flask-S3": "s3-own-names-beside s3-arg-scheme-http s3-arg-scheme-none s3-arg-scheme-empty",
    "Flask-S3-0.2.6": "s3-02-http s3-02-http-off s3-02-style-path s3-02-testing s3-02-debug",
    "Flask-S3-gzip": "gzall-plain gzall-plain-https gzall-scheme-https gzall-scheme-http",
    "Flask-S3-cache-busting": "pr31-bust pr31-bust-bp pr31-bust-query pr31-bust-missing",
}


def replays(case: Case) -> Iterator[tuple[str, Subject]]:
    """Return the peers of a case that are replayed, each with what takes its place."""
    for peer in case.seen:
        yield from ((peer, subject) for subject in SUBJECTS.get(peer, ()))


@pytest.mark.parametrize("name", CASES)
def test_outcome(name: str, peer_root: Path, peer_manifests: Manifests) -> None:
    """Is what was seen at each peer, or what the table of differences says."""
    case = CASES[name]
    for peer, subject in replays(case):
        outcome = replay(case, subject, peer_root, peer_manifests, case.needs_strict)
        assert outcome.text == EXPECTED.get((name, peer), case.seen[peer]), (peer, subject.name)
        if subject.writes_defaults:
            assert outcome.config.items() >= case.config_then.items(), (peer, subject.name)


def test_every_peer_is_replayed() -> None:
    """What was seen at a peer and is not made again would go unnoticed."""
    assert {peer for case in CASES.values() for peer in case.seen} == SUBJECTS.keys()


@pytest.mark.parametrize("name", [case.case for case in CASES.values() if case.needs_strict])
def test_without_strict(name: str, peer_root: Path, peer_manifests: Manifests) -> None:
    """Where the peer ended the page over its manifest, there is a URL unless ``CDN_STRICT`` is on."""
    outcome = replay(CASES[name], FLASK_CDN, peer_root, peer_manifests)
    assert outcome.text.startswith(("/static/", "http://mycdnname.cloudfront.net/static/"))


def test_rows() -> None:
    """Are about replayed cases, say what was seen there and what is otherwise here, and why in one sentence."""
    for row in ROWS:
        for peer in row.peer.split("; "):
            assert peer in SUBJECTS, row
            assert row.theirs == CASES[row.case].seen[peer], row
        assert row.ours != row.theirs, row
        assert row.reason.endswith("."), row
        assert ". " not in row.reason, row
    assert len(EXPECTED) == sum(len(row.peer.split("; ")) for row in ROWS), "no row hides another"


def test_what_must_stay_identical() -> None:
    """Was seen, and is not in the table of differences."""
    pairs = {(name, peer) for peers, names in IDENTICAL.items() for name in names.split() for peer in peers.split("; ")}

    assert {(name, peer) for name, peer in pairs if peer not in CASES[name].seen} == set()
    assert pairs & EXPECTED.keys() == set()
