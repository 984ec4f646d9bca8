"""The groups of keys below ``assets`` in the settings file."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from .group import Group

_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"

#: What a media type looks like: ``type/subtype``, then perhaps ``; name=value``, in printable ASCII (RFC 9110).
MEDIA_TYPE_PATTERN = rf'^{_TOKEN}/{_TOKEN}( *; *{_TOKEN}=({_TOKEN}|"[ !#-\[\]-~]*"))*$'


class HeaderRule(Group, frozen=True):
    """Headers for some of the files."""

    match: Annotated[str, Meta(min_length=1, description="Glob over the URL path.")]
    set: Annotated[dict[str, str], Meta(description="Headers by name.")]


class ExtraFolder(Group, frozen=True):
    """A folder whose files a view of the app serves, not Flask's static one."""

    folder: Annotated[str, Meta(min_length=1, description="The folder; a relative path starts at the settings file's.")]
    url: Annotated[
        str, Meta(extra_json_schema={"pattern": "^/"}, description="URL path below which its files are, like /themes.")
    ]
    endpoint: Annotated[
        str | None,
        Meta(description="Endpoint that serves them. Default: the one whose rule is only the url and a <path:...>."),
    ] = None
    argument: Annotated[
        str | None,
        Meta(description="Variable of its rule that has to be the end of a file's path, if the rule matches more."),
    ] = None


#: Most seconds for which the edge may serve an old plain copy of a file that has a hashed name.
SOON_SECONDS = 300


class CacheControl(Group, frozen=True):
    """The header ``Cache-Control``, by how a file's URL changes with its content."""

    hashed: Annotated[str, Meta(description="For files whose name contains their checksum.")] = (
        "public, max-age=31536000, immutable"
    )
    query: Annotated[str, Meta(description="For files whose URL has the checksum in its query.")] = (
        "public, max-age=3600, s-maxage=31536000"
    )
    kept: Annotated[str, Meta(description="For files that keep their name in the mode `path`.")] = "public, max-age=300"


class RewriteCSS(Group, frozen=True):
    """Style sheets that are not rewritten."""

    excepted: Annotated[
        tuple[str, ...], Meta(description="Globs over the URL path of style sheets that are published as they are.")
    ] = msgspec.field(name="except", default=())
