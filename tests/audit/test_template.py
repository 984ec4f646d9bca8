"""Templates that are broken on purpose: none passes, and the message says what is wrong."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from flask_cdn_stack.audit.template import check_template
from flask_cdn_stack.errors import CDNStackError
from flask_cdn_stack.infrastructure.dns import name_record
from flask_cdn_stack.infrastructure.launchable import VARIANTS as LAUNCHABLE
from flask_cdn_stack.infrastructure.launchable import Variant, render_variant

from ..infrastructure.short_forms import load_template
from .broken import ARN, REMOVED, SETTINGS, break_template, build, put

CONFIG = "Distribution.DistributionConfig"
ORIGIN = f"{CONFIG}.Origins.0"
CUSTOM = f"{CONFIG}.Origins.1"
GROUP = f"{CONFIG}.OriginGroups.Items.0"
DEFAULT = f"{CONFIG}.DefaultCacheBehavior"
ERROR = f"{CONFIG}.CustomErrorResponses.0"
CACHE = "CachePolicy.CachePolicyConfig"
KEY = f"{CACHE}.ParametersInCacheKeyAndForwardedToOrigin"
HEADERS = "ResponseHeadersPolicy.ResponseHeadersPolicyConfig"
CORS = f"{HEADERS}.CorsConfig"
ACCESS = "OriginAccessControl.OriginAccessControlConfig"
STATEMENT = "BucketPolicy.PolicyDocument.Statement.0"
TRUST = "DeployRole.AssumeRolePolicyDocument.Statement.0"
MANY_BEHAVIORS = [{**build("bucket")["Resources"]["Distribution"]["Properties"]["DistributionConfig"][
    "DefaultCacheBehavior"], "PathPattern": f"/{n}/*"} for n in range(75)]  # fmt: skip
ALL_METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]

#: The settings, the place in the resources' properties, what is put there, and a part of the message.
BROKEN: list[tuple[str, str, Any, str]] = [
    # The cache key.
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStrings", [*"abcdefghijk"], "QueryStrings has 11 names"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStrings", REMOVED, "is whitelist, and QueryStrings has no names"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStrings", [], "has no names"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStringBehavior", "all", "is all, and QueryStrings has names"),
    ("bucket", f"{KEY}.QueryStringsConfig.QueryStringBehavior", "none", "is none, and QueryStrings has names"),
    ("bucket", f"{KEY}.CookiesConfig.CookieBehavior", "whitelist", "Cookies has no names"),
    ("bucket", f"{KEY}.HeadersConfig", {"HeaderBehavior": "whitelist", "Headers": ["Accept-encoding"]}, "by a flag"),
    ("bucket", f"{CACHE}.MinTTL", 86401, "not in this order"),
    ("bucket", f"{CACHE}.MaxTTL", 5, "not in this order"),
    ("bucket", f"{CACHE}.Comment", "x" * 129, "Comment has up to 129 characters"),
    # Names.
    ("named", f"{CONFIG}.ViewerCertificate", REMOVED, "without a certificate"),
    ("named", f"{CONFIG}.ViewerCertificate.AcmCertificateArn", ARN.replace("us-east-1", "eu-west-1"), "in us-east-1"),
    ("named", f"{CONFIG}.ViewerCertificate.SslSupportMethod", REMOVED, "sni-only"),
    ("named", f"{CONFIG}.ViewerCertificate.SslSupportMethod", "vip", "sni-only"),
    (
        "named",
        f"{name_record('A', 'cdn.shop.example')}.AliasTarget.HostedZoneId",
        "Z3AQBSTGFYJSTF",
        "to the zone Z3AQBSTGFYJSTF",
    ),
    (
        "named",
        f"{name_record('AAAA', 'cdn.shop.example')}.AliasTarget.HostedZoneId",
        "Z1D633PJN98FT9",
        "CloudFront's is Z2",
    ),
    ("bucket", f"{CONFIG}.Aliases", ["cdn.shop.example"], "without a certificate"),
    ("bucket", f"{CONFIG}.WebACLId", "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b", "not a global one"),
    ("bucket", f"{CONFIG}.DefaultRootObject", "/index.html", "begins with a slash"),
    ("bucket", f"{CONFIG}.Comment", "x" * 129, "Comment has up to 129"),
    # Origins.
    ("bucket", f"{ORIGIN}.OriginPath", "live", "does not begin with a slash"),
    ("bucket", f"{ORIGIN}.OriginPath", "/live/", "or ends with one"),
    ("bucket", f"{ORIGIN}.DomainName", "https://shop.example", "is not a host alone"),
    ("bucket", f"{ORIGIN}.DomainName", "shop.s3-website.eu-west-1.amazonaws.com", "website endpoint"),
    ("bucket", f"{ORIGIN}.DomainName", "shop.assets.s3.amazonaws.com", "not the bucket's domain in its region"),
    ("bucket", f"{ORIGIN}.DomainName", {"Fn::Sub": "${Bucket}.s3.amazonaws.com"}, "domain in its region"),
    ("bucket", f"{ORIGIN}.DomainName", {"Fn::GetAtt": ["Bucket", "DomainName"]}, "DomainName is not"),
    ("bucket", f"{ORIGIN}.DomainName", {"Fn::GetAtt": "Bucket.WebsiteURL"}, "WebsiteURL is not"),
    ("bucket", f"{ORIGIN}.S3OriginConfig.OriginAccessIdentity", "origin-access-identity/cloudfront/E1", "identity and"),
    ("bucket", f"{ORIGIN}.S3OriginConfig", REMOVED, "needs S3OriginConfig"),
    ("bucket", f"{ORIGIN}.CustomOriginConfig", {"OriginProtocolPolicy": "https-only"}, "takes one"),
    ("bucket", f"{ORIGIN}.ConnectionAttempts", 9, "ConnectionAttempts is 9"),
    ("bucket", f"{ORIGIN}.ConnectionTimeout", 0, "ConnectionTimeout is 0"),
    ("failover", f"{CUSTOM}.CustomOriginConfig.OriginReadTimeout", 500, "OriginReadTimeout is 500"),
    ("failover", f"{CUSTOM}.OriginAccessControlId", {"Ref": "OriginAccessControl"}, "needs S3OriginConfig"),
    ("failover", f"{CUSTOM}.Id", "bucket", "two origins have one Id"),
    ("bucket", f"{ACCESS}.Name", "x" * 65, "Name has up to 65 characters"),
    ("bucket", f"{ACCESS}.Name", {"Fn::Sub": "${AWS::StackName}-a-name-much-too-long-for-it"}, "Name has up to 68"),
    ("logs v2", "LogSource.Name", {"Fn::Sub": "${AWS::StackName}-the-logs-of-this-shop"}, "Name has up to 62"),
    # Origin groups.
    ("failover", f"{GROUP}.Members.Items.1.OriginId", "apq", "its member apq is no origin"),
    ("failover", f"{GROUP}.Members.Quantity", 3, "Quantity is 3, and there are 2"),
    ("failover", f"{GROUP}.FailoverCriteria.StatusCodes.Quantity", 1, "StatusCodes: Quantity is 1"),
    ("failover", f"{GROUP}.FailoverCriteria.StatusCodes.Items.0", 418, "418 is not a status"),
    ("failover", f"{CONFIG}.OriginGroups.Quantity", 2, "OriginGroups: Quantity is 2"),
    # Behaviors.
    ("bucket", f"{DEFAULT}.TargetOriginId", "bukket", "bukket is neither an origin nor a group"),
    ("failover", f"{CONFIG}.CacheBehaviors.0.TargetOriginId", "apq", "neither an origin nor a group"),
    ("failover", f"{CONFIG}.CacheBehaviors.0.AllowedMethods", ALL_METHODS, "cannot go to an origin group"),
    ("failover", f"{CONFIG}.CacheBehaviors.1.PathPattern", "/static/*", "two behaviors have the pattern /static/*"),
    ("bucket", f"{DEFAULT}.AllowedMethods", ["GET", "POST"], "not one of the three sets"),
    ("bucket", f"{DEFAULT}.CachedMethods", ["GET"], "not one of the two sets"),
    ("bucket", f"{ERROR}.ErrorCode", REMOVED, "an error response is for None"),
    ("bucket", f"{ERROR}.ErrorCode", 418, "an error response is for 418"),
    ("bucket", f"{ERROR}.ResponsePagePath", "/404.html", "needs both"),
    ("bucket", f"{ERROR}.ResponseCode", 200, "needs both"),
    ("bucket", f"{ERROR}.ErrorCachingMinTTL", REMOVED, "300 seconds"),
    # Functions.
    (
        "unsafe",
        "RequestFilterFunction.FunctionCode",
        "function handler(event) {}" + " " * 10_240,
        "its code has 10266 bytes",
    ),
    ("unsafe", "RequestFilterFunction.FunctionCode", "function handle() {}", "no function handler"),
    ("unsafe", "RequestFilterFunction.FunctionConfig.Comment", "x" * 129, "Comment has up to 129"),
    ("app", "NotFoundFunction.Name", "x" * 65, "Name has up to 65"),
    # Headers.
    ("bucket", f"{CORS}.AccessControlAllowCredentials", True, "together with credentials"),
    ("bucket", f"{HEADERS}.RemoveHeadersConfig.Items.0.Header", "Content-Type", "Content-Type cannot be removed"),
    ("bucket", f"{HEADERS}.CustomHeadersConfig.Items.0.Header", "Access-Control-Allow-Origin", "belongs to CorsConfig"),
    ("bucket", f"{HEADERS}.CustomHeadersConfig.Items", [{"Header": f"X-{n}"} for n in range(11)], "11 custom headers"),
    # Buckets and who may read them.
    ("bucket", f"{STATEMENT}.Principal", "*", "lets anybody in"),
    ("bucket", f"{STATEMENT}.Principal", {"AWS": ["*"]}, "lets anybody in"),
    ("bucket", f"{STATEMENT}.Resource", "arn:aws:s3:::shop-assets/*", "another bucket"),
    ("logs v2", f"{STATEMENT}.Resource", {"Fn::GetAtt": ["LogBucket", "Arn"]}, "another bucket"),
    ("existing", f"{STATEMENT}.Resource", "arn:aws:s3:::shop-assets-2/*", "another bucket"),
    ("existing", "BucketPolicy.Bucket", "shop", "another bucket"),
    (
        "bucket",
        "Bucket.LifecycleConfiguration.Rules.0",
        {"Id": "empty", "Status": "Enabled"},
        "rule empty does nothing",
    ),
    ("bucket", "Bucket.WebsiteConfiguration", {"IndexDocument": "index.html"}, "is a website"),
    # References.
    ("bucket", f"{DEFAULT}.CachePolicyId", {"Ref": "CachePolice"}, "refers to CachePolice"),
    ("bucket", f"{ORIGIN}.DomainName", {"Fn::GetAtt": ["Bukket", "RegionalDomainName"]}, "refers to Bukket"),
    ("bucket", f"{CONFIG}.Comment", {"Fn::Sub": "of ${Shop}"}, "refers to Shop"),
    ("bucket", f"{CONFIG}.Comment", {"Fn::Sub": ["${A}${B.Arn}", {"A": {"Ref": "C"}}]}, "refers to B"),
    # Quotas.
    ("named", f"{CONFIG}.Aliases", [f"a{n}.example" for n in range(101)], "Aliases has 101 entries"),
    ("bucket", f"{CONFIG}.CacheBehaviors", MANY_BEHAVIORS, "CacheBehaviors has 75 entries"),
    ("key", "DeployPolicy.PolicyDocument.Statement.0.Resource", ["x" * 5200, "y"], "DeployPolicy: PolicyDocument has"),
    ("github", f"{TRUST}.Sid", "x" * 1900, "DeployRole: AssumeRolePolicyDocument has up to"),
    ("bucket", f"{STATEMENT}.Sid", "x" * 20_480, "BucketPolicy: PolicyDocument has up to"),
    ("key", "BucketKey.KeyPolicy.Statement.0.Sid", "x" * 32_768, "BucketKey: KeyPolicy has up to"),
    # Size.
    ("bucket", f"{CONFIG}.CallerReference", "x" * 51_200, "CloudFormation takes 51200"),
]


@pytest.mark.parametrize("name", SETTINGS)
def test_whole(name: str) -> None:
    """What is built passes, as it does each time that it is built."""
    check_template(build(name))


@pytest.mark.parametrize(("name", "place", "value", "message"), BROKEN, ids=[place for _, place, *_ in BROKEN])
def test_broken(name: str, place: str, value: Any, message: str) -> None:
    """Each is refused, and said to be nobody's but the package's own mistake."""
    with pytest.raises(CDNStackError) as caught:
        check_template(break_template(name, {place: value}))

    assert message in caught.value.message
    assert "please report it" in caught.value.hint


@pytest.mark.parametrize("variant", LAUNCHABLE, ids=lambda variant: variant.name)
def test_launchable(variant: Variant) -> None:
    """Parameters in place of values, and short forms read back, pass too."""
    check_template(load_template(render_variant(variant)))


@pytest.mark.parametrize(
    ("name", "parameter", "default", "message"),
    [
        ("bucket", "QueryStringNames", "t,Response-Content-Type", "QueryStrings has Response-Content-Type"),
        ("failover", "QueryStringNames", "a,b,c,d,e,f,g,h,i,j,k", "QueryStrings has 11 names"),
        ("app", "StaticPath", "/*", "PathPattern is /*"),
        ("bucket-with-logs", "DefaultTTL", 31536001, "not in this order"),
    ],
)
def test_defaults(name: str, parameter: str, default: Any, message: str) -> None:
    """Of parameters are looked at in the places that they stand for."""
    (variant,) = (variant for variant in LAUNCHABLE if variant.name == name)
    template = load_template(render_variant(variant))
    template["Parameters"][parameter]["Default"] = default

    with pytest.raises(CDNStackError) as caught:
        check_template(template)

    assert message in caught.value.message


def test_outputs_and_dependencies() -> None:
    """Refer to nothing that is not there, either."""
    template = copy.deepcopy(build("bucket"))
    template["Outputs"]["BucketName"]["Value"] = {"Ref": "Bukket"}
    with pytest.raises(CDNStackError, match="refers to Bukket"):
        check_template(template)

    template = copy.deepcopy(build("bucket"))
    template["Resources"]["Bucket"]["DependsOn"] = "Kee"
    with pytest.raises(CDNStackError, match="Bucket depends on Kee"):
        check_template(template)


def test_parameters() -> None:
    """May stand for names, times and text, and are known where they are declared."""
    template = copy.deepcopy(build("named"))
    template["Parameters"] = {"Name": {"Type": "CommaDelimitedList"}, "Number": {"Type": "Number"}}
    put(template, f"{KEY}.QueryStringsConfig.QueryStrings", {"Ref": "Name"})
    put(template, f"{CONFIG}.Aliases", {"Ref": "Name"})
    put(template, f"{CACHE}.MinTTL", {"Ref": "Number"})
    put(template, f"{ORIGIN}.DomainName", {"Fn::Select": [0, {"Ref": "Name"}]})

    check_template(template)
