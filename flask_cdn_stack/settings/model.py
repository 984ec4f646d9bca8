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
    """The S3 bucket: a new one that the stack creates, or an existing one."""

    existing: Annotated[str | None, Meta(description="Name of an existing bucket to use in place of a new one.")] = None
    region: Annotated[str | None, Meta(description="Region of an existing bucket. Default: the stack's.")] = None
    manage_policy: Annotated[
        bool,
        Meta(description="Let the stack create and own the bucket policy of an existing bucket. CloudFormation creates "
             "one only if there is none, so delete the bucket's old policy first; its statements are not taken over. "
             "Only for a bucket in the stack's region."),
    ] = False  # fmt: skip
    encryption: Annotated[
        str,
        Meta(
            extra_json_schema={"pattern": "^(sse-s3|kms(:arn:.+)?)$"},
            description="sse-s3, kms (a key of the stack's own) or kms:<ARN of a key>. The policy of a key that is "
            "named must allow kms:Decrypt to cloudfront.amazonaws.com if aws:SourceArn is the distribution's.",
        ),
    ] = "sse-s3"
    former_keys: Annotated[
        tuple[str, ...],
        Meta(description="ARNs of keys that encrypted the bucket before: the deploy policy lets them decrypt older "
             "objects, which a rollback reads. provision names the old key when the key changes."),
    ] = ()  # fmt: skip
    versioning: Annotated[
        bool, Meta(description="Keep replaced and deleted objects for a while; rollback needs them.")
    ] = True
    noncurrent_days: Annotated[
        int, Meta(ge=1, le=MAX_INTEGER, description="Days that S3 keeps a replaced or deleted version of an object.")
    ] = 30
    retain: Annotated[bool, Meta(description="Keep the bucket when the stack is deleted.")] = True


class Assets(Group, frozen=True):
    """What is published, and under which names."""

    fingerprint: Annotated[
        Literal["query", "path"],
        Meta(description="Where a URL has the checksum: style.css?c=..., or style.<checksum>.css."),
    ] = "query"

    immutable: Annotated[
        bool,
        Meta(description="In the mode `query`: store each version of a file in a folder named after its checksum, "
             "where a function at the edge finds it by ?c=, so that every version of every kept release is served at "
             "its own URL."),
    ] = False  # fmt: skip
    prefix: Annotated[
        str,
        Meta(description="Folder in the bucket for all objects, so that several apps or stages can share a bucket. "
             "URLs do not show it."),
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
        Meta(description="Folders whose files views of the app serve: {folder, url}, with endpoint (and argument) if "
             "the app's URL map does not show which endpoint serves them."),
    ] = ()  # fmt: skip
    allow: Annotated[
        tuple[str, ...],
        Meta(description="Globs over the URL path of files to publish although they look like secrets: private keys, "
             "databases and their dumps, files of passwords and tokens, Terraform's state."),
    ] = ()  # fmt: skip
    media_types: Annotated[
        dict[str, Annotated[str, Meta(extra_json_schema={"pattern": MEDIA_TYPE_PATTERN})]],
        Meta(description="Content types by glob over the URL path; they override the built-in table."),
    ] = {}
    headers: Annotated[
        tuple[HeaderRule, ...], Meta(description="Headers by glob; if several rules set a header, the last one counts.")
    ] = ()
    cache_control: Annotated[CacheControl, Meta(description="Cache-Control, by kind of name.")] = CacheControl()
    gzip: Annotated[
        bool, Meta(description="Store text compressed if that saves 5 % or more. CloudFront compresses anyway.")
    ] = False
    checksum_length: Annotated[
        Annotated[int, Meta(ge=8, le=64)] | None,
        Meta(description="Characters of the SHA-256 checksum in a URL. Default: 64; 16 in the mode `path` "
             "and with assets.immutable."),
    ] = None  # fmt: skip
    keep_names: Annotated[
        tuple[str, ...], Meta(description="Globs of files that keep their name in the mode `path`.")
    ] = ("favicon.ico", "robots.txt", "sw.js", "service-worker.js", "*.webmanifest", ".well-known/**")
    local: Annotated[
        tuple[str, ...],
        Meta(description="Globs of files that browsers take from the page's own origin only: url_for returns the "
             "app's URL for them. They are published, too."),
    ] = ("sw.js", "service-worker.js", "*.webmanifest", "manifest.json")  # fmt: skip
    scan_templates: Annotated[
        bool,
        Meta(description="Search the app's templates for files that they take from the CDN but browsers refuse from "
             "another origin, such as SVG sprites."),
    ] = True  # fmt: skip
    hashed_names: Annotated[
        tuple[str, ...],
        Meta(description="Globs of files whose names contain a hash already, besides those in bundlers' manifests."),
    ] = ()
    plain_copies: Annotated[
        bool, Meta(description="In the mode `path`, publish every file under its plain name too, "
             "for workers and scripts that build URLs."),
    ] = True  # fmt: skip
    rewrite_css: Annotated[
        bool | RewriteCSS,
        Meta(description="Add checksums to the references inside style sheets: true, false, or {except: [globs]} for "
             "all but some style sheets."),
    ] = True  # fmt: skip
    missing_references: Annotated[
        Literal["error", "warn", "ignore"],
        Meta(description="What to do if a reference in a style sheet leads to no file."),
    ] = "warn"  # fmt: skip
    publish_manifest: Annotated[bool, Meta(description="Publish the manifest as cdn_manifest.txt.")] = False
    max_deletes: Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="Most objects that one run may delete.")] = 256
    keep_releases: Annotated[
        int, Meta(ge=1, le=MAX_INTEGER, description="Number of the newest releases whose objects are kept.")
    ] = 5
    keep_days: Annotated[int, Meta(ge=0, le=MAX_INTEGER, description="Days for which every release is kept.")] = 30
    provenance: Annotated[
        bool, Meta(description="Record with each release its git commit and branch, and who made it.")
    ] = True

    @property
    def maps_query(self) -> bool:
        """Whether a function at the edge finds versions of files by the checksum in the query."""
        return self.fingerprint == "query" and self.immutable

    @property
    def names_hold_checksums(self) -> bool:
        """Whether the keys of files in the bucket contain their checksum."""
        return self.fingerprint == "path" or self.immutable

    @property
    def url_checksum_length(self) -> int:
        """Characters of the checksum in a URL; the default depends on the mode."""
        return self.checksum_length or (16 if self.names_hold_checksums else 64)

    @property
    def plain_sheets(self) -> tuple[str, ...]:
        """Globs of the style sheets that are published as they are."""
        if isinstance(self.rewrite_css, RewriteCSS):
            return self.rewrite_css.excepted
        return () if self.rewrite_css else ("**",)


