"""The format of records in the bucket. Everything read is validated, as others may be able to write to the bucket.

The size of a record is limited before it is decompressed. A number or name that this tool would not write counts as
damage. Unknown members are ignored where a later version may add some: at the top level, and in a naming.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Mapping
from operator import attrgetter
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from ..assets.odd_names import MAX_KEY_BYTES, NOT_IN_XML
from ..assets.published_names import Naming
from ..naming import OWN_FOLDER, ROOT_OBJECT
from .provenance import COMMIT
from .state import Claim, ObjectRecord, Owner, Removal, State, Usage

#: Version of the format. Newer ones are refused.
FORMAT = 1

# Most bytes of a decompressed record: a fixed number, or a multiple of its compressed size. Keys and checksums compress
# to a third, keys that only count up to a fifteenth; gzip itself can compress a thousand to one.
_ANY_BYTES = 32 * 1024 * 1024
_MAX_RATIO = 32

# The end of the year 9999, in epoch seconds.
_LAST_MOMENT = 253_402_300_799

_NO_CONTROL = r"^[^\x00-\x1f\x7f-\x9f]*$"

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
_Moment: TypeAlias = Annotated[float, Meta(ge=0, le=_LAST_MOMENT)]
_Word: TypeAlias = Annotated[str, Meta(max_length=1024)]
_Name: TypeAlias = Annotated[str, Meta(max_length=512, pattern=_NO_CONTROL)]
_RELEASE_ID = r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}"
_Release: TypeAlias = Annotated[str, Meta(pattern=f"^{_RELEASE_ID}$")]
_RELEASE_KEY = re.compile(rf"{re.escape(OWN_FOLDER)}/releases/{_RELEASE_ID}\.json\.gz")
_Digest: TypeAlias = Annotated[str, Meta(max_length=64, pattern=r"^[0-9A-Za-z]*$")]


class DamagedRecordError(Exception):
    """A record is not as this tool writes it."""


class NewerRecordError(Exception):
    """A record has another format, which is the exception's only argument."""


class _Object(Struct, forbid_unknown_fields=True, gc=False):
    checksum: _Word
    size: _Count
    etag: _Word
    version: _Word | None
    headers: _Word


class _Claim(Struct, forbid_unknown_fields=True):
    keys: tuple[str, ...]
    at: _Moment
    host: _Name
    pid: Annotated[int, Meta(ge=0, lt=2**32)]
    started: _Count | None = None
    renewed: _Moment = 0.0


class _Removal(Struct, forbid_unknown_fields=True):
    keys: tuple[str, ...]
    at: _Moment
    host: _Name = ""
    pid: Annotated[int, Meta(ge=0, lt=2**32)] = 0
    started: _Count | None = None


class _Usage(Struct, forbid_unknown_fields=True):
    month: Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    paths: _Count


_NO_USAGE = _Usage("", 0)


class _Owner(Struct, forbid_unknown_fields=True):
    project: _Name = ""
    stack: _Name = ""


class _StateForm(Struct):
    format: int
    serial: _Count
    objects: dict[str, _Object]
    release: _Release | None
    manifest: _Digest | None
    releases: tuple[_Release, ...]
    writing: dict[_Name, _Claim]
    removing: dict[_Name, _Removal]
    usage: _Usage = msgspec.field(default_factory=lambda: _NO_USAGE)
    owner: _Owner | UnsetType = UNSET
    owed: tuple[str, ...] = ()


class _Naming(Struct):
    mode: Literal["query", "path"]
    checksum_length: Annotated[int, Meta(ge=0, le=64)]
    prefix: _Name
    keep_names: Annotated[tuple[_Name, ...], Meta(max_length=1000)]
    plain_copies: bool
    publish_manifest: bool
    immutable: bool = False


class ReleaseForm(Struct):
    """A release record; its objects are read by :func:`read_objects`."""

    format: int
    release: _Release
    created: Annotated[int, Meta(ge=0, le=_LAST_MOMENT)]
    manifest: str
    objects: dict[str, _Object]
    rollback_of: _Release | None = None
    naming: _Naming | UnsetType = UNSET
    by: _Name = ""
    commit: Annotated[str, Meta(pattern=f"^({COMMIT})?$")] = ""
    branch: _Name = ""


class _AnyForm(Struct):
    format: int


# Fields in the order of :class:`~.state.ObjectRecord`.
_FIELDS = attrgetter(*ObjectRecord._fields)

_Form = TypeVar("_Form", _StateForm, ReleaseForm)


