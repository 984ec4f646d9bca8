"""Settings files of any content, drawn from the JSON Schema: likely values, and what only looks like one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from flask_cdn_stack.settings.schema import settings_schema

from .cases import APP, CHOICES, NAMES, UUID

Node = Mapping[str, Any]

_ACCOUNT = "111122223333"
_KEY = f"arn:aws:kms:us-east-1:{_ACCOUNT}:key/{UUID}"

#: What stands where something else is meant, or is understood by someone on the way: by CloudFormation, IAM, YAML.
ODD = (
    "", " ", "a b", "\n", "a\nb", "\x00", "é", "中", "*", "**", "?", "%", "%2F", "#", ":", "a:b", "/", "//", "a/../b",
    "~", "null", "none", "all", "off", "${AWS::Region}", "${Bucket}", "${!x}", "{{resolve:ssm:x}}",
    *("a" * length for length in (64, 129, 256, 1800)),
    "localhost", "10.0.0.1", "127.1", "[::1]", "http://a.example", "a.example:443", "A.example", "a.example.",
    "cloudfront.net", "d1.cloudfront.net", "amazonaws.com", "s3.amazonaws.com", "a.s3.amazonaws.com",
    "a.s3.us-east-1.amazonaws.com", "a.s3-website-us-east-1.amazonaws.com", "a.s3-website.eu-central-1.amazonaws.com",
    "a.s3.dualstack.us-east-1.amazonaws.com", "a.s3-accelerate.amazonaws.com", "a.s3-website.shop", "a.s3-website",
    "s3-site.a.example", "a-1.us-east-1.elb.amazonaws.com",
    "us-east-1", "eu-west-3", "cn-north-1", "us-gov-west-1", "moon-1",
    "arn:aws:iam::aws:policy/AdministratorAccess", f"arn:aws-cn:kms:cn-north-1:{_ACCOUNT}:key/{UUID}",
    UUID, UUID.upper(), ".flask-cdn-stack", "response-content-type", "Response%2DExpires", "c", "t", "aws:tag",
    "flask-cdn-stack:project",
)  # fmt: skip

#: What may well stand at a key that takes any text by the schema.
LIKELY: dict[str, tuple[str, ...]] = {
    "app_origin.domain": ("www.shop.example", "shop-1.eu-west-1.elb.amazonaws.com", "xn--bcher-kva.example"),
    "app_origin.path": ("", "/shop", "/a/b.c~d"),
    "app_origin.paths": ("/static/*", "/blog/static/*", "/a?c", "/$'\"@:+&/*"),
    "delivery.aliases": ("cdn.shop.example", "*.shop.example", "a.b.c.example"),
    "delivery.certificate_arn": (str(NAMES["certificate_arn"]),),
    "delivery.hosted_zone_id": ("Z1D633PJN98FT9",),
    "delivery.waf_arn": (f"arn:aws:wafv2:us-east-1:{_ACCOUNT}:global/webacl/shop/{UUID}",),
    "delivery.geo.allow": ("DE", "XK"),
    "delivery.geo.deny": ("US", "FR"),
    "delivery.origin_shield": ("eu-west-1",),
    "delivery.cache_policy_id": (UUID, "658327ea-f89d-4fab-a63d-7e88639e58f6"),
    "delivery.response_headers_policy_id": (UUID, "67f7725c-6f97-4210-82d7-5512b31e9d03"),
    "delivery.cors": ("https://shop.example", "http://*.shop.example:8443", "https://localhost"),
    "delivery.csp": ("default-src 'none'", "sandbox allow-scripts", "a" * 1783, "img-src https://${x}.example"),
    "bucket.existing": ("shop", "shop.assets", "a.s3-website", "a.s3-website.b", "s3-website", "a" * 63),
    "bucket.region": ("us-east-1", "eu-central-1"),
    "bucket.encryption": ("sse-s3", "kms", f"kms:{_KEY}"),
    "bucket.former_keys": (_KEY, _KEY.replace("0f0e", "mrk-0f0e")),
    "access.github": ("shop/web:production", "shop@1/web@2:a b", "a/b:${x}"),
    "access.oidc_provider_arn": (f"arn:aws:iam::{_ACCOUNT}:oidc-provider/token.actions.githubusercontent.com/shop",),
    "region": ("us-east-1", "eu-central-1", "ap-east-1"),
    "stack": ("shop-cdn", "S", "a" * 40),
    "query_strings": ("c", "t", "v", "a" * 1000),
    "assets.prefix": ("shop/live", "a" * 254, "..a"),
}

#: Lists that get long in other people's files, by how an entry is made of its number.
LONG = {
    "app_origin.paths": "/app-{}/static/*",
    "delivery.aliases": "cdn-{}.shop.example",
    "delivery.cors": "https://shop-{}.example",
    "bucket.former_keys": _KEY[:-12] + "{:012}",
    "query_strings": "name-{}",
    "delivery.geo.allow": "D{}",
}


def settings_keys() -> dict[str, Node]:
    """Return every key of the file, in its order, with what the schema says of it; groups of keys are none."""
    schema = settings_schema()

    def walk(node: Node, prefix: str) -> Iterator[tuple[str, Node]]:
        for name, inner in node["properties"].items():
            reference = next((part["$ref"] for part in (inner, *inner.get("anyOf", ())) if "$ref" in part), None)
            if reference:
                yield from walk(schema["$defs"][reference.rpartition("/")[2]], f"{prefix}{name}.")
            elif name != "stages":
                yield prefix + name, inner

    return dict(walk(schema["$defs"]["Settings"], ""))


#: Stages hold keys, and are drawn as any other object.
LEAVES = {**settings_keys(), "stages": {"type": "object"}}

#: What must stand beside a key for it to be looked at.
NEEDS: dict[str, list[dict[str, Any]]] = {
    "app_origin.": [{"origin": "app", "app_origin": APP}, {"origin": "failover", "app_origin": APP}],
    "delivery.aliases": [{"delivery": NAMES}, {"delivery": {**NAMES, "hosted_zone_id": "Z1D633PJN98FT9"}}],
    "delivery.hosted_zone_id": [{"delivery": NAMES}],
    "target.": [{"target": {"bucket": "shop", "domain": "cdn.shop.example"}}],
    "bucket.former_keys": [{"access": {"deploy_policy": True}}],
}

# Those of assets do not come into a template, prefix excepted: one of them for several others.
_WEIGHED = [path for path in sorted(LEAVES) for _ in range(1 if path.startswith("assets.") else 5)]


@st.composite
def settings_files(draw: st.DrawFn) -> dict[str, Any]:
    """Draw choices that go together, and lay a few single values over them."""
    parts = [draw(st.sampled_from(choices)) for choices in CHOICES if draw(st.integers(0, 3)) == 0]
    for path in draw(st.lists(st.sampled_from(_WEIGHED), max_size=4)):
        for start, beside in NEEDS.items():
            if path.startswith(start):
                parts.append(draw(st.sampled_from(beside)))
        parts.append(place(path, draw(_values(path, LEAVES[path]))))
    content: dict[str, Any] = {}
    for part in parts:
        content = merge_deeply(content, part)
    return content


def place(path: str, value: Any) -> dict[str, Any]:
    """Return a file with one value in it."""
    first, _, rest = path.partition(".")
    return {first: place(rest, value) if rest else value}


def merge_deeply(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return what two files say; where both say something, the second counts."""
    merged = dict(one)
    for key, value in other.items():
        both = isinstance(value, dict) and isinstance(one.get(key), dict)
        merged[key] = merge_deeply(one[key], value) if both else value
    return merged


