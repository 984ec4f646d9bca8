"""Says what viewers will notice of a change to the stack, by a table from changed properties to sentences. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from ..aws.changes import KNOWN_AFTERWARDS, Change, PropertyChange

#: Types of resources whose loss cannot be undone: files, and the host name that pages refer to.
PRECIOUS = ("AWS::S3::Bucket", "AWS::CloudFront::Distribution")

_Event = Literal["added", "removed", "replaced", "changed"]


class Notice(NamedTuple):
    """The sentence for an event of a kind of resource.

    :param kind: the last part of the resource type; ``LogBucket`` is a bucket for access logs.
    :param events: the events that the sentence is for.
    :param paths: paths of properties, with dots and without list indexes. The sentence applies if a property at or
        below one of them changes; if the path ends with a dot, only if that property itself changes, as a list or a
        whole item of it. Empty: any change.
    :param sentence: empty if nobody notices the change.
    """

    kind: str
    events: tuple[_Event, ...]
    paths: tuple[str, ...]
    sentence: str


_KEYS = "The cache key changes: each file is fetched from the origin once more, and first fetches are slower."
_HEADERS = "Responses carry other headers; what a browser has kept, it keeps with the headers that it came with."
_LOGS = "Access logs begin, end or go elsewhere; viewers notice nothing. Logs that are there stay."
_JUDGED = "The function at the edge changes: which query strings it drops, or which paths it answers with 404."
_VERSIONS = (
    "Replaced files are kept for a different time, which limits how far back a rollback can go; viewers notice nothing."
)
_CHANGED: tuple[_Event, ...] = ("changed",)
_CONFIG = "DistributionConfig."
_BEHAVIORS = (f"{_CONFIG}DefaultCacheBehavior.", f"{_CONFIG}CacheBehaviors.")


def _in_config(*names: str) -> tuple[str, ...]:
    return tuple(_CONFIG + name for name in names)


def _in_behaviors(*names: str) -> tuple[str, ...]:
    return tuple(place + name for name in names for place in _BEHAVIORS)


#: All notices, the most serious first. CloudFront's behaviour is from its developer guide ("Distribution settings
#: reference", "Understand cache policies", "Understand response headers policies").
NOTICES = (
    Notice("Distribution", ("replaced",), (),
           "The CDN gets a new host name: pages that were cached by others keep the old one, which stops answering."),
    Notice("Distribution", ("removed",), (),
           "The CDN goes, and its host name with it: pages that name it get no files any more."),
    Notice("Bucket", ("replaced",), (),
           "A new, empty bucket takes the place of the one that is there: files are missing until "
           "`flask-cdn-stack deploy` has been run."),
    Notice("Bucket", ("added",), (),
           "There is a new, empty bucket: files are missing from it until `flask-cdn-stack deploy` has been run."),
    Notice("Bucket", ("removed",), (), "The bucket is no longer the stack's, and the CDN no longer serves from it."),
    Notice("BucketPolicy", ("removed",), (),
           "The policy with which the CDN reads the bucket goes: without another one, files are missing."),
    Notice("Distribution", _CHANGED, _in_config("Enabled"), "The CDN starts or stops answering."),
    Notice("Distribution", _CHANGED, _in_config("Aliases"),
           "The CDN answers to other names of your own: pages that name one which is taken away get no files from it."),
    Notice("RecordSet", ("removed", "replaced"), (),
           "A name of your own no longer leads to the CDN, once resolvers have forgotten it."),
    Notice("RecordSet", ("added", "changed"), (),
           "A name of your own leads to the CDN; until resolvers know it, it may not be found."),
    Notice("Distribution", _CHANGED, _in_config("ViewerCertificate"),
           "Viewers get another certificate or other versions of TLS: those that know none of them cannot connect."),
    Notice("Distribution", _CHANGED, _in_config("Restrictions"), "Viewers in other countries than before get 403."),
    Notice("Distribution", _CHANGED, _in_config("WebACLId"),
           "Other firewall rules (web ACL) apply: viewers that they block get 403."),
    Notice("Distribution", _CHANGED, _in_config("Origins.OriginPath"),
           "Files come from another folder of the origin: those that are not there are missing, in a bucket until "
           "`flask-cdn-stack deploy` has been run."),
    Notice("Distribution", _CHANGED,
           (*_in_config("Origins.", "Origins.Id", "Origins.DomainName", "OriginGroups"),
            *_in_behaviors("TargetOriginId")),
           "Files come from another origin than before, or from several: what none of them has is missing."),
    Notice("Distribution", _CHANGED, _in_config("CacheBehaviors.", "CacheBehaviors.PathPattern"),
           "Other paths are served: those that are left out get 404."),
    Notice("Distribution", _CHANGED, _in_behaviors("CachePolicyId", "Compress"), _KEYS),
    Notice("CachePolicy", ("added",), (), _KEYS),
    Notice("CachePolicy", _CHANGED, ("CachePolicyConfig.ParametersInCacheKeyAndForwardedToOrigin",), _KEYS),
    Notice("CachePolicy", _CHANGED, tuple(f"CachePolicyConfig.{name}TTL" for name in ("Min", "Default", "Max")),
           "The edge keeps its copies for a different time; those that it has may expire at once."),
    Notice("Distribution", _CHANGED, _in_behaviors("ResponseHeadersPolicyId"), _HEADERS),
    Notice("ResponseHeadersPolicy", ("added",), (), _HEADERS),
    Notice("ResponseHeadersPolicy", _CHANGED, ("ResponseHeadersPolicyConfig.CorsConfig",),
           "Pages of other origins than before may use fonts and modules (CORS); what a browser has kept, it keeps "
           "with the headers that it came with."),
    Notice("ResponseHeadersPolicy", _CHANGED,
           tuple(f"ResponseHeadersPolicyConfig.{name}HeadersConfig" for name in ("Security", "Custom", "Remove")),
           _HEADERS),
    Notice("Distribution", _CHANGED, _in_behaviors("ViewerProtocolPolicy"),
           "Requests over http are answered differently: served, redirected to https or refused."),
    Notice("Distribution", _CHANGED, _in_behaviors("AllowedMethods", "CachedMethods"),
           "Different HTTP methods are allowed."),
    Notice("Distribution", _CHANGED, _in_behaviors("FunctionAssociations"), _JUDGED),
    Notice("Function", ("added", "replaced"), (), _JUDGED),
    Notice("Function", _CHANGED, ("FunctionCode",), _JUDGED),
    Notice("Distribution", _CHANGED, _in_config("CustomErrorResponses"),
           "The edge keeps errors for a different time: a file that was missing may be found sooner or later."),
    Notice("BucketPolicy", _CHANGED, ("PolicyDocument",),
           "The CDN may read other files of the bucket, or answers differently for a missing file (403 or 404)."),
    Notice("Distribution", _CHANGED, _in_config("PriceClass"),
           "Other edge locations answer: viewers may wait for less or longer, and first fetches are slower."),
    Notice("Distribution", _CHANGED, _in_config("Origins.OriginShield"),
           "The edge fetches by a different route (origin shield): first fetches are slower."),
    Notice("Distribution", _CHANGED, _in_config("HttpVersion", "IPV6Enabled"),
           "Viewers reach the CDN by other versions of HTTP or IP; older ones go on as before."),
    Notice("Distribution", _CHANGED,
           _in_config("Origins.CustomOriginConfig", "Origins.ConnectionAttempts", "Origins.ConnectionTimeout"),
           "The edge reaches the origin in another way; viewers notice it only if that is slow or fails."),
    Notice("Bucket", _CHANGED, ("BucketEncryption",),
           "New files are encrypted differently; existing files stay as they are, and viewers notice nothing."),
    Notice("Bucket", _CHANGED, ("VersioningConfiguration", "LifecycleConfiguration"), _VERSIONS),
    Notice("Key", ("removed", "replaced"), (), "What this key encrypted can be read only while it is there."),
    Notice("ManagedPolicy", ("removed", "replaced"), (),
           "The policy for deploying is no longer the one that its users have attached; viewers notice nothing."),
    Notice("Role", ("removed", "replaced"), (),
           "The role of GitHub Actions is no longer the one that workflows name; viewers notice nothing."),
    *(Notice(kind, ("added", "removed", "replaced"), (), _LOGS)
      for kind in ("LogBucket", "Delivery", "DeliveryDestination", "DeliverySource")),
    Notice("Distribution", _CHANGED, _in_config("Logging"), _LOGS),
)  # fmt: skip

_FATES = {
    "Delete": "It is deleted; S3 does that only to a bucket without files.",
    "Retain": "It stays in the account, with its files.",
    "ReplaceAndDelete": "The old one is deleted; S3 does that only to a bucket without files.",
    "ReplaceAndRetain": "The old one stays in the account, with its files.",
}


def find_notices(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return sentences on what viewers will notice of the changes, the most serious first.

    Empty for a stack that is to be created: it has no viewers yet.
    """
    changes = tuple(changes)
    if any(change.action == "Add" and _kind(change) == "Distribution" for change in changes):
        return ()
    told = (sentence for notice in NOTICES for change in changes for sentence in _tell(notice, change))
    return tuple(dict.fromkeys(told))


