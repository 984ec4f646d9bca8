"""Where CloudFront fetches from: the bucket, the app, or the one and then the other."""

from __future__ import annotations

from typing import Any

from troposphere import Ref
from troposphere import cloudfront as t

from ..settings.model import Settings
from .bucket import Place

BUCKET, APP, GROUP = "bucket", "app", "bucket-then-app"

#: What the bucket answers, or does not, for the app to be asked. S3 says 403 of a missing file to who may not list
#: (S3 API reference, "GetObject").
FAILOVER_STATUSES = (403, 404, 500, 502, 503, 504)


def target_origin(settings: Settings) -> str:
    """Return the id of the origin, or of the group of them, that files come from."""
    return {"bucket": BUCKET, "app": APP, "failover": GROUP}[settings.origin]


def build_origins(settings: Settings, place: Place | None, access: t.OriginAccessControl | None) -> list[t.Origin]:
    """Build the origins that the settings call for."""
    origins = [_bucket_origin(settings, place, access)] if place and access else []
    return [*origins, *([_app_origin(settings)] if settings.has_app_origin else [])]


def build_origin_groups(settings: Settings) -> t.OriginGroups | None:
    """Build the group in which the app stands in for the bucket; None where nothing does."""
    if settings.origin != "failover":
        return None
    members = [t.OriginGroupMember(OriginId=name) for name in (BUCKET, APP)]
    statuses = t.StatusCodes(Items=list(FAILOVER_STATUSES), Quantity=len(FAILOVER_STATUSES))
    group = t.OriginGroup(
        Id=GROUP,
        FailoverCriteria=t.OriginGroupFailoverCriteria(StatusCodes=statuses),
        Members=t.OriginGroupMembers(Items=members, Quantity=len(members)),
    )
    return t.OriginGroups(Items=[group], Quantity=1)


def _bucket_origin(settings: Settings, place: Place, access: t.OriginAccessControl) -> t.Origin:
    prefix = settings.assets.prefix
    return t.Origin(
        Id=BUCKET,
        DomainName=place.domain,
        **({"OriginPath": f"/{prefix}"} if prefix else {}),
        S3OriginConfig=t.S3OriginConfig(OriginAccessIdentity=""),
        OriginAccessControlId=Ref(access),
        # A viewer waits for all of it before the app is asked.
        **(_patience(settings) if settings.origin == "failover" else {}),
        **_shield(settings),
    )


def _app_origin(settings: Settings) -> t.Origin:
    app = settings.app_origin
    return t.Origin(
        Id=APP,
        DomainName=app.domain,
        **({"OriginPath": app.path} if app.path else {}),
        CustomOriginConfig=t.CustomOriginConfig(
            OriginProtocolPolicy="https-only", HTTPSPort=app.port, OriginSSLProtocols=["TLSv1.2"]
        ),
        **_patience(settings),
        **_shield(settings),
    )


def _patience(settings: Settings) -> dict[str, int]:
    app = settings.app_origin
    return {"ConnectionAttempts": app.connection_attempts, "ConnectionTimeout": app.connection_timeout}


def _shield(settings: Settings) -> dict[str, Any]:
    region = settings.delivery.origin_shield
    return {"OriginShield": t.OriginShield(Enabled=True, OriginShieldRegion=region)} if region else {}
