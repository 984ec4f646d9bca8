"""Every change of every settings key, as two templates of one stack and what becomes of its resources between them.

Keys and their choices come from the model of the settings; what cannot be chosen from is listed here. Each change is
looked at in several stacks, because some keys say nothing in some.

``python -m tests.infrastructure.transitions`` writes the table of ``docs/reference/transitions.rst``.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from io import StringIO
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.infrastructure.template import build_template
from flask_cdn_stack.settings.model import Settings
from flask_cdn_stack.settings.off import refuse_on, switch_off
from flask_cdn_stack.stack.transitions import Transition, compare_templates
from tests.infrastructure.any_settings import place, settings_keys
from tests.infrastructure.cases import APP, UUID, merge
from tests.infrastructure.transition_notes import NOTES

TABLE = Path(__file__).parents[2] / "docs" / "reference" / "transitions.csv"

_ACCOUNT = "111122223333"
_CERTIFICATE = f"arn:aws:acm:us-east-1:{_ACCOUNT}:certificate/{UUID}"
_OTHER_ID = f"1{UUID[1:]}"
_ALIASES = [f"{name}.shop.example" for name in ("a", "b", "c")]
_NAMES = {"aliases": _ALIASES, "certificate_arn": _CERTIFICATE}
_UNSAFE = {"query_strings": "all", "unsafe_query_strings": True}

#: Stacks in which each change is looked at; between them every key says something.
STACKS: dict[str, dict[str, Any]] = {
    "bucket": {"region": "us-east-1"},
    "app": {"origin": "app", "app_origin": APP},
    "failover": {"origin": "failover", "app_origin": APP, "assets": {"prefix": "shop"}},
    "existing": {"bucket": {"existing": "shop-a"}},
    "managed": {"bucket": {"existing": "shop-a", "manage_policy": True, "region": "eu-west-1"}},
    "full": {
        "region": "us-east-1",
        "app_origin": APP,
        "bucket": {"encryption": "kms"},
        "delivery": {**_NAMES, "hosted_zone_id": "Z1", "logs": "v2"},
        "access": {"github": "shop/web:production"},
        **_UNSAFE,
    },
}

#: Settings to lay over a stack's, by how the value is called.
_Parts = dict[str, dict[str, Any]]


def _of(group: str, key: str, **values: Any) -> _Parts:
    return {label: {group: {key: value}} for label, value in values.items()}


_KEYS = {label: f"kms:arn:aws:kms:us-east-1:{_ACCOUNT}:key/{key}" for label, key in (("one", UUID), ("two", _OTHER_ID))}
_ACLS = {label: f"arn:aws:wafv2:us-east-1:{_ACCOUNT}:global/webacl/{label}/{UUID}" for label in ("one", "two")}

#: What is laid over a stack's settings for each value of a key that has no closed set of them.
VALUES: dict[str, _Parts] = {
    "query_strings": {
        "default": {"query_strings": None}, "[c]": {"query_strings": ["c"]}, "[t, c]": {"query_strings": ["t", "c"]},
        "none": {"query_strings": "none"}, "all": _UNSAFE,
    },
    "app_origin.domain": _of("app_origin", "domain", one="www.shop.example", two="app.shop.example"),
    "app_origin.path": _of("app_origin", "path", one="", two="/shop"),
    "app_origin.port": _of("app_origin", "port", one=443, two=8443),
    "app_origin.paths": _of("app_origin", "paths", one=["/a/*"], two=["/a/*", "/b/*"], turned=["/b/*", "/a/*"]),
    "bucket.existing": {
        **_of("bucket", "existing", one="shop-a", two="shop-b"),
        "none": {"bucket": {"existing": None, "manage_policy": False, "region": None}},
    },
    "bucket.region": _of("bucket", "region", none=None, one="eu-central-1"),
    "bucket.encryption": {
        **{kind: {"bucket": {"encryption": kind}} for kind in ("sse-s3", "kms")},
        **{f"kms:{label}": {"bucket": {"encryption": key}} for label, key in _KEYS.items()},
    },
    "bucket.former_keys": _of("bucket", "former_keys", none=[], **{
        label: [key.removeprefix("kms:")] for label, key in _KEYS.items()}),
    "delivery.aliases": {
        "none": {"delivery": {"aliases": [], "certificate_arn": None, "hosted_zone_id": None}},
        **{label: {"delivery": {**_NAMES, "aliases": aliases}} for label, aliases in (
            ("[a, b, c]", _ALIASES), ("[c, b, a]", _ALIASES[::-1]), ("[b, c]", _ALIASES[1:]))},
    },
    "delivery.certificate_arn": _of("delivery", "certificate_arn", one=_CERTIFICATE,
                                    two=_CERTIFICATE.replace(UUID, _OTHER_ID)),
    "delivery.hosted_zone_id": _of("delivery", "hosted_zone_id", none=None, one="Z1", two="Z2"),
    "delivery.ttl.max": {str(seconds): {"delivery": {"ttl": {"max": seconds}}} for seconds in (86400, 604800)},
    "delivery.cors": _of("delivery", "cors", every="*", off=False, one=["https://a.example"],
                         two=["https://a.example", "https://b.example"]),
    "delivery.hsts": _of("delivery", "hsts", off=False, zero=0, some=600),
    "delivery.csp": _of("delivery", "csp", off=False, one="default-src 'none'"),
    "delivery.waf_arn": _of("delivery", "waf_arn", none=None, **_ACLS),
    "delivery.geo.allow": _of("delivery", "geo", none={}, one={"allow": ["DE"]}, two={"allow": ["FR", "DE"]}),
    "delivery.geo.deny": _of("delivery", "geo", none={}, one={"deny": ["DE"]}, two={"deny": ["FR", "DE"]}),
    "delivery.origin_shield": _of("delivery", "origin_shield", off=False, one="eu-central-1", two="us-east-1"),
    "delivery.cache_policy_id": _of("delivery", "cache_policy_id", none=None, one=UUID, two=_OTHER_ID),
    "delivery.response_headers_policy_id": _of("delivery", "response_headers_policy_id", none=None, one=UUID,
                                               two=_OTHER_ID),
    "access.github": _of("access", "github", none=None, one="shop/web:production", two="shop/web:staging"),
    "access.oidc_provider_arn": _of("access", "oidc_provider_arn", none=None,
                                    one=f"arn:aws:iam::{_ACCOUNT}:oidc-provider/ci.shop.example"),
    "assets.media_types": _of("assets", "media_types", none={}, one={"*.x": "text/plain"}),
    "assets.prefix": _of("assets", "prefix", one="", two="shop/live"),
}  # fmt: skip


class Change(NamedTuple):
    """A key that goes from one value to another in one of the stacks, and what becomes of the resources."""

    key: str
    stack: str
    before: str
    after: str
    resources: tuple[Transition, ...]


def choices(key: str, node: Mapping[str, Any]) -> _Parts:
    """Return settings with each value of a key: those listed here, or those that its type has."""
    if key in VALUES:
        return VALUES[key]
    values = [value for part in (node, *node.get("anyOf", ())) for value in _values(part)]
    return {_label(value): place(key, value) for value in values}


def _values(node: Mapping[str, Any]) -> list[Any]:
    kind = node.get("type")
    if kind == "boolean":
        return [False, True]
    if kind == "integer" and "enum" not in node:
        least = node.get("minimum", 0)
        return [least, least + 1]
    some: dict[Any, list[Any]] = {"string": ["one", "two"], "array": [[], ["x/*"]], "object": [{}, {"x": "y"}]}
    return list(node.get("enum", some.get(kind, ())))


def _label(value: Any) -> str:
    return {False: "off", True: "on"}[value] if isinstance(value, bool) else str(value)


@cache
def _build(content: str) -> dict[str, Any] | None:
    try:
        part = json.loads(content)
        refuse_on(part, "the case")
        return build_template(msgspec.convert(switch_off(part), Settings))
    except (SettingsError, msgspec.ValidationError):
        return None


@cache
def find_changes(key: str) -> tuple[Change, ...]:
    """Return each change of a key that the settings' checks let pass, with what becomes of the stack."""
    return tuple(
        Change(key, stack, before, after, compare_templates(old, new))
        for stack, before, after, old, new in build_pairs(key)
    )


