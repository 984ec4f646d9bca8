"""Recognises files that are likely to be secrets, by their names and first bytes.

For some, the name is enough: nothing else is called ``id_rsa`` or ``terraform.tfstate``. For others, only the bytes
tell: a ``*.pem`` may be a certificate, which is public, and ``notes.txt`` may hold a private key.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress

from ..errors import SecretError
from ..regular_files import open_at_once

#: Version of the rules in :func:`holds_secret` and :func:`~.oddities.find_oddity`. Raise it with every change: results
#: stored by another version are ignored.
RULES = 2

#: How many bytes at the beginning of a file are examined.
HEAD_BYTES = 64 * 1024

#: Most files that a refusal names.
MAX_LISTED = 20

_KEYS = {f"id_{kind}{token}" for kind in ("rsa", "dsa", "ecdsa", "ed25519", "xmss") for token in ("", "_sk")}
_DATABASES = {"db", "db3", "sqlite", "sqlite3"}
_NAMES = _KEYS | {
    *(".git-credentials", ".htpasswd", "htpasswd", ".envrc", ".vault-token", "wallet.dat"),
    *(".pgpass", "pgpass.conf", ".my.cnf", ".s3cfg", ".boto", ".dockercfg", ".dockerconfigjson"),
    *("kubeconfig", ".kubeconfig", "rootkey.csv", "accesskeys.csv"),
    *("credentials.json", "client_secret.json", "client_secrets.json"),
    *("service-account.json", "service_account.json", "serviceaccountkey.json"),
    *("secrets.toml", "secrets.yaml", "secrets.yml"),
}
_SUFFIXES = {
    *("ppk", "pk8", "p12", "pfx", "jks", "bks", "keystore", "keychain", "kdb", "kdbx", "psafe3", "htpasswd"),
    *("tfstate", "tfvars", *(_DATABASES - {"db"})),
    *(f"{database}-{rest}" for database in _DATABASES for rest in ("wal", "journal")),
}

# Names that almost every file has; they need no other test.
_ASSET_SUFFIXES = {
    *("css", "js", "mjs", "map", "html", "svg", "png", "jpg", "jpeg", "gif", "webp", "avif", "ico"),
    *("woff", "woff2", "ttf", "otf", "eot", "mp3", "mp4", "webm", "pdf", "wasm", "txt", "md", "scss", "ts"),
}

# Folders that contain nothing public. The pattern is compiled when it is first needed, as most apps never need it.
_FOLDERS = r"/\.(git|hg|svn|ssh|gnupg|aws|azure|kube|docker|terraform)(/|$)"

_BACKUP = r"(.+?)(\.(bak|backup|old|orig|save)[0-9]*|~)"
_CONFIGURATION = (
    r".+\.(py|php|rb|ini|cfg|cnf|conf|config|properties|toml|ya?ml|env|sql|db)"
    r"|(.*[-_.])?(config|configuration|settings|appsettings|secrets?|credentials|database|db|env)(\.(json|xml))?"
)
_DUMP = r"(.*[-_.])?(dump|mysqldump|pg_?dump|backup|database|db)([-_.0-9].*)?\.sql(\.(gz|bz2|xz|zst|zip|7z))?"
# Endings after .env in names of examples and of code.
_HARMLESS_ENV = {
    *("example", "sample", "template", "tpl", "dist", "default", "defaults", "schema", "md"),
    *("js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "map", "css", "html", "svg", "png", "webp"),
}

# Public already: installed packages, and the tests and examples of copied libraries.
_FIXTURES = re.compile(
    r"/(node_modules|bower_components|jspm_packages)/"
    r"|/(vendors?|vendored|third[-_]?party|lib|libs)/(.*/)?"
    r"(tests?|__tests__|specs?|fixtures?|testdata|examples?|demos?)/"
)
_TRANSLATIONS = r"/(_?locales?|i18n|l10n|lang(uage)?s?|translations?)/(.*/)?[^/]*\.(json|ya?ml|toml)"

# After white space and a byte order mark, the first character rules out most files.
_FIRST = b"-P#/{UA\xef \t\r\n"
_PRIVATE_KEY = rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_BEGINNINGS = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:" + _PRIVATE_KEY + rb"|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
    rb"|PuTTY-User-Key-File-[0-9]|(?:#[^\n]*\n)*AGE-SECRET-KEY-1"
    # Databases, and dumps that their own tools write.
    rb"|PGDMP|PRAGMA foreign_keys=OFF;\s+BEGIN TRANSACTION;"
    rb"|(?:/\*M?!999999[^\n]*\n)?(?:--[ \t]*\r?\n)?-- (?:PostgreSQL database(?: cluster)? dump|(?:MySQL|MariaDB) dump |"
    rb"phpMyAdmin SQL Dump)"
    # Keys for Google's and Amazon's services, and Terraform's state.
    rb'|\{\s*"type":\s*"service_account"|(?:User [Nn]ame,[^\n]*)?Access key ID,Secret access key'
    rb'|\{\s*"version":\s*[0-9]+,\s*"terraform_version":)'
)
_SQLITE = b"SQLite format 3\0"
_KEEPASS = b"\x03\xd9\xa2\x9a"
# Maps whose format is a database, and which are made to be published.
_PUBLIC_DATABASES = {"mbtiles", "gpkg"}

_PEM_SUFFIXES = {"pem", "key", "crt", "cer", "cert", "p8", "asc", "ovpn"}
_ANY_PRIVATE_KEY = rb"(?m)^" + _PRIVATE_KEY
_JSON_KEY = rb'"private_key"\s*:\s*"-----BEGIN '
_VARIABLES = rb"\s*+(?:#[^\n]*\n\s*+)*+(?:export[ \t]++)?[A-Za-z_][A-Za-z0-9_.]*+[ \t]*+="
# A value such as ${NAME} is not in the file itself.
_TOKENS = rb"(?im)^[^#;\n]*(?:_auth|token|password)(?:[ \t]*+[=:]|[ \t])[ \t]*+(?!\$\{)\S"
_TOKEN_FILES = {".npmrc", ".pypirc", ".netrc", "_netrc", ".yarnrc", ".yarnrc.yml"}
_AWS_FILES = {"credentials", "credentials.ini", "aws_credentials", "aws-credentials", "config"}
_AWS_KEY = rb"(?im)^[ \t]*+aws_secret_access_key[ \t]*+=[ \t]*+\S"


def is_named_secret(key: str) -> bool:
    """Return whether a file is likely to be a secret by its URL path, decoded and without leading slash."""
    path = "/" + key.lower()
    has_hidden = "/." in path
    if not has_hidden and path[path.rfind(".") + 1 :] in _ASSET_SUFFIXES:
        return False
    folder, _, name = path.rpartition("/")
    suspect = _is_suspect(name) or (has_hidden and re.search(_FOLDERS, folder) is not None)
    return suspect and not re.search(_TRANSLATIONS, path)


def is_fixture(key: str) -> bool:
    """Return whether a URL path is that of an installed package, or of tests of a copied library, which are public."""
    return _FIXTURES.search(f"/{key.lower()}") is not None


def holds_secret(file: str, head: bytes) -> bool:
    """Return whether a file is likely to be a secret by its first bytes, given the format that its name suggests.

    :param file: its path; folders do not count.
    :param head: its first :data:`HEAD_BYTES`; all of a short file.
    """
    if (head[:1] in _FIRST and _BEGINNINGS.match(head)) or head.startswith(_KEEPASS):
        return True
    suffix = file[file.rfind(".") + 1 :].lower()
    if head.startswith(_SQLITE):
        return suffix not in _PUBLIC_DATABASES
    if suffix in _ASSET_SUFFIXES:
        return False
    if suffix in _PEM_SUFFIXES:  # the certificate may come before the key
        return b"PRIVATE KEY" in head and re.search(_ANY_PRIVATE_KEY, head) is not None
    if suffix == "json":
        return b'"private_key"' in head and re.search(_JSON_KEY, head) is not None
    if suffix == "env":  # textures, which are binary, have this extension, too
        return re.match(_VARIABLES, head) is not None
    name = os.path.basename(file).lower()
    if name in _TOKEN_FILES:
        return re.search(_TOKENS, head) is not None
    return name in _AWS_FILES and re.search(_AWS_KEY, head) is not None


def looks_secret(key: str, file: str) -> bool:
    """Return whether a file is likely to be a secret by its URL path or, if it can be read, by its first bytes.

    :param key: the URL path, decoded and without leading slash.
    """
    if is_fixture(key):
        return False
    head = b""
    with suppress(OSError), open(file, "rb", buffering=0, opener=open_at_once) as stream:
        head = stream.read(HEAD_BYTES)
    return is_named_secret(key) or holds_secret(file, head)


def refuse_secrets(keys: Sequence[str]) -> None:
    """Refuse to publish files that are likely to be secrets; do nothing if there are none.

    :raises SecretError: there is at least one.
    """
    if not keys:
        return
    lines = [f"  {key}" for key in keys[:MAX_LISTED]]
    if (more := len(keys) - MAX_LISTED) > 0:
        lines.append(f"  ... and {more:,} more")
    raise SecretError(
        "\n".join(["Likely a secret, and everybody could read it; nothing was published:", *lines]),
        "Move it out of the static folder: the app serves what lies there, too. Name in assets.exclude what is not "
        "to be published, in assets.allow what is meant for everybody.",
    )


def _is_suspect(name: str) -> bool:
    suffix = name.rpartition(".")[2]
    if name in _NAMES or suffix in _SUFFIXES or ".tfstate" in name:
        return True
    if name.startswith(".env"):
        return name == ".env" or (name[4] == "." and suffix not in _HARMLESS_ENV)
    if ".sql" in name and re.fullmatch(_DUMP, name):
        return True
    if name.startswith("client_secret") and suffix == "json":
        return True
    if not (suffix.startswith(("bak", "old", "orig", "save")) or name[-1:] == "~"):
        return False
    backup = re.fullmatch(_BACKUP, name)
    return backup is not None and (re.fullmatch(_CONFIGURATION, backup[1]) is not None or _is_suspect(backup[1]))
