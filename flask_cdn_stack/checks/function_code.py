"""The code of the CloudFront Functions: what the edge does before it looks into its cache.

Nothing that a user writes comes into it.
"""

from __future__ import annotations

import json

from .query_strings import ACTING_NAMES, ACTING_PREFIXES

_NOT_FOUND = """\
function handler(event) {
    return {statusCode: 404, statusDescription: 'Not Found'};
}
"""

# A name is compared as S3 reads it: decoded as often as it was encoded, in lower case. One that cannot be decoded goes.
_ACTING = """\
const names = %(names)s;
const prefixes = %(prefixes)s;

function acts(name) {
    try {
        for (let decoded; (decoded = decodeURIComponent(name)) !== name; name = decoded);
    } catch (error) {
        return true;
    }
    name = name.trim().toLowerCase();
    return names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
}

"""
_DROP_ACTING = """\
    for (const name of Object.keys(request.querystring)) {
        if (acts(name)) {
            delete request.querystring[name];
        }
    }
"""

#: How many digits of a checksum the edge takes for part of a name. The whole one is in URLs of releases that have no
#: such names; fewer are too few for bytes that are kept for a year.
MAPPED_DIGITS = range(16, 64)

# A name as naming.hashed_path makes it: as in Python, dots that begin a name begin no extension. The query stays.
_NAMES = """\
const checksum = /^[0-9a-f]{%(least)d,%(most)d}$/;

function isMapped(uri, version) {
    return version && !version.multiValue && checksum.test(version.value) && !uri.endsWith('/');
}

function addToName(uri, version) {
    const dot = uri.lastIndexOf('.');
    const hasExtension = /[^.]/.test(uri.slice(uri.lastIndexOf('/') + 1, Math.max(dot, 0)));
    return hasExtension ? uri.slice(0, dot) + '.' + version + uri.slice(dot) : uri + '.' + version;
}

"""
_MAP_QUERY = """\
    if (isMapped(request.uri, request.querystring.c)) {
        request.uri = addToName(request.uri, request.querystring.c.value);
    }
"""
_HANDLER = """\
function handler(event) {
    const request = event.request;
%s    return request;
}
"""


def not_found_code() -> str:
    """Return the function that answers 404 to everything: a path that is not the CDN's never reaches the app."""
    return _NOT_FOUND


def request_code(*, drops_acting: bool, maps_query: bool) -> str:
    """Return the one function that sees the requests for files.

    :param drops_acting: it drops the query strings that S3 acts on, however they are written.
    :param maps_query: it leads a checksum in the query, ``style.css?c=<checksum>``, to the name that has it.
    """
    names = {"names": json.dumps(sorted(ACTING_NAMES)), "prefixes": json.dumps(ACTING_PREFIXES)}
    digits = {"least": MAPPED_DIGITS[0], "most": MAPPED_DIGITS[-1]}
    parts = [(drops_acting, _ACTING % names, _DROP_ACTING), (maps_query, _NAMES % digits, _MAP_QUERY)]
    definitions = "".join(text for wanted, text, _ in parts if wanted)
    return definitions + _HANDLER % "".join(step for wanted, _, step in parts if wanted)


def drops_acting(code: str) -> bool:
    """Say whether a function is one of ours that drops the query strings that S3 acts on."""
    return code in {request_code(drops_acting=True, maps_query=maps) for maps in (False, True)}