def _values(path: str, node: Node) -> st.SearchStrategy[Any]:
    if "anyOf" in node:
        return st.one_of([_values(path, part) for part in node["anyOf"]])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    match node.get("type"):
        case "boolean":
            return st.booleans()
        case "integer":
            return st.integers(node.get("minimum", -1), node.get("maximum"))
        case "array":
            return _lists(path, node.get("items", {}))
        case "object":
            return st.dictionaries(_texts(path), _texts(path), max_size=3)
        case "null":
            return st.none()
    return _texts(path)


def _lists(path: str, item: Node) -> st.SearchStrategy[list[Any]]:
    if "$ref" in item:
        headers = st.dictionaries(_texts(path), _texts(path), max_size=2)
        return st.lists(st.fixed_dictionaries({"match": _texts(path), "set": headers}), max_size=2)
    short = st.lists(_texts(path), max_size=3)
    if path not in LONG:
        return short
    lengths = st.sampled_from([10, 20, 24, 74, 75, 100, 101, 1000])
    return short | lengths.map(lambda length: [LONG[path].format(number) for number in range(length)])


def _texts(path: str) -> st.SearchStrategy[str]:
    odd = st.sampled_from(ODD) | st.text(max_size=12)
    likely = LIKELY.get(path, ())
    return st.sampled_from(likely) | st.sampled_from(likely) | odd if likely else odd
