"""Settings files that people get wrong: each is refused with the key that is meant, and a way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from flask_cdn_stack.checks.settings import check_settings
from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import load_project

APP = "origin: app\n"
ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
CERTIFICATE = f"arn:aws:acm:us-east-1:111122223333:certificate/{ID}"
NAMED = f"aliases: [cdn.shop.example], certificate_arn: '{CERTIFICATE}'"
WAF = f"arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/{ID}"
KEY = f"arn:aws:kms:eu-central-1:111122223333:key/{ID}"
MANAGED_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"


def app_origin(text: str) -> str:
    return f"{APP}app_origin: {{domain: www.shop.example, {text}}}"


def delivery(text: str) -> str:
    return f"delivery: {{{text}}}"


#: What is in the file, the key that the message names, and a word of the way out.
WRONG: list[tuple[str, str, str]] = [
    # The stack.
    ("stack: shop_cdn", "stack", "40"),
    ("region: eu-central", "region", "eu-central-1"),
    ("region: us-gov-west-1", "region", "without distribution_id: deploy, releases and rollback work there"),
    ("region: cn-north-1", "region", "name them as target: deploy, releases and rollback work there"),
    ("region: fips-us-east-1", "region", "AWS_USE_FIPS_ENDPOINT=true"),
    ("target: {bucket: shop, domain: x.example, distribution_id: E1, region: us-gov-west-1}",
     "target.distribution_id", "assets.fingerprint to path"),
    ("target: {bucket: shop, domain: cdn.shop.example}\norigin: app", "origin", "Take one of them out"),
    # The app as an origin.
    ("origin: app", "app_origin.domain", "www.shop.example"),
    ("origin: failover", "app_origin.domain", "www.shop.example"),
    (f"{APP}app_origin: {{domain: 'https://www.shop.example'}}", "app_origin.domain", "Write it as"),
    (f"{APP}app_origin: {{domain: 'www.shop.example:8443'}}", "app_origin.domain", "keys of their own"),
    (f"{APP}app_origin: {{domain: www.shop.example/blog}}", "app_origin.domain", "path"),
    (f"{APP}app_origin: {{domain: 10.0.0.1}}", "app_origin.domain", "www.shop.example"),
    (f"{APP}app_origin: {{domain: d111111abcdef8.cloudfront.net}}", "app_origin.domain", "load balancer"),
    (f"{APP}app_origin: {{domain: shop.s3-website-us-east-1.amazonaws.com}}", "app_origin.domain", "bucket.existing"),
    (f"{APP}app_origin: {{domain: a.b.s3.dualstack.us-west-2.amazonaws.com}}", "app_origin.domain", "bucket.existing"),
    (f"{APP}app_origin: {{domain: a-1.s3-accesspoint.eu-west-1.amazonaws.com}}", "app_origin.domain", "to bucket"),
    (f"{APP}app_origin: {{domain: cdn.shop.example}}\n{delivery(NAMED)}", "app_origin.domain", "name of its own"),
    (app_origin("port: 80"), "app_origin.port", "443"),
    (app_origin("port: 81"), "app_origin.port", "443"),
    (app_origin("path: shop"), "app_origin.path", "/shop"),
    (app_origin("path: /a/../b"), "app_origin.path", "/shop"),
    (app_origin("path: '/a b'"), "app_origin.path", "/shop"),
    (app_origin("paths: []"), "app_origin.paths", "/static/*"),
    (app_origin("paths: ['/*']"), "app_origin.paths", "static files only"),
    (app_origin("paths: ['/?*']"), "app_origin.paths", "static files only"),
    (app_origin("paths: ['static/*']"), "app_origin.paths", "Write it as in /static/*"),
    (app_origin("paths: ['/static/*', '/static/*']"), "app_origin.paths", "Remove one"),
    (app_origin(f"paths: {[f'/{number}/*' for number in range(75)]}"), "app_origin.paths", "Join"),
    (f"{app_origin('port: 443')}\nassets: {{fingerprint: path}}", "assets.fingerprint", "origin to bucket"),
    (f"{app_origin('port: 443')}\nassets: {{immutable: true}}", "assets.immutable", "origin to bucket"),
    # Versions that the edge finds.
    ("assets: {immutable: true}\ntarget: {bucket: shop, domain: cdn.shop.example}", "assets.immutable", "to path"),
    ("assets: {immutable: true, checksum_length: 64}", "assets.checksum_length", "Take assets.checksum_length out"),
    ("assets: {immutable: true}\nquery_strings: none", "query_strings", "Take query_strings out, or assets.immutable"),
    (f"assets: {{immutable: true, prefix: {'x' * 213}}}", "assets.prefix", "Shorten"),
    # Query strings.
    ("query_strings: all", "query_strings", "unsafe_query_strings"),
    ("query_strings: []", "query_strings", "say none"),
    ("query_strings: [c, Response%2DContent-Type]", "query_strings", "another name"),
    (f"query_strings: {['c', *map(str, range(10))]}", "query_strings", "1 to 10 names"),
    (f"{app_origin('port: 443')}\nquery_strings: [c, c]", "query_strings", "Remove one"),
    (f"{app_origin('port: 443')}\nquery_strings: [c, 'a b']", "query_strings", "another name"),
    (f"{app_origin('port: 443')}\nquery_strings: [c, {'x' * 1024}]", "query_strings", "Shorten"),
    ("origin: failover\napp_origin: {domain: www.shop.example}\nquery_strings: all", "query_strings", "say none"),
    (f"query_strings: all\nunsafe_query_strings: on\n{delivery(f'response_headers_policy_id: {ID}')}",
     "delivery.response_headers_policy_id", "Take it out"),
    # Names and certificates.
    (delivery("aliases: [cdn.shop.example]"), "delivery.certificate_arn", "us-east-1"),
    (delivery("aliases: ['https://cdn.shop.example']"), "delivery.aliases", "*.shop.example"),
    (delivery("aliases: [CDN.shop.example]"), "delivery.aliases", "cdn.shop.example"),
    (delivery("aliases: ['cdn.*.example']"), "delivery.aliases", "*.shop.example"),
    (delivery("aliases: [d111111abcdef8.cloudfront.net]"), "delivery.aliases", "Leave it out"),
    (delivery("aliases: [a.example, a.example]"), "delivery.aliases", "Remove one"),
    (delivery(f"aliases: {[f'a{number}.example' for number in range(101)]}"), "delivery.aliases", "wildcard"),
    (delivery(f"certificate_arn: '{CERTIFICATE}'"), "delivery.certificate_arn", "delivery.aliases"),
    (delivery(f"aliases: [a.example], certificate_arn: '{CERTIFICATE.replace('us-east-1', 'eu-central-1')}'"),
     "delivery.certificate_arn", "again in us-east-1"),
    (delivery(f"aliases: [a.example], certificate_arn: {ID}"), "delivery.certificate_arn", "arn:aws:acm:us-east-1"),
    (delivery(f"aliases: [a.example], certificate_arn: '{CERTIFICATE.replace('arn:aws:', 'arn:aws-cn:')}'"),
     "delivery.certificate_arn", "arn:aws:acm:us-east-1"),
    (delivery("hosted_zone_id: Z1D633PJN98FT9"), "delivery.hosted_zone_id", "delivery.aliases"),
    (delivery(f"{NAMED}, hosted_zone_id: /hostedzone/Z1D633PJN98FT9"), "delivery.hosted_zone_id", "/hostedzone/"),
    (delivery(f"{NAMED}, hosted_zone_id: Z2FDTNDATAQYW2"), "delivery.hosted_zone_id", "list-hosted-zones"),
    # The distribution.
    (delivery("ttl: {min: 10, default: 5}"), "delivery.ttl", "min <= default <= max"),
    (delivery(f"waf_arn: '{WAF.replace('us-east-1', 'eu-west-1')}'"), "delivery.waf_arn", "global/webacl"),
    (delivery(f"waf_arn: '{WAF.replace('global', 'regional')}'"), "delivery.waf_arn", "global/webacl"),
    (delivery("geo: {allow: [DE], deny: [FR]}"), "delivery.geo", "Keep allow"),
    (delivery("geo: {allow: [UK]}"), "delivery.geo.allow", "GB"),
    (delivery("geo: {deny: [de]}"), "delivery.geo.deny", "DE"),
    (delivery("geo: {allow: [DE, DE]}"), "delivery.geo.allow", "Remove one"),
    (delivery("origin_shield: true"), "delivery.origin_shield", "us-east-1"),
    (delivery("origin_shield: eu-west-3"), "delivery.origin_shield", "eu-west-2"),
    (delivery("origin_shield: moon-1"), "delivery.origin_shield", "nearest"),
    (delivery("logs: true"), "delivery.logs", "v2"),
    (f"region: eu-central-1\n{delivery('logs: v2')}", "delivery.logs", "v1"),
    (f"region: eu-south-1\n{delivery('logs: v1')}", "delivery.logs", "us-east-1"),
    (f"region: xx-future-1\n{delivery('logs: v1')}", "delivery.logs", "us-east-1"),
    (delivery("cache_policy_id: Managed-CachingOptimized"), "delivery.cache_policy_id", "id and not the name"),
    (delivery("cache_policy_id: 4cc15a8a-d715-48a4-82b8-cc0b614638fe"), "delivery.cache_policy_id", "without headers"),
    (delivery("response_headers_policy_id: shop"), "delivery.response_headers_policy_id", "id and not the name"),
    # Headers.
    (delivery("cors: true"), "delivery.cors", "list of origins"),
    (delivery("cors: [shop.example]"), "delivery.cors", "https://shop.example"),
    (delivery(f"cors: ['https://{'x' * 1776}']"), "delivery.cors", "list of origins"),
    (delivery("hsts: true"), "delivery.hsts", "seconds"),
    (delivery("csp: true"), "delivery.csp", "default-src"),
    (delivery("csp: ''"), "delivery.csp", "say off"),
    (delivery("csp: 'img-src {{resolve:ssm:secret}}'"), "delivery.csp", "itself"),
    (delivery('csp: "default-src \'self\';\\n img-src *"'), "delivery.csp", "one line"),
    (delivery(f"csp: {'x' * 1784}"), "delivery.csp", "Shorten"),
    # The bucket.
    ("bucket: {existing: s3://shop}", "bucket.existing", "without s3://"),
    ("bucket: {existing: shop/static}", "bucket.existing", "assets.prefix"),
    ("bucket: {existing: Shop}", "bucket.existing", "shop-assets"),
    ("bucket: {region: eu-central-1}", "bucket.region", "bucket.existing"),
    ("bucket: {existing: shop, region: cn-north-1}", "bucket.region", "standard partition"),
    ("region: us-east-1\nbucket: {existing: shop, region: eu-west-1, manage_policy: true}", "bucket.manage_policy",
     "region to eu-west-1"),
    ("bucket: {manage_policy: true}", "bucket.manage_policy", "bucket.existing"),
    ("bucket: {encryption: aes}", "bucket.encryption", "kms:arn:aws:kms"),
    ("bucket: {encryption: 'kms:arn:aws:kms:eu-west-1:111122223333:alias/shop'}", "bucket.encryption", "alias"),
    (f"region: us-east-1\nbucket: {{encryption: 'kms:{KEY}'}}", "bucket.encryption", "Name a key in us-east-1"),
    ("bucket: {former_keys: [alias/shop]}", "bucket.former_keys", "arn:aws:kms"),
    (f"region: us-east-1\nbucket: {{former_keys: ['{KEY}']}}", "bucket.former_keys", "Name a key in us-east-1"),
    (f"bucket: {{former_keys: ['{KEY}', '{KEY}']}}", "bucket.former_keys", "Remove one"),
    (f"bucket: {{former_keys: {[KEY] * 21}}}", "bucket.former_keys", "Take out those"),
    (f"bucket: {{encryption: kms}}\n{delivery(f'response_headers_policy_id: {MANAGED_HEADERS}')}",
     "delivery.response_headers_policy_id", "remove them"),
    (f"bucket: {{former_keys: ['{KEY}']}}\n{delivery(f'response_headers_policy_id: {MANAGED_HEADERS}')}",
     "delivery.response_headers_policy_id", "remove them"),
    # Who may deploy.
    ("access: {github: shop/website}", "access.github", "environment"),
    ("access: {github: 'shop/*:production'}", "access.github", "shop/website:production"),
    ("access: {github: 'shop/website:*'}", "access.github", "shop/website:production"),
    ("access: {github: 'shop@123456/website:production'}", "access.github", "shop@123456/website@456789"),
    ("access: {github: 'repo:shop/website:environment:production'}", "access.github", "shop/website:production"),
    (f"access: {{oidc_provider_arn: '{PROVIDER}'}}", "access.oidc_provider_arn", "access.github"),
    ("access: {github: 'a/b:c', oidc_provider_arn: 'https://token.actions.githubusercontent.com'}",
     "access.oidc_provider_arn", "arn:aws:iam"),
    (f"access: {{github: 'a/b:c', oidc_provider_arn: '{PROVIDER}/{'x' * 250}'}}",
     "access.oidc_provider_arn", "arn:aws:iam"),
    # Files.
    ("assets: {prefix: /shop}", "assets.prefix", "shop/live"),
    ("assets: {prefix: .flask-cdn-stack}", "assets.prefix", "shop/live"),
    ("manifest_file: cdn_config.py", "manifest_file", "another name"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "key", "remedy"), WRONG, ids=[f"{key}-{i}" for i, (_, key, _) in enumerate(WRONG)])
def test_refused(text: str, key: str, remedy: str, tmp_path: Path) -> None:
    """As an error of the settings, before anything is asked of AWS."""
    file = tmp_path / "flask-cdn-stack.yml"
    file.write_text(text, "utf-8")

    with pytest.raises(SettingsError) as caught:
        check_settings(load_project(tmp_path, file).settings)

    assert key in caught.value.message.replace(str(file), "")
    assert remedy in caught.value.hint


def test_in_a_stage(tmp_path: Path) -> None:
    """What one stage gets wrong is refused for that stage, and lets the others be."""
    file = tmp_path / "flask-cdn-stack.yml"
    file.write_text("stages:\n  live: {origin: app}\n  test:\n", "utf-8")

    assert check_settings(load_project(tmp_path, file, "test").settings) == ()
    with pytest.raises(SettingsError, match=r"app_origin\.domain"):
        check_settings(load_project(tmp_path, file, "live").settings)
