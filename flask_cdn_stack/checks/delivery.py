"""Checks of the settings ``delivery``: TTLs, countries, AWS WAF, Origin Shield, logs and existing policies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import SettingsError
from ..quantities import count
from ..settings.delivery import SHIELD_REGIONS, TTL, Delivery
from ..settings.model import Settings
from .cache_keys import MANAGED, check_cache_key, warn_of_cache_key
from .lists import check_once

#: The Origin Shield region to use for a region without one (CloudFront developer guide, "Use Amazon CloudFront Origin
#: Shield").
NEAREST_SHIELDS = {
    "af-south-1": "eu-west-1", "ap-east-1": "ap-southeast-1", "ca-central-1": "us-east-1", "eu-north-1": "eu-west-2",
    "eu-south-1": "eu-central-1", "eu-west-3": "eu-west-2", "me-south-1": "ap-south-1", "us-west-1": "us-west-2",
}  # fmt: skip

#: Regions that are on by default; accounts must opt in to those introduced after March 20, 2019 (AWS Account Management
#: reference guide, "Enable or disable AWS Regions in your account"). CloudFront's legacy logs can be sent only to
#: buckets in these (CloudFront developer guide, "Configure standard logging (legacy)").
DEFAULT_REGIONS = frozenset({
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
    "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
    "cn-north-1", "cn-northwest-1",
})  # fmt: skip

#: The region in which v2 logs are set up (CloudFront developer guide, "Configure standard logging (v2)").
LOGS_REGION = "us-east-1"

#: An error TTL above so many seconds gets a warning.
LONG_ERROR = 3600

_TIME_PAGE = '(CloudFront developer guide, "Manage how long content stays in the cache")'
_GEO_PAGE = '(CloudFront developer guide, "Restrict the geographic distribution of your content")'
_SHIELD_PAGE = '(CloudFront developer guide, "Use Amazon CloudFront Origin Shield")'
_WAF_PAGE = '(AWS WAF developer guide, "How AWS WAF works with Amazon CloudFront features")'
_LOGS_PAGE = '(CloudFront developer guide, "Access logs (standard logs)")'
_UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_POLICY = re.compile(_UUID)
_WAF = re.compile(rf"arn:aws:wafv2:us-east-1:[0-9]{{12}}:global/webacl/[A-Za-z0-9_-]{{1,128}}/{_UUID}")
_CODES = (
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA "
    "CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA "
    "GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP "
    "KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS "
    "MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS "
    "RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW "
    "TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW"
)

#: Country codes: ISO 3166-1, and XK for Kosovo as in the list of AWS WAF (AWS WAF API reference,
#: "GeoMatchStatement").
COUNTRIES = frozenset(_CODES.split())


def check_delivery(settings: Settings) -> None:
    """Refuse settings of the distribution that CloudFront would refuse, or accept and serve wrongly.

    :raises SettingsError: for the first fault found.
    """
    delivery = settings.delivery
    _check_ttl(delivery.ttl)
    _check_countries(delivery)
    _check_firewall(delivery.waf_arn)
    _check_shield(delivery.origin_shield)
    check_logs(delivery.logs, settings.region)
    for key in ("cache_policy_id", "response_headers_policy_id"):
        _check_policy(key, getattr(delivery, key))
    if managed := MANAGED.get(delivery.cache_policy_id or ""):
        check_cache_key(settings, managed)


def warn_of_delivery(settings: Settings) -> Iterator[str]:
    """Yield a warning for each setting of the distribution that has a cost, or no effect."""
    delivery = settings.delivery
    if delivery.viewer_protocol == "allow-all" and settings.has_bucket:
        yield (
            "delivery.viewer_protocol: allow-all lets CloudFront ask S3 over plain http for viewers who came by it, "
            "which the bucket refuses; use redirect-to-https "
            '(CloudFront developer guide, "Require HTTPS for communication between CloudFront and your Amazon S3 '
            'origin").'
        )
    for key in ("missing", "server"):
        if (seconds := getattr(delivery.error_ttl, key)) > LONG_ERROR:
            time = count(seconds, "second")
            yield (
                f"delivery.error_ttl.{key}: a file that was fixed still shows as an error at the edge for up to {time}."
            )
    if delivery.cache_policy_id is not None:
        unused = ["delivery.ttl"] if delivery.ttl != TTL() else []
        unused += ["query_strings"] if settings.query_strings is not None else []
        if unused:
            yield (
                f"{', '.join(unused)}: of no effect beside delivery.cache_policy_id, whose policy decides how long "
                "the edge keeps files, and which query strings count."
            )
        if managed := MANAGED.get(delivery.cache_policy_id):
            yield from warn_of_cache_key(settings, managed)


def check_logs(logs: str | None, region: str | None) -> None:
    """Refuse logs that CloudFront cannot send to a bucket in the stack's region, if the region is known.

    :raises SettingsError: it cannot.
    """
    if region is None:
        return
    if logs == "v2" and region != LOGS_REGION:
        raise SettingsError(
            f"delivery.logs: 'v2' can be set up in {LOGS_REGION} only, and region is {region} {_LOGS_PAGE}.",
            f"Write v1, or set region to {LOGS_REGION}.",
        )
    if logs == "v1" and region not in DEFAULT_REGIONS:
        raise SettingsError(
            f"delivery.logs: 'v1' does not reach a bucket in {region}, which accounts must opt in to {_LOGS_PAGE}.",
            f"Set region to {LOGS_REGION} and logs to v2, or logs to off.",
        )


def _check_ttl(ttl: TTL) -> None:
    if ttl.max == 0:
        raise SettingsError(
            "delivery.ttl.max: 0 lets the edge keep nothing, and CloudFront takes no policy without caching that has "
            'compression or query strings in its key (CloudFront developer guide, "Understand cache policies").',
            "Set max to 1 at least: a CDN that keeps nothing is none.",
        )
    if not ttl.min <= ttl.default <= ttl.max:
        raise SettingsError(
            f"delivery.ttl: min {ttl.min}, default {ttl.default} and max {ttl.max} are not in this order {_TIME_PAGE}.",
            "Set min <= default <= max.",
        )


def _check_countries(delivery: Delivery) -> None:
    geo = delivery.geo
    if geo.allow and geo.deny:
        raise SettingsError(
            f"delivery.geo: allow ({', '.join(geo.allow)}) and deny ({', '.join(geo.deny)}) are both given, and "
            f"CloudFront takes one list {_GEO_PAGE}.",
            "Keep allow: whatever it does not name is not served.",
        )
    for key in ("allow", "deny"):
        countries = getattr(geo, key)
        for country in countries:
            if country not in COUNTRIES:
                raise SettingsError(
                    f"delivery.geo.{key}: {country!r} is not the code of a country, two capital letters of "
                    f"ISO 3166-1 {_GEO_PAGE}.",
                    "Write it as in DE or US; the United Kingdom is GB, Greece GR.",
                )
            check_once(f"delivery.geo.{key}", country, countries, _GEO_PAGE)


def _check_firewall(arn: str | None) -> None:
    if arn is not None and not _WAF.fullmatch(arn):
        raise SettingsError(
            f"delivery.waf_arn: {arn!r} is not the ARN of a WAFv2 web ACL of the scope CLOUDFRONT, which is global and "
            f"lies in us-east-1 {_WAF_PAGE}.",
            "Write it as in arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/"
            "1234abcd-12ab-34cd-56ef-1234567890ab.",
        )


def _check_shield(shield: str | None) -> None:
    if shield is None or shield in SHIELD_REGIONS:
        return
    nearest = NEAREST_SHIELDS.get(shield)
    raise SettingsError(
        f"delivery.origin_shield: {shield!r} is not a region with Origin Shield {_SHIELD_PAGE}.",
        f"For {shield} take {nearest}." if nearest else f"Take the nearest of {', '.join(SHIELD_REGIONS)}.",
    )


def _check_policy(key: str, value: str | None) -> None:
    if value is not None and not _POLICY.fullmatch(value):
        raise SettingsError(
            f"delivery.{key}: {value!r} is not the id of a policy, which is a UUID in lower case "
            '(CloudFront API reference, "DefaultCacheBehavior").',
            "Write the id and not the name, as in 658327ea-f89d-4fab-a63d-7e88639e58f6.",
        )