def is_grave(change: Change) -> bool:
    """Return whether a change removes or replaces, or may replace, a resource whose loss cannot be undone."""
    return change.type in PRECIOUS and _event(change) in ("removed", "replaced")


def _tell(notice: Notice, change: Change) -> Iterator[str]:
    event = _event(change)
    # A replaced resource has changed properties, too.
    is_meant = event in notice.events or (event == "replaced" and notice.events == _CHANGED)
    if notice.kind != _kind(change) or not is_meant:
        return
    if (notice.paths or event == "changed") and not any(_covers(notice, item) for item in change.properties):
        return
    doubt = (
        "Possibly, known only when it is carried out: " if "replaced" in notice.events and _is_doubtful(change) else ""
    )
    fate = _FATES.get(change.policy_action, "") if notice.kind == "Bucket" else ""
    yield f"{doubt}{notice.sentence} {fate}".rstrip()


def _covers(notice: Notice, item: PropertyChange) -> bool:
    attribute, *steps = [step for step in item.path.split("/")[1:] if not step.isdigit()]
    # A change that follows from another resource is reported for that one; viewers do not see tags.
    follows = item.after == KNOWN_AFTERWARDS or item.source in ("ResourceReference", "ResourceAttribute")
    if attribute != "Properties" or steps[:1] == ["Tags"] or follows:
        return False
    whole = [*steps, ""]
    return not notice.paths or any(whole[: name.count(".") + 1] == name.split(".") for name in notice.paths)


def _is_doubtful(change: Change) -> bool:
    return change.replacement == "Conditional"


def _kind(change: Change) -> str:
    # Log buckets and their policies have S3's types too, but logical ids of their own.
    kind = change.type.rpartition(":")[2]
    return f"Log{kind}" if kind.startswith("Bucket") and "LogBucket" in change.logical_id else kind


def _event(change: Change) -> _Event:
    if change.action in ("Add", "Import"):
        return "added"
    if change.action == "Remove":
        return "removed"
    return "replaced" if change.replacement in ("True", "Conditional") else "changed"
