"""Whether the edge may begin to lead checksums in the query to names: not those of a release that has no such names."""

from __future__ import annotations

from contextlib import suppress

from ..aws.cloudformation import Stack
from ..aws.session import Connection
from ..checks.function_code import MAPPED_DIGITS
from ..errors import CDNStackError, RefusedError
from ..manifest import parse_kept
from ..release.records import ReleaseRecord, read_release
from ..release.store import read_state
from ..settings.model import Project
from .outputs import maps_query, parse_outputs
from .site import Site


def refuse_mapping(connection: Connection, project: Project, before: Stack | None) -> None:
    """Refuse to lead URLs of the published release to names that it does not have.

    The whole checksum, which such URLs have by default, is led nowhere. Where the bucket may not be read, nothing is
    known of it, and nothing refused.

    :param before: the stack as it is.
    :raises RefusedError: its URLs have as many digits as the edge would take for part of a name.
    """
    if before is None or maps_query(before) or not project.settings.assets.maps_query:
        return
    record = _read_published(connection, project, before)
    if record is None or record.naming is None or not _is_led_astray(record):
        return
    raise RefusedError(
        f"URLs of the published release have {record.naming.checksum_length} digits of the checksum in the query, and "
        "there are no files under names with them: with assets.immutable, the edge would find none. Nothing was "
        "changed.",
        "Remove assets.immutable and assets.checksum_length, set assets.fingerprint to query, and run "
        "`flask-cdn-stack deploy`. When the app uses that release, switch assets.immutable on and run "
        "`flask-cdn-stack provision` again.",
    )


def _read_published(connection: Connection, project: Project, stack: Stack) -> ReleaseRecord | None:
    with suppress(CDNStackError):
        site = Site(project, lambda: connection, outputs=parse_outputs(stack.name, stack.outputs))
        release = read_state(site.objects).state.release
        return read_release(site.objects, release) if release else None
    return None


def _is_led_astray(record: ReleaseRecord) -> bool:
    naming = record.naming
    if naming is None or naming.immutable or naming.checksum_length not in MAPPED_DIGITS:
        return False
    carry_hash = parse_kept(record.manifest)
    # In the mode path, names that stay have the checksum in the query.
    return any(key == plain for plain, key in naming.find_keys(record.manifest).items() if plain not in carry_hash)