class Target(Group, frozen=True):
    """A bucket and a CDN that another tool manages."""

    # Not required by the type, because a stage may give some of them; the checks find what is missing.
    bucket: Annotated[str, Meta(description="Name of the bucket that the CDN serves from. Required.")] = ""
    domain: Annotated[str, Meta(description="Host of the CDN, with its port if that is not the default. Required.")] = (
        ""
    )
    distribution_id: Annotated[
        str | None, Meta(description="Id of the CloudFront distribution. Without one, nothing is invalidated.")
    ] = None
    region: Annotated[
        str | None, Meta(description="Region of the bucket; overrides `region`. `auto` for services that ask for it.")
    ] = None


class Access(Group, frozen=True):
    """An IAM policy for deploying, and a role for GitHub Actions."""

    deploy_policy: Annotated[
        bool,
        Meta(description="A managed IAM policy for exactly what deploy, releases, rollback, prune and status do."),
    ] = False
    github: Annotated[
        str | None,
        Meta(description="owner/repository:environment of GitHub Actions that may assume a role with that policy; "
             "for a repository whose OIDC claims contain ids (those made since 15 July 2026 do) "
             "owner@id/repository@id:environment."),
    ] = None  # fmt: skip
    oidc_provider_arn: Annotated[
        str | None, Meta(description="ARN of GitHub's OIDC provider in the account, if it is not the usual one.")
    ] = None


QueryStrings = Literal["none", "all"] | Annotated[tuple[str, ...], Meta(max_length=10)]


class Settings(Group, frozen=True):
    """The whole file, for one stage."""

    app: Annotated[
        str | None,
        Meta(description="The Flask app, as for `flask --app`; relative to the settings file's folder."),
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
            description="Whether CloudFormation refuses to delete the stack. provision turns it on or off; without "
            "this key it stays as it is."
        ),
    ] = None
    target: Annotated[
        Target | None,
        Meta(description="A bucket and a CDN of your own, instead of a stack: bucket, domain, "
             "and if they apply distribution_id and region."),
    ] = None  # fmt: skip
    origin: Annotated[
        Literal["bucket", "app", "failover"],
        Meta(
            description="Where CloudFront fetches from: the bucket, the Flask app, or the bucket first, then the app."
        ),
    ] = "bucket"
    query_strings: Annotated[
        QueryStrings | None,
        Meta(description="Query strings in the cache key, and forwarded to the origin: 1 to 10 names, all, or none. "
             "Default: [t, c, v]; all for the origin app."),
    ] = None  # fmt: skip
    unsafe_query_strings: Annotated[
        bool,
        Meta(
            description="Allow query_strings: all on a bucket. The names that S3 acts on are dropped at the edge, and "
            "answers have Content-Security-Policy: sandbox."
        ),
    ] = False
    app_origin: Annotated[AppOrigin, Meta(description="The Flask app as an origin of CloudFront.")] = AppOrigin()
    bucket: Annotated[Bucket, Meta(description="The S3 bucket.")] = Bucket()
    delivery: Annotated[Delivery, Meta(description="The CloudFront distribution.")] = Delivery()
    access: Annotated[Access, Meta(description="An IAM policy for deploying, and a role for GitHub Actions.")] = (
        Access()
    )
    tags: Annotated[dict[str, str], Meta(description="Tags on the stack, and by CloudFormation on its resources.")] = {}
    assets: Annotated[Assets, Meta(description="What is published.")] = Assets()
    config_file: Annotated[str | None, Meta(description="The generated Flask config; false: not written.")] = (
        "cdn_config.py"
    )
    manifest_file: Annotated[str | None, Meta(description="The generated manifest; false: not written.")] = (
        "cdn_manifest.txt"
    )

    @property
    def forwarded_query_strings(self) -> str | tuple[str, ...]:
        """The query strings in the cache key; the default depends on the origin."""
        if self.query_strings is not None:
            return self.query_strings
        return "all" if self.origin == "app" else ("t", "c", "v")

    @property
    def has_bucket(self) -> bool:
        """Whether files are served from a bucket, and deployed to it."""
        return self.origin != "app"

    @property
    def has_app_origin(self) -> bool:
        """Whether the app is an origin of CloudFront."""
        return self.origin != "bucket"

    @property
    def session_region(self) -> str | None:
        """The region for requests: the target's, else the stack's; None for the session's own."""
        return (self.target.region if self.target else None) or self.region


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """The settings for one stage, with the project's name, folder and stack.

    ``folder`` is the settings file's; without a file it is the working directory, and ``file`` is None.
    ``stack_named`` says whether the settings give the stack's name, which otherwise is the default.
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
