"""What a response headers policy does with the headers of an answer."""

from __future__ import annotations

import pytest

from flask_cdn_stack.local.edge.configuration import read_headers_policy
from flask_cdn_stack.local.edge.messages import Request
from flask_cdn_stack.local.edge.response_headers import apply_policy

_SECURITY = {
    "ContentTypeOptions": {"Override": True},
    "FrameOptions": {"Override": True, "FrameOption": "DENY"},
    "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "same-origin"},
    "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'none'"},
    "StrictTransportSecurity": {"Override": True, "AccessControlMaxAgeSec": 9, "IncludeSubdomains": True},
    "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": True},
}
_CORS = {
    "AccessControlAllowOrigins": {"Items": ["https://*.shop.example", "https://a.example"]},
    "AccessControlAllowMethods": {"Items": ["GET", "HEAD"]},
    "AccessControlAllowHeaders": {"Items": ["X-One", "X-Two"]},
    "AccessControlExposeHeaders": {"Items": ["ETag"]},
    "AccessControlAllowCredentials": True,
    "AccessControlMaxAgeSec": 600,
    "OriginOverride": True,
}


def test_security_headers() -> None:
    """Each kind, as it stands on the wire."""
    policy = read_headers_policy({"SecurityHeadersConfig": _SECURITY})

    assert apply_policy(policy, {}, Request("GET", "/a", {})) == {
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "content-security-policy": "default-src 'none'",
        "strict-transport-security": "max-age=9; includeSubDomains",
        "x-xss-protection": "1; mode=block",
    }


@pytest.mark.parametrize(("override", "value"), [(True, "policy"), (False, "origin")])
def test_a_header_that_the_origin_has(override: bool, value: str) -> None:
    """Stays, unless the policy overrides it; a removed one is gone before another is added."""
    policy = read_headers_policy(
        {
            "CustomHeadersConfig": {"Items": [{"Header": "X-Who", "Value": "policy", "Override": override}]},
            "RemoveHeadersConfig": {"Items": [{"Header": "Set-Cookie"}]},
        }
    )

    assert apply_policy(policy, {"x-who": "origin", "set-cookie": "a=1"}, Request("GET", "/a", {})) == {"x-who": value}


@pytest.mark.parametrize(
    ("method", "origin", "said"),
    [
        ("GET", "https://www.shop.example", {"allow-origin", "allow-credentials", "expose-headers"}),
        ("GET", "https://a.example", {"allow-origin", "allow-credentials", "expose-headers"}),
        ("GET", "https://evil.example", set()),
        ("GET", None, set()),
        (
            "OPTIONS",
            "https://a.example",
            {"allow-origin", "allow-credentials", "allow-methods", "allow-headers", "max-age"},
        ),
    ],
)
def test_cors(method: str, origin: str | None, said: set[str]) -> None:
    """For origins that are allowed; what only a preflight needs is in its answer only."""
    headers = {} if origin is None else {"origin": origin}

    found = apply_policy(read_headers_policy({"CorsConfig": _CORS}), {}, Request(method, "/a", headers))

    assert found.keys() == {f"access-control-{name}" for name in said}
    assert found.get("access-control-allow-origin") == (origin if said else None)
    assert found.get("access-control-allow-headers") == ("X-One, X-Two" if method == "OPTIONS" else None)
