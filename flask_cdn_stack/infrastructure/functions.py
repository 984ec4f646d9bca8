"""The CloudFront Functions: what the edge does before it looks into its cache."""

from __future__ import annotations

import json

from troposphere import GetAtt
from troposphere import cloudfront as t

from .policies import comment, global_name
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


def build_function(name: str, code: str) -> t.Function:
    """Build a CloudFront Function that is live as soon as it is made."""
    return t.Function(
        f"{name}Function",
        Name=global_name(name),
        AutoPublish=True,
        FunctionCode=code,
        FunctionConfig=t.FunctionConfig(Comment=comment(), Runtime="cloudfront-js-2.0"),
    )


def associate(function: t.Function | None) -> list[t.FunctionAssociation]:
    """Return how a behavior names the function that sees its requests first."""
    if function is None:
        return []
    return [t.FunctionAssociation(EventType="viewer-request", FunctionARN=GetAtt(function, "FunctionARN"))]
