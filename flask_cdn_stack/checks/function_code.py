"""The code of the CloudFront Functions that the edge runs before it looks into its cache.

Of what a user writes, only ``assets.prefix`` comes into it, in which nothing but names of folders is allowed.
"""

from __future__ import annotations

import json
import re

from ..naming import VERSIONS_FOLDER
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

#: Lengths of checksums that name a version. A whole checksum belongs to a release without versions; a shorter one is
#: not safe enough for files that are cached for a year.
MAPPED_DIGITS = range(16, 64)

# Of a group of origins, only the first is changed, and its answer may lead to the second; all other settings stay
# (CloudFront developer guide, "Helper methods for origin modification"). The module has to be named in the first line.
_IMPORT = """\
import cf from 'cloudfront';

"""
_VERSIONS = """\
const checksum = /^[0-9a-f]{%(least)d,%(most)d}$/;

function isVersion(uri, version) {
    return version && !version.multiValue && checksum.test(version.value) && !uri.endsWith('/');
}

"""
_FIND_VERSION = """\
    if (isVersion(request.uri, request.querystring.c)) {
        cf.updateRequestOrigin({originPath: %s + request.querystring.c.value});
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


def request_code(*, drops_acting: bool, maps_query: bool, prefix: str = "") -> str:
    """Return the one function that sees the requests for files.

    :param drops_acting: it drops the query strings that S3 acts on, however they are written.
    :param maps_query: it lets the bucket be asked for the version that the query names, ``style.css?c=<checksum>``.
    :param prefix: the folder in the bucket below which everything lies.
    """
    names = {"names": json.dumps(sorted(ACTING_NAMES)), "prefixes": json.dumps(ACTING_PREFIXES)}
    digits = {"least": MAPPED_DIGITS[0], "most": MAPPED_DIGITS[-1]}
    folder = json.dumps("/".join(["", *filter(None, [prefix]), VERSIONS_FOLDER, ""]))
    parts = [(drops_acting, _ACTING % names, _DROP_ACTING), (maps_query, _VERSIONS % digits, _FIND_VERSION % folder)]
    definitions = "".join(text for wanted, text, _ in parts if wanted)
    return _IMPORT * maps_query + definitions + _HANDLER % "".join(step for wanted, _, step in parts if wanted)


def drops_acting(code: str) -> bool:
    """Return whether a function is this tool's own that drops the query strings that S3 acts on."""
    found = re.search(rf'originPath: "/(?:(.*)/)?{re.escape(VERSIONS_FOLDER)}/"', code)
    prefix = (found and found[1]) or ""
    return code in {request_code(drops_acting=True, maps_query=maps, prefix=prefix) for maps in (False, True)}
