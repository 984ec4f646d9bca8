"""Finds file names that Flask cannot serve, and keys that cannot be used in the bucket."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import BAD_NAME, AssetError
from ..naming import OWN_FOLDER, ROOT_OBJECT, VERSIONS_FOLDER

#: Longest key that S3 accepts, in bytes of UTF-8 (S3 user guide, "Naming Amazon S3 objects").
MAX_KEY_BYTES = 1024

#: Most files that a refusal names; the rest are counted.
MAX_LISTED = 20

_HINT = "Rename the file, or exclude it in the settings."

_SURROGATE = re.compile(r"[\ud800-\udfff]")

#: Characters that are refused in keys. S3 lists and deletes with XML 1.0 documents, which cannot contain them unchanged
#: (XML 1.0, sections 2.2 and 2.11; S3 API reference, "ListObjectsV2", EncodingType).
NOT_IN_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def why_unserved(name: str) -> str:
    """Return why no Flask app can find or send a file with this name; empty if Flask can serve it.

    :param name: the path within the static folder, as the operating system returned it.
    """
    if _SURROGATE.search(name):
        return "is not UTF-8, and Flask cannot serve it; it is not published."
    # Werkzeug's path converter does not match a line feed, and its headers, which contain the file name, accept neither
    # a line feed nor a carriage return.
    if "\n" in name or "\r" in name.rpartition("/")[2]:
        return "has a line break in its name, and Flask cannot serve it; it is not published."
    return ""


def why_uncarried(key: str, prefix: str) -> str:
    """Return why a file cannot be published under a key; empty if it can.

    :param key: relative to the prefix, the origin path in the bucket.
    """
    problem = _find_problem(key, f"{prefix}/{key}" if prefix else key)
    return problem and f"its key in the bucket {problem}"


def _find_problem(key: str, whole: str) -> str:
    if found := NOT_IN_XML.search(whole):
        return f"has the character U+{ord(found[0]):04X}, which S3 cannot list"
    if not {"", ".", ".."}.isdisjoint(whole.split("/")):
        return "has an empty, '.' or '..' segment"
    if len(whole.encode()) > MAX_KEY_BYTES:
        return f"is longer than the {MAX_KEY_BYTES} bytes that S3 takes"
    if key.partition("/")[0] in (ROOT_OBJECT, VERSIONS_FOLDER) or OWN_FOLDER in key.split("/"):
        return "is a name that flask-cdn-stack keeps for itself"
    if whole == "soap":
        return 'is "soap", which S3 does not serve to CloudFront (S3 user guide, "Naming Amazon S3 objects")'
    return ""


def refuse_names(problems: Mapping[str, str], hint: str = _HINT) -> None:
    """Refuse all these files in one error; do nothing if there are none.

    :param problems: what is wrong, by file.
    :raises AssetError: there is at least one.
    """
    if not problems:
        return
    lines = [f"{file!r}: {problem}" for file, problem in problems.items()]
    if len(lines) > 1:
        more = [f"... and {len(lines) - MAX_LISTED:,} more"] if len(lines) > MAX_LISTED else []
        lines = ["These files cannot be published as they are named:", *lines[:MAX_LISTED], *more]
    raise AssetError("\n  ".join(lines) + ".", hint, code=BAD_NAME)
