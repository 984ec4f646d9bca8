"""The code of the CloudFront Functions: what the edge does before it looks into its cache."""

from __future__ import annotations

import json

from .query_strings import ACTING_NAMES, ACTING_PREFIXES

_NOT_FOUND = """\
function handler(event) {
    return {statusCode: 404, statusDescription: 'Not Found'};
}
"""

# A name is compared as S3 reads it: decoded as often as it was encoded, in lower case. One that cannot be decoded goes.
_DROP_ACTING = """\
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

function handler(event) {
    const request = event.request;
    for (const name of Object.keys(request.querystring)) {
        if (acts(name)) {
            delete request.querystring[name];
        }
    }
    return request;
}
"""


def not_found_code() -> str:
    """Return the function that answers 404 to everything: a path that is not the CDN's never reaches the app."""
    return _NOT_FOUND


def drop_acting_code() -> str:
    """Return the function that drops the query strings that S3 acts on, however they are written."""
    return _DROP_ACTING % {"names": json.dumps(sorted(ACTING_NAMES)), "prefixes": json.dumps(ACTING_PREFIXES)}
