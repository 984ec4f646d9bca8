"""What a change of each settings key means to viewers, and when ``provision`` refuses it: what no template says."""

from __future__ import annotations

from typing import NamedTuple


class Note(NamedTuple):
    """What viewers notice and what stays behind, and when ``provision`` refuses the change."""

    viewers: str
    refused: str = "no"


_NOTHING = "Nothing."
_EDGE = "Nothing while the distribution is updated; then what the setting says."
_CACHE = "The cache key changes: first fetches are slower."

#: Keys whose change does not leave the stack as it is, in the order of the file.
NOTES = {
    "origin": Note(
        "Files come from where the setting says, without a gap: the distribution changes before anything is removed. "
        "From ``app``, run ``deploy`` next: until then the new bucket is empty. A bucket that is removed stays outside "
        "the stack (with ``bucket.retain: off`` it is deleted where it is empty), and a key always stays.",
    ),
    "query_strings": Note(_CACHE),
    "app_origin.domain": Note(_EDGE),
    "app_origin.path": Note(_EDGE),
    "app_origin.port": Note(_EDGE),
    "app_origin.paths": Note(
        "Paths that are taken out are answered with 404. The order says which pattern counts for a path."
    ),
    "app_origin.connection_attempts": Note(_NOTHING),
    "app_origin.connection_timeout": Note(_NOTHING),
    "bucket.existing": Note(
        "403 for every file until the bucket has the files, and a policy that lets the distribution in: ``provision`` "
        "prints it, and ``deploy`` sends the files. The bucket that the stack had stays outside it, and so does its "
        "key.",
        "with ``bucket.manage_policy``, while the bucket has a policy that is not the stack's",
    ),
    "bucket.region": Note("502 where it is not the bucket's own region."),
    "bucket.manage_policy": Note(
        "To off: the policy is deleted, and every file is answered with 403 until the statements that ``provision`` "
        "prints are added.",
        "to on, while the bucket has a policy that is not the stack's",
    ),
    "bucket.encryption": Note(
        "Nothing: new objects are encrypted in the new way, and older ones stay as they are. A key of the stack's own "
        "stays outside the stack when it is removed, and goes on costing its fee. A key that is named must let the "
        "distribution decrypt, or files are answered with 403. A key that is left stays needed by a rollback: "
        "``provision`` says it, for ``bucket.former_keys``.",
    ),
    "bucket.former_keys": Note(
        "Nothing. Who deploys may read no more with a key that is taken out: keep it while releases from its time are "
        "kept."
    ),
    "bucket.versioning": Note(
        "Nothing. To off: it is suspended, and versions that are there stay until they are deleted by hand."
    ),
    "bucket.noncurrent_days": Note("Nothing. Fewer days: S3 deletes older versions within a day or two."),
    "bucket.retain": Note("Nothing: only what becomes of the bucket later changes."),
    "delivery.aliases": Note(
        "A name that is added answers once the distribution knows it. One that is taken out is answered with 403, "
        "then its record is gone. A record that stays is not touched, wherever its name stands in the list. Keep a "
        "name in the list while pages use it: ``CDN_DOMAIN`` is the first.",
        "while the certificate is not for all of them",
    ),
    "delivery.certificate_arn": Note(_EDGE, "while it is not for all aliases"),
    "delivery.hosted_zone_id": Note(
        "Records are made in the new zone before those in the old one are deleted. Without a zone, names lead nowhere "
        "until others make their records.",
    ),
    "delivery.tls_policy": Note("Browsers that are too old for the policy cannot connect any more."),
    "delivery.price_class": Note("Other edge locations answer: first fetches are slower."),
    "delivery.http_version": Note(_EDGE),
    "delivery.ipv6": Note(_EDGE),
    "delivery.compress": Note(_CACHE),
    "delivery.viewer_protocol": Note(_EDGE),
    "delivery.ttl.min": Note("Nothing; copies at the edge get their new time when they are fetched again."),
    "delivery.ttl.default": Note("As for ``delivery.ttl.min``."),
    "delivery.ttl.max": Note("As for ``delivery.ttl.min``."),
    "delivery.error_ttl.missing": Note(_NOTHING),
    "delivery.error_ttl.server": Note(_NOTHING),
    "delivery.missing": Note("Missing files are answered with the other status once the edge forgets them."),
    "delivery.cors": Note(
        "The header is changed on cached answers too; a browser keeps what it has until its own copy is too old."
    ),
    "delivery.hsts": Note("As for ``delivery.cors``. A browser remembers for as long as it was told before."),
    "delivery.csp": Note("As for ``delivery.cors``."),
    "delivery.waf_arn": Note("Requests that the web ACL blocks are answered with 403."),
    "delivery.geo.allow": Note("Viewers in countries that are not served are answered with 403."),
    "delivery.geo.deny": Note("As for ``delivery.geo.allow``."),
    "delivery.origin_shield": Note("First fetches are slower for some time."),
    "delivery.logs": Note(
        "Nothing. Each version has a bucket of its own, and one that is removed stays outside the stack with its logs, "
        "which S3 deletes after 90 days. Logs that are under way while the version changes may lie in both.",
        "``v2`` for a stack outside us-east-1",
    ),
    "delivery.cache_policy_id": Note(
        f"{_CACHE} A policy of the stack's that another stack uses cannot be deleted: it stays outside the stack.",
        "while its query strings or headers do not fit",
    ),
    "delivery.response_headers_policy_id": Note(
        "The policy's headers take the place of the stack's. A policy of the stack's that another stack uses cannot be "
        "deleted: it stays outside the stack.",
    ),
    "access.deploy_policy": Note(
        "Nothing. To off: who deploys with the policy may not any more; detach it first where others than the stack's "
        "own role have it."
    ),
    "access.github": Note("Nothing. The role keeps its name; its old environment may not deploy any more."),
    "access.oidc_provider_arn": Note(_NOTHING),
    "assets.immutable": Note(
        "Until ``deploy``, which is refused before this: URLs of the published release, and of pages that are open, "
        "are answered from the plain copies."
    ),
    "assets.prefix": Note(
        "403 for every file from the moment the distribution asks in the new folder until ``deploy`` has sent them "
        "there. What lies in the old folder stays."
    ),
}
