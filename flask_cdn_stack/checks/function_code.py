"""The code of the CloudFront Functions that the edge runs before it looks into its cache.

No user input is part of the code.
"""

from __future__ import annotations

import json

from .query_strings import ACTING_NAMES, ACTING_PREFIXES

_NOT_FOUND = """\
function handler(event) {
    return {statusCode: 404, statusDescription: 'Not Found'};
}
"""

# Names are compared as S3 reads them: fully decoded, in lower case. A name that cannot be decoded is dropped.
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

#: Lengths of checksums that the function puts into a name. A whole checksum belongs to a release without such names; a
#: shorter one is not safe enough for files that are cached for a year.
MAPPED_DIGITS = range(16, 64)

# Makes the same name as naming.hashed_path: as in Python, a leading dot does not begin an extension. The query stays.
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
    """Return the function that answers 404 to everything, so that paths without static files never reach the app."""
    return _NOT_FOUND


def request_code(*, drops_acting: bool, maps_query: bool) -> str:
    """Return the function for requests for files.

    :param drops_acting: it drops the query strings that S3 acts on, in any spelling.
    :param maps_query: it maps ``style.css?c=<checksum>`` to the object whose name contains the checksum.
    """
    names = {"names": json.dumps(sorted(ACTING_NAMES)), "prefixes": json.dumps(ACTING_PREFIXES)}
    digits = {"least": MAPPED_DIGITS[0], "most": MAPPED_DIGITS[-1]}
    parts = [(drops_acting, _ACTING % names, _DROP_ACTING), (maps_query, _NAMES % digits, _MAP_QUERY)]
    definitions = "".join(text for wanted, text, _ in parts if wanted)
    return definitions + _HANDLER % "".join(step for wanted, _, step in parts if wanted)


def drops_acting(code: str) -> bool:
    """Return whether a function is this tool's own that drops the query strings that S3 acts on."""
    return code in {request_code(drops_acting=True, maps_query=maps) for maps in (False, True)}