def build_pairs(key: str) -> Iterator[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
    """Yield the stack, the two values and the two templates of each change of a key that the checks let pass."""
    parts = choices(key, settings_keys()[key])
    for stack, base in STACKS.items():
        built = {label: _build(msgspec.json.encode(_lay(base, part)).decode()) for label, part in parts.items()}
        for before, after in permutations(built, 2):
            old, new = built[before], built[after]
            if old is not None and new is not None:
                yield stack, before, after, old, new


def _lay(base: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    # A key that is null is one that is not there.
    return {key: _drop(value) if isinstance(value, dict) else value for key, value in merge([base, part]).items()}


def _drop(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if value is not None}


_VERBS = {"updated": "updates", "added": "adds", "removed": "removes", "replaced": "replaces"}


def _effects(changes: tuple[Change, ...]) -> dict[str, list[tuple[str, str]]]:
    """Return the values between which a key goes by what that does, in any of the stacks."""
    pairs: dict[tuple[str, str], dict[str, set[str]]] = {}
    for change in changes:
        found = pairs.setdefault((change.before, change.after), {action: set() for action in _VERBS})
        for item in change.resources:
            found[item.action].add(_shorten(item.logical_id))
    effects: dict[str, list[tuple[str, str]]] = {}
    for pair, found in pairs.items():
        told = [f"{_VERBS[action]} {', '.join(sorted(titles))}" for action, titles in found.items() if titles]
        effects.setdefault("; ".join(told) or "nothing", []).append(pair)
    return effects


def _shorten(title: str) -> str:
    return next((kind for kind in ("RecordAAAA", "RecordA") if title.startswith(kind)), title)


def _tell(pairs: list[tuple[str, str]]) -> str:
    targets: dict[str, list[str]] = {}
    for before, after in pairs:
        targets.setdefault(before, []).append(after)
    return "; ".join(f"{before} → {' or '.join(after)}" for before, after in targets.items())


def write_table() -> str:
    """Return the table of the page as text."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["Setting", "Change", "The stack", "What viewers notice, and what stays", "Refused"])
    for key, note in NOTES.items():
        effects = _effects(find_changes(key))
        name, (viewers, refused) = f":confval:`{key}`", note
        for effect, pairs in effects.items():
            writer.writerow([name, "any" if len(effects) == 1 else _tell(pairs), effect, viewers, refused])
            name = viewers = refused = ""
    return text.getvalue()


if __name__ == "__main__":
    TABLE.write_text(write_table(), "utf-8")
    sys.stdout.write(f"Wrote {TABLE}.\n")
