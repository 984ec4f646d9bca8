"""The settings file as frozen values. Defaults, types, bounds and descriptions are written here, once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import msgspec
from msgspec import Meta

from .asset_groups import MEDIA_TYPE_PATTERN, CacheControl, ExtraFolder, HeaderRule, RewriteCSS
from .delivery import AppOrigin, Delivery
from .group import MAX_INTEGER, Group


class Bucket(Group, frozen=True):
    """The S3 bucket: one that the stack creates, or one that exists."""

    existing: Annotated[str | None, Meta(description="Name of a bucket that exists, to use in place of a new one.")] = (
        None
    )
    region: Annotated[str | None, Meta(description="Region of an existing bucket. Default: the stack's.")] = None
    manage_policy: Annotated[
        bool,
        Meta(description="Let the stack make and own the bucket policy of an existing bucket. CloudFormation makes "
             "one only where there is none, so a policy that the bucket has is to be deleted before; its statements "
             "are not taken over. Only for a bucket in the stack's region."),
    ] = False  # fmt: skip
    encryption: Annotated[
        str,
        Meta(
            extra_json_schema={"pattern": "^(sse-s3|kms(:arn:.+)?)$"},
            description="sse-s3, kms (a key of the stack's own) or kms:<ARN of a key>. The policy of a key that is "
            "named must let cloudfront.amazonaws.com do kms:Decrypt where aws:SourceArn is the distribution's.",
        ),
    ] = "sse-s3"
    former_keys: Annotated[
        tuple[str, ...],
        Meta(description="ARNs of keys that bucket.encryption named before, or that the stack had: who deploys may go "
             "on reading what they encrypted, which a rollback needs. provision says them when they change."),
    ] = ()  # fmt: skip
    versioning: Annotated[
        bool, Meta(description="Keep replaced and deleted objects for a while; rollback needs them.")
    ] = True
    noncurrent_days: Annotated[
        int, Meta(ge=1, le=MAX_INTEGER, description="Days that S3 keeps a replaced or deleted version of an object.")
    ] = 30
    retain: Annotated[bool, Meta(description="The bucket outlives the stack.")] = True


class Assets(Group, frozen=True):
    """What is published, and under which names."""

    fingerprint: Annotated[
        Literal["query", "path"],
        Meta(description="Where a URL carries the checksum: style.css?c=..., or style.<checksum>.css."),
    ] = "query"

    immutable: Annotated[
        bool,
        Meta(description="In the mode `query`: versions of files lie in folders that their checksums name, and a "
             "function at the edge finds them by ?c=, so that every version of every kept release answers at its own "
             "URL."),
    ] = False  # fmt: skip
    prefix: Annotated[
        str,
        Meta(description="Folder in the bucket below which everything lies; URLs do not show it. "
             "Several apps or stages share a bucket by it."),
    ] = ""  # fmt: skip
    include: Annotated[
        tuple[str, ...], Meta(description="Globs over the URL path of what is published; empty: everything.")
    ] = ()
    exclude: Annotated[tuple[str, ...], Meta(description="Globs over the URL path of what is not published.")] = ()
    hidden: Annotated[
        bool, Meta(description="Publish paths with a segment that begins with a dot (.well-known always is).")
    ] = False
    extra: Annotated[
        tuple[ExtraFolder, ...],
        Meta(description="Folders whose files views of the app serve: {folder, url}, and where the app's URL map does "
             "not tell it endpoint, perhaps with argument."),
    ] = ()  # fmt: skip
    allow: Annotated[
        tuple[str, ...],
        Meta(description="Globs over the URL path of what is published though it looks like a secret: private keys, "
             "databases and their dumps, files of passwords and tokens, Terraform's state."),
    ] = ()  # fmt: skip
    media_types: Annotated[
        dict[str, Annotated[str, Meta(extra_json_schema={"pattern": MEDIA_TYPE_PATTERN})]],
        Meta(description="Content type by glob over the URL path, before the built-in table."),
    ] = {}
    headers: Annotated[
        tuple[HeaderRule, ...], Meta(description="Headers by glob; of several for one header the last counts.")
    ] = ()
    cache_control: Annotated[CacheControl, Meta(description="Cache-Control, by kind of name.")] = CacheControl()
    gzip: Annotated[
        bool, Meta(description="Store text compressed, where that saves 5 % or more. CloudFront compresses anyway.")
    ] = False
    checksum_length: Annotated[
        Annotated[int, Meta(ge=8, le=64)] | None,
        Meta(description="Characters of the SHA-256 checksum that a URL carries. Default: 64; 16 in the mode `path` "
             "and with assets.immutable."),
    ] = None  # fmt: skip
    keep_names: Annotated[
        tuple[str, ...], Meta(description="Globs of files that keep their name in the mode `path`.")
    ] = ("favicon.ico", "robots.txt", "sw.js", "service-worker.js", "*.webmanifest", ".well-known/**")
    local: Annotated[
        tuple[str, ...],
        Meta(description="Globs of files that browsers take from the page's own origin only: url_for leaves them to "
             "the app. They are published all the same."),
    ] = ("sw.js", "service-worker.js", "*.webmanifest", "manifest.json")  # fmt: skip
    scan_templates: Annotated[
        bool,
        Meta(description="Look through the app's templates for files that they take from the CDN and browsers "
             "do not, such as SVG sprites."),
    ] = True  # fmt: skip
    hashed_names: Annotated[
        tuple[str, ...],
        Meta(description="Globs of files whose name carries a hash of its own; bundlers' manifests are read besides."),
    ] = ()
    plain_copies: Annotated[
        bool, Meta(description="In the mode `path`, publish every file under its plain name too, "
             "for workers and scripts that build URLs."),
    ] = True  # fmt: skip
    rewrite_css: Annotated[
        bool | RewriteCSS,
        Meta(description="Give references inside style sheets their checksum too: true, false, or true but for some, "
             "as in {except: [globs]}."),
    ] = True  # fmt: skip
    missing_references: Annotated[
        Literal["error", "warn", "ignore"],
        Meta(description="What to do where a reference in a style sheet leads to no file."),
    ] = "warn"  # fmt: skip
    publish_manifest: Annotated[bool, Meta(description="Publish the manifest as cdn_manifest.txt.")] = False
    max_deletes: Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="Objects that one run may delete at most.")] = (
        256
    )
    keep_releases: Annotated[int, Meta(ge=1, le=MAX_INTEGER, description="Newest releases whose objects are kept.")] = 5
    keep_days: Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="Days for which every release is kept.")] = 30
    provenance: Annotated[
        bool, Meta(description="Keep with each release the git commit and branch it comes from, and who made it.")
    ] = True

    @property
    def maps_query(self) -> bool:
        """Whether the edge finds versions of files by the checksum in the query."""
        return self.fingerprint == "query" and self.immutable

    @property
    def names_hold_checksums(self) -> bool:
        """Whether files lie in the bucket under keys with their checksum."""
        return self.fingerprint == "path" or self.immutable

    @property
    def url_checksum_length(self) -> int:
        """Characters of the checksum that a URL carries, by the mode where the file does not say."""
        return self.checksum_length or (16 if self.names_hold_checksums else 64)

    @property
    def plain_sheets(self) -> tuple[str, ...]:
        """Globs of the style sheets that are published as they are."""
        if isinstance(self.rewrite_css, RewriteCSS):
            return self.rewrite_css.excepted
        return () if self.rewrite_css else ("**",)


class Target(Group, frozen=True):
    """A bucket and a CDN that another tool looks after."""

    # Not required by the type: a stage may give a part of them. What is missing in the end is found by the checks.
    bucket: Annotated[str, Meta(description="Name of the bucket that the CDN serves from. Required.")] = ""
    domain: Annotated[
        str, Meta(description="Host of the CDN, with its port where that is not the usual one. Required.")
    ] = ""
    distribution_id: Annotated[
        str | None, Meta(description="Id of the CloudFront distribution. Without one, nothing is invalidated.")
    ] = None
    region: Annotated[
        str | None, Meta(description="Region of the bucket, before the key `region`; `auto` where the service says so.")
    ] = None


class Access(Group, frozen=True):
    """What else may deploy."""

    deploy_policy: Annotated[
        bool,
        Meta(description="Make a managed IAM policy for exactly what deploy, releases, rollback, prune and status do."),
    ] = False
    github: Annotated[
        str | None,
        Meta(description="owner/repository:environment of GitHub Actions that may take on a role with that policy; "
             "for a repository whose claims carry ids (those made since 15 July 2026 do) "
             "owner@id/repository@id:environment."),
    ] = None  # fmt: skip
    oidc_provider_arn: Annotated[
        str | None, Meta(description="GitHub's OIDC provider in the account, where it has another name than usual.")
    ] = None


QueryStrings = Literal["none", "all"] | Annotated[tuple[str, ...], Meta(max_length=10)]


class Settings(Group, frozen=True):
    """The whole file, for one stage."""

    app: Annotated[
        str | None,
        Meta(description="The Flask app, as for `flask --app`; starts at the settings file's folder."),
    ] = None
    stack: Annotated[
        str | None, Meta(description="Name of the CloudFormation stack. Default: <project>-cdn[-<stage>].")
    ] = None
    region: Annotated[
        str | None, Meta(description="AWS region of the stack. Default: the session's, else us-east-1.")
    ] = None
    termination_protection: Annotated[
        bool | None,
        Meta(
            description="Let CloudFormation refuse to delete the stack, or take it back. provision switches it; "
            "where the key is missing, it stays as it is."
        ),
    ] = None
    target: Annotated[
        Target | None,
        Meta(description="A bucket and a CDN of your own, instead of a stack: bucket, domain, "
             "and where they apply distribution_id and region."),
    ] = None  # fmt: skip
    origin: Annotated[
        Literal["bucket", "app", "failover"],
        Meta(
            description="Where CloudFront fetches from: the bucket, the Flask app, or the bucket first, then the app."
        ),
    ] = "bucket"
    query_strings: Annotated[
        QueryStrings | None,
        Meta(description="Query string names in the cache key and forwarded: 1 to 10 names, all, or none. "
             "By default [t, c, v]; for the origin app all."),
    ] = None  # fmt: skip
    unsafe_query_strings: Annotated[
        bool,
        Meta(
            description="Allow all on a bucket; the names that S3 acts on are dropped at the edge, and answers "
            "carry Content-Security-Policy: sandbox."
        ),
    ] = False
    app_origin: Annotated[AppOrigin, Meta(description="The Flask app as CloudFront asks it.")] = AppOrigin()
    bucket: Annotated[Bucket, Meta(description="The S3 bucket.")] = Bucket()
    delivery: Annotated[Delivery, Meta(description="The CloudFront distribution.")] = Delivery()
    access: Annotated[Access, Meta(description="What else may deploy.")] = Access()
    tags: Annotated[dict[str, str], Meta(description="Tags on the stack; CloudFormation hands them on.")] = {}
    assets: Annotated[Assets, Meta(description="What is published.")] = Assets()
    config_file: Annotated[str | None, Meta(description="The generated Flask config; false: not written.")] = (
        "cdn_config.py"
    )
    manifest_file: Annotated[str | None, Meta(description="The generated manifest; false: not written.")] = (
        "cdn_manifest.txt"
    )

    @property
    def forwarded_query_strings(self) -> str | tuple[str, ...]:
        """The query strings in the cache key, by the origin where the file does not say."""
        if self.query_strings is not None:
            return self.query_strings
        return "all" if self.origin == "app" else ("t", "c", "v")

    @property
    def has_bucket(self) -> bool:
        """Whether files are served from a bucket, and deployed to it."""
        return self.origin != "app"

    @property
    def has_app_origin(self) -> bool:
        """Whether CloudFront asks the app, too."""
        return self.origin != "bucket"

    @property
    def session_region(self) -> str | None:
        """The region to ask in: the target's, else that of the stack; None for the session's own."""
        return (self.target.region if self.target else None) or self.region


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """Settings as loaded: for one stage, with what their place on disk adds.

    ``folder`` is the settings file's, or the working directory where there is no file; ``file`` is None there.
    ``stack_named`` tells a name given in the settings from the default.
    """

    settings: Settings
    folder: Path
    file: Path | None
    name: str
    stage: str | None
    stack: str
    stack_named: bool

    def replace(self, **values: Any) -> Self:
        """Return a copy with other values for some attributes."""
        return msgspec.structs.replace(self, **values)

    @property
    def config_file(self) -> Path | None:
        """Where the generated config is written, or None."""
        return self.folder / name if (name := self.settings.config_file) is not None else None

    @property
    def manifest_file(self) -> Path | None:
        """Where the generated manifest is written, or None."""
        return self.folder / name if (name := self.settings.manifest_file) is not None else None
