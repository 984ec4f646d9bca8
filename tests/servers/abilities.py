"""What the servers of the tests do where they differ, from S3 or from each other. Each line is tested on each server.

=======================  ==============================================================================================
AWS's S3                 is what ``S3`` says, from its API reference and user guide; no test asks it.
MiniStack, made strict   differs in one thing: a version is copied onto its key though it is the current one.
SeaweedFS                says 412 of a key that is not there, and 404 of a delete marker asked for by its id. What it
                         answers to a copy is an ETag without quotes. A listing has a folder before the names that
                         begin like it, and one that starts after such a name leaves the folder out.
rclone                   carries every write out, whatever its condition and its SHA-256. It has no versions, and
                         ignores a version's id. A large file's ETag is another one when it is asked for later; a
                         listing's have no quotes. A key cannot be a folder of others.
=======================  ==============================================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Abilities:
    """What a server does.

    :param refuses_stale: the status of a write whose ETag is not the object's any more; 200: it is carried out.
    :param refuses_second: that of a write of what must not be there, and is.
    :param misses_object: that of a write whose ETag is that of nothing.
    :param checks_sha256: whether other bytes than a header says are refused; Content-MD5 is checked by all.
    :param conditional_parts: whether the end of a multipart upload may have a condition.
    :param keeps_part_etag: whether a file that was sent in parts goes on having the ETag that was answered.
    :param keeps_versions: whether they are kept, read and copied by their ids.
    :param quotes_copies: whether the ETag of a copy is answered in quotes.
    :param quotes_lists: whether those of a listing are.
    :param lists_in_order: whether a listing has keys in the order of their UTF-8 bytes, and starts after one in it.
    :param misses_marker: the status of a delete marker that is asked for by its id; 0 where there are none.
    :param nests_keys: whether a key may be the beginning of another's path.
    """

    refuses_stale: int = 412
    refuses_second: int = 412
    misses_object: int = 404
    checks_sha256: bool = True
    conditional_parts: bool = True
    keeps_part_etag: bool = True
    keeps_versions: bool = True
    quotes_copies: bool = True
    quotes_lists: bool = True
    lists_in_order: bool = True
    misses_marker: int = 405
    nests_keys: bool = True


S3 = Abilities()

ABILITIES = {
    "ministack": S3,
    "seaweedfs": replace(S3, misses_object=412, quotes_copies=False, lists_in_order=False, misses_marker=404),
    "rclone": Abilities(
        refuses_stale=200,
        refuses_second=200,
        misses_object=200,
        checks_sha256=False,
        conditional_parts=False,
        keeps_part_etag=False,
        keeps_versions=False,
        quotes_copies=False,
        quotes_lists=False,
        misses_marker=0,
        nests_keys=False,
    ),
}