def encode_members(members: Mapping[str, object]) -> str:
    """Return the compact JSON of a table of objects.

    It is seven times as quick as json; other text of a record need not be Unicode, as this has to be.
    """
    return msgspec.json.encode(members).decode()


def parse_state(data: bytes) -> State:
    """Return the state in a record.

    :raises DamagedRecordError: it is not a state.
    :raises NewerRecordError: it is of another format.
    """
    form = _parse(data, _StateForm)
    writing = {run: Claim(**structs.asdict(claim)) for run, claim in form.writing.items()}
    removing = {run: Removal(**structs.asdict(removal)) for run, removal in form.removing.items()}
    # Percent-encoding makes three bytes of each.
    _check_names(form.owed, 3 * MAX_KEY_BYTES)
    for claim in writing.values():
        _check_names(claim.keys)
    for removal in removing.values():
        # Of the tool's folder, only release records may be deleted, which prune deletes like objects.
        _check_names([key for key in removal.keys if not _RELEASE_KEY.fullmatch(key)])
    return State(
        serial=form.serial,
        objects=read_objects(form.objects),
        release=form.release,
        manifest=form.manifest,
        releases=form.releases,
        writing=writing,
        removing=removing,
        usage=Usage(form.usage.month, form.usage.paths),
        owner=None if form.owner is UNSET else Owner(form.owner.project, form.owner.stack),
        owed=frozenset(form.owed),
    )


def parse_release(data: bytes) -> ReleaseForm:
    """Return the release in a record.

    :raises DamagedRecordError: it is not a release.
    :raises NewerRecordError: it is of another format.
    """
    return _parse(data, ReleaseForm)


def read_objects(objects: Mapping[str, _Object]) -> dict[str, ObjectRecord]:
    """Return a table of objects.

    :raises DamagedRecordError: a name or a checksum is not as this tool writes it.
    """
    _check_names(objects)
    _check_words(objects.values())
    names: dict[str, str] = {}
    for item in objects.values():  # there are few different ids of headers: saves 7 MB for a hundred thousand objects
        item.headers = names.setdefault(item.headers, item.headers)
    return dict(zip(objects, map(ObjectRecord._make, map(_FIELDS, objects.values())), strict=True))


def read_naming(naming: _Naming | UnsetType) -> Naming | None:
    """Return the naming of a release; None if its record does not say."""
    return None if naming is UNSET else Naming(*structs.astuple(naming))


def _parse(data: bytes, form: type[_Form]) -> _Form:
    text = _unpack(data)
    try:
        found = msgspec.json.decode(text, type=form)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        _refuse_newer(text)
        raise DamagedRecordError from error
    if found.format != FORMAT:
        raise NewerRecordError(found.format)
    return found


def _refuse_newer(text: bytes) -> None:
    try:
        found = msgspec.json.decode(text, type=_AnyForm).format
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return
    if found != FORMAT:
        raise NewerRecordError(found)


def _unpack(data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        text = unpacker.decompress(data, max(_ANY_BYTES, _MAX_RATIO * len(data)))
    except zlib.error as error:
        raise DamagedRecordError from error
    if not unpacker.eof or unpacker.unused_data:
        raise DamagedRecordError
    return text


def _check_names(names: Collection[str], most: int = MAX_KEY_BYTES) -> None:
    # All in one text, because checking each by itself takes several times as long.
    joined = "/\n/".join(names)
    text = f"\n/{joined}/\n"
    if not names:
        return
    has_odd_segment = any(part in text for part in ("//", "/./", "/../", f"/{OWN_FOLDER}/", f"\n/{ROOT_OBJECT}/"))
    if has_odd_segment or text.count("\n") != len(names) + 1 or NOT_IN_XML.search(joined):
        raise DamagedRecordError
    if max(map(len, names) if joined.isascii() else (len(name.encode()) for name in names)) > most:
        raise DamagedRecordError


def _check_words(objects: Collection[_Object]) -> None:
    checksums = [item.checksum for item in objects]
    digits = "".join(checksums)
    try:
        bytes.fromhex(digits)
    except ValueError as error:
        raise DamagedRecordError from error
    if not set(map(len, checksums)) <= {0, 64}:
        raise DamagedRecordError
    for words in (
        digits,
        "".join([item.etag for item in objects]),
        "".join([item.version or "" for item in objects]),
        "".join([item.headers for item in objects]),
    ):
        if not (words.isascii() and words.isprintable()):
            raise DamagedRecordError
