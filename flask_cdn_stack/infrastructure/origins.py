"""Builds the origins of the distribution: the bucket, the app, or a group of two with failover."""

from __future__ import annotations

from typing import Any

from troposphere import Ref
from troposphere import cloudfront as t

from ..settings.model import Settings
from .bucket import Place

BUCKET, APP, GROUP = "bucket", "app", "bucket-then-app"

# The objects under the checksum in the query string, and if there is none, the published object.
VERSIONS, VERSIONS_GROUP = "versions", "version-then-published"

#: Statuses of the bucket upon which CloudFront asks the app. For a missing file S3 answers 403 without the permission
#: to list (S3 API reference, "GetObject").
FAILOVER_STATUSES = (403, 404, 500, 502, 503, 504)

#: Statuses of the bucket upon which the published object is served: the version is missing. A failure of S3 is none,
#: because it says nothing of the version.
NO_VERSION_STATUSES = (403, 404)


def target_origin(settings: Settings) -> str:
    """Return the id of the origin or origin group from which files are fetched."""
    if settings.assets.maps_query:
        return VERSIONS_GROUP
    return {"bucket": BUCKET, "app": APP, "failover": GROUP}[settings.origin]


def build_origins(settings: Settings, place: Place | None, access: t.OriginAccessControl | None) -> list[t.Origin]:
    """Build the origins that the settings need."""
    names = [VERSIONS, BUCKET] if settings.assets.maps_query else [BUCKET]
    origins = [_bucket_origin(name, settings, place, access) for name in names] if place and access else []
    return [*origins, *([_app_origin(settings)] if settings.has_app_origin else [])]


def build_origin_groups(settings: Settings) -> t.OriginGroups | None:
    """Build the origin group for failover; None if the settings need none."""
    if settings.assets.maps_query:
        return _one_group(VERSIONS_GROUP, (VERSIONS, BUCKET), NO_VERSION_STATUSES)
    return _one_group(GROUP, (BUCKET, APP), FAILOVER_STATUSES) if settings.origin == "failover" else None


def _one_group(name: str, origins: tuple[str, str], statuses: tuple[int, ...]) -> t.OriginGroups:
    members = [t.OriginGroupMember(OriginId=origin) for origin in origins]
    codes = t.StatusCodes(Items=list(statuses), Quantity=len(statuses))
    group = t.OriginGroup(
        Id=name,
        FailoverCriteria=t.OriginGroupFailoverCriteria(StatusCodes=codes),
        Members=t.OriginGroupMembers(Items=members, Quantity=len(members)),
    )
    return t.OriginGroups(Items=[group], Quantity=1)


def _bucket_origin(name: str, settings: Settings, place: Place, access: t.OriginAccessControl) -> t.Origin:
    prefix = settings.assets.prefix
    return t.Origin(
        Id=name,
        DomainName=place.domain,
        **({"OriginPath": f"/{prefix}"} if prefix else {}),
        S3OriginConfig=t.S3OriginConfig(OriginAccessIdentity=""),
        OriginAccessControlId=Ref(access),
        # CloudFront asks the app only after all attempts, while the viewer waits.
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
