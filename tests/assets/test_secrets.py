"""What looks like a secret by its name or its first bytes, and what only seems to."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from flask_cdn_stack.assets.hashes import FileHashes
from flask_cdn_stack.assets.known_hashes import KnownHashes, load_hashes, save_hashes
from flask_cdn_stack.assets.secrets import (
    HEAD_BYTES,
    MAX_LISTED,
    RULES,
    holds_secret,
    is_fixture,
    is_named_secret,
    refuse_secrets,
)
from flask_cdn_stack.errors import CDNStackError, SecretError
from tests.assets.published import make_release
from tests.conftest import write_files

KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n"
CERTIFICATE = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize(
    "key",
    [
        *("static/id_rsa", "id_ed25519", "static/ID_RSA.bak", "static/me.ppk", "static/app.p12", "static/keys.kdbx"),
        *("static/terraform.tfstate", "static/terraform.tfstate.backup", "static/prod.tfvars"),
        *("static/db.sqlite3", "static/app.db-wal", "static/dump.sql", "static/shop-backup-2026.sql.gz"),
        *("static/settings.py.bak", "static/nginx.conf.old", "static/config.bak", "a/app.ini~"),
        *("static/credentials.json", "static/client_secret_12.apps.json", "static/secrets.toml", "static/.htpasswd"),
        *("static/.env", "static/.env.production", "static/.env.bak", "static/.envrc", "static/.git-credentials"),
        *("static/.git/config", "static/x/.ssh/known_hosts", ".aws/credentials", ".svn/wc.db"),
    ],
)
def test_names(key: str) -> None:
    """That tell it alone, in whatever case."""
    assert is_named_secret(key)


@pytest.mark.parametrize(
    "key",
    [
        *("static/key.svg", "static/id_rsa.pub", "static/id_rsa.html", "static/server.pem", "static/a.key"),
        *("static/.env.js", "static/.env.example", "static/env.js", "static/environment.env", "static/.envelope"),
        *("static/style.css.bak", "static/data.json.bak", "static/config.js.bak", "static/threshold", "static/bold"),
        *("static/locales/en/credentials.json", "static/i18n/de/secrets.yml", "static/northwind.sql"),
        *("static/password.js", "static/tokens.json", "static/.gitkeep", "static/.github/logo.svg", "static/a.git/b"),
        *(".well-known/security.txt", "static/apple-app-site-association", "static/dump.sql.js", "static/~"),
    ],
)
def test_names_that_only_seem_to(key: str) -> None:
    """Are those of ordinary files, or of files that their bytes tell."""
    assert not is_named_secret(key)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("notes.txt", KEY),
        ("a.asc", b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n"),
        ("server.pem", CERTIFICATE + KEY),
        ("a.key", b"Bag Attributes\n-----BEGIN RSA PRIVATE KEY-----\n"),
        ("putty", b"PuTTY-User-Key-File-3: ssh-ed25519\n"),
        ("keys.txt", b"# created: 2026-01-01\n# public key: age1\nAGE-SECRET-KEY-1QQ\n"),
        ("some.dat", b"SQLite format 3\0\x10\0"),
        ("x.sql", b"--\n-- PostgreSQL database dump\n--\n"),
        ("x.sql", b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19\n"),
        ("shop-1a2b.json", b'{\n  "type": "service_account",\n  "project_id": "shop"'),
        ("config.json", b'{"name": "x", "private_key": "-----BEGIN PRIVATE KEY-----\\nMII"}'),
        ("state.json", b'{\n  "version": 4,\n  "terraform_version": "1.9.0",'),
        ("me_accessKeys.csv", b"\xef\xbb\xbfAccess key ID,Secret access key\nAKIA"),
        ("credentials", b"[default]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"),
        ("prod.env", b"# production\n\nexport DATABASE_URL=postgres://u:p@h/d\n"),
        (".npmrc", b"//registry.example/:_authToken=npm_abc\n"),
        (".pypirc", b"[pypi]\nusername = __token__\npassword = pypi-abc\n"),
        (".netrc", b"machine example.org login me password secret\n"),
    ],
)
def test_first_bytes(name: str, head: bytes) -> None:
    """That tell it, whatever the file is called or as its name leads to expect."""
    assert holds_secret(name, head)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("ca.pem", CERTIFICATE),
        ("public.pem", b"-----BEGIN PUBLIC KEY-----\n"),
        ("talk.key", b"PK\x03\x04slides"),
        ("forge.js", b'var header = "-----BEGIN RSA PRIVATE KEY-----";\n'),
        ("how-to.txt", b"A key begins with\n" + KEY),
        ("map.mbtiles", b"SQLite format 3\0\x10\0"),
        ("studio.env", b"\x86\x16\x87\x96\xf6\xd6\x96\x36 a texture = of Babylon.js"),
        ("schema.sql", b"-- Tables of the tutorial\nCREATE TABLE a (b int);\n"),
        ("openapi.json", b'{"openapi": "3.1.0", "private_key": {"type": "string"}}'),
        (".npmrc", b"always-auth=true\n//registry.example/:_authToken=${NPM_TOKEN}\n# password=x\n"),
        ("empty", b""),
    ],
)
def test_first_bytes_of_ordinary_files(name: str, head: bytes) -> None:
    """Public halves of keys, code that has to do with keys, and forms that others use for what is public."""
    assert not holds_secret(name, head)


@pytest.mark.parametrize(
    "head", [b" ", b"\n", b"#\n", b"-", b"password ", b"-----BEGIN A ", b"User name,", b"export a"]
)
def test_files_of_one_thing_only(head: bytes) -> None:
    """Take no longer to look at than others."""
    head = head * (HEAD_BYTES // len(head))
    began = time.process_time()
    for name in ("a.txt", "a.env", ".npmrc", "credentials", "a.pem", "a.json"):
        holds_secret(name, head)

    assert time.process_time() - began < 1


def test_what_others_published() -> None:
    """Packages, and tests of what was copied; one's own tests are one's own."""
    assert is_fixture("static/node_modules/public-encrypt/test_key.pem")
    assert is_fixture("static/vendor/forge/tests/keys/server.key")
    assert not is_fixture("static/tests/server.key")
    assert not is_fixture("static/vendor/server.key")


@pytest.mark.parametrize(
    ("name", "data"),
    [("key.css", KEY), ("store.bin", b"SQLite format 3\0" + b"\0" * 3_000_000)],
    ids=["a style sheet", "large"],
)
def test_what_is_read_in_another_way(tmp_path: Path, name: str, data: bytes) -> None:
    """Than other files are, whole or block by block, is refused as they are."""
    with pytest.raises(SecretError, match=f"static/{name}"):
        make_release(tmp_path, {name: data})


FILES: dict[str, str | bytes] = {
    "app.css": "a {}",
    "id_rsa": "x",
    "notes.txt": KEY,
    "ca.pem": CERTIFICATE,
    "node_modules/x/test.pem": KEY,
}


def test_a_release_with_secrets(tmp_path: Path) -> None:
    """Is refused, and the one message names all of them: by their names, and by their bytes."""
    with pytest.raises(SecretError) as caught:
        make_release(tmp_path, FILES)

    assert caught.value.exit_code == 2
    assert caught.value.message.splitlines()[1:] == ["  static/id_rsa", "  static/notes.txt"]
    assert "assets.exclude" in caught.value.hint
    assert "assets.allow" in caught.value.hint


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"allow": ("id_rsa",)}, ["static/notes.txt"]),
        ({"allow": ("static/notes.*",), "fingerprint": "path"}, ["static/id_rsa"]),
        ({"exclude": ("id_rsa", "notes.txt")}, []),
    ],
)
def test_the_ways_out(tmp_path: Path, settings: dict[str, Any], left: list[str]) -> None:
    """Globs name what is meant to be public, or is not published."""
    if not left:
        assert "static/app.css" in make_release(tmp_path, FILES, **settings).objects
        return
    with pytest.raises(SecretError) as caught:
        make_release(tmp_path, FILES, **settings)
    assert caught.value.message.splitlines()[1:] == [f"  {key}" for key in left]


def test_many_secrets() -> None:
    """Are counted after the first ones."""
    with pytest.raises(SecretError) as caught:
        refuse_secrets([f"static/{number}" for number in range(MAX_LISTED + 3)])

    assert caught.value.message.endswith(f"  static/{MAX_LISTED - 1}\n  ... and 3 more")


def remember(folder: Path, **settings: Any) -> FileHashes:
    """Make a release, and leave its hashes, as a deploy does whether or not it is refused."""
    hashes = FileHashes(load_hashes(folder / "cache.json").files, now=lambda: time.time() + 60)
    try:
        make_release(folder, {}, hashes, **settings)
    except CDNStackError:
        save_hashes(folder / "cache.json", KnownHashes(hashes.lasting))
        raise
    save_hashes(folder / "cache.json", KnownHashes(hashes.lasting))
    return hashes


def test_a_remembered_hash_lets_no_secret_slip_through(tmp_path: Path) -> None:
    """What was seen once is known without reading the file again, allowed or not."""
    write_files(tmp_path, {"static/notes.txt": KEY, "static/a.js": "1"})
    remember(tmp_path, allow=("notes.txt",))
    known = load_hashes(tmp_path / "cache.json").files

    assert {Path(file).name: found.secret for file, found in known.items()} == {"notes.txt": True, "a.js": False}
    for _ in range(2):
        with pytest.raises(SecretError, match=r"static/notes\.txt"):
            remember(tmp_path)
    assert not remember(tmp_path, allow=("notes.txt",)).is_new


def test_hashes_of_a_version_that_looked_for_none(tmp_path: Path) -> None:
    """Or for others: they are not believed, and the file is read."""
    write_files(tmp_path, {"static/notes.txt": KEY})
    remember(tmp_path, allow=("notes.txt",))
    cache = tmp_path / "cache.json"
    text = cache.read_text()
    assert f'"rules":{RULES},' in text

    cache.write_text(text.replace(f'"rules":{RULES},', '"rules":0,').replace("true", "false"))
    assert load_hashes(cache) == KnownHashes()
    with pytest.raises(SecretError):
        remember(tmp_path)
