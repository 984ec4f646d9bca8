"""Checks of the settings ``access``: the policy and the role for deploying."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import SettingsError
from ..settings.model import Access, Settings

#: Most characters of a provider's URL, without https:// (IAM API reference, "CreateOpenIDConnectProvider").
MAX_PROVIDER = 247

_OWNER = r"[A-Za-z0-9](-?[A-Za-z0-9]){0,38}"
_REPOSITORY = r"[A-Za-z0-9._-]{1,100}"
_ID = "@[1-9][0-9]{0,18}"
_ENVIRONMENT = r"[A-Za-z0-9._/-]([A-Za-z0-9._/ -]{0,253}[A-Za-z0-9._/-])?"

# With both ids or with neither (GitHub documentation, "OpenID Connect reference", Immutable subject claims).
_SUBJECT = re.compile(rf"({_OWNER}/{_REPOSITORY}|{_OWNER}{_ID}/{_REPOSITORY}{_ID}):{_ENVIRONMENT}")
_PROVIDER = re.compile(r"arn:aws:iam::[0-9]{12}:oidc-provider/[a-z0-9-]+(\.[a-z0-9-]+)+(/[A-Za-z0-9._-]+)*")


def check_access(settings: Settings) -> None:
    """Refuse a role that nobody, or anybody, could assume.

    :raises SettingsError: for the first fault found.
    """
    github, provider = settings.access.github, settings.access.oidc_provider_arn
    if github is not None and not _SUBJECT.fullmatch(github):
        raise SettingsError(
            f"access.github: {github!r} is neither owner/repository:environment nor, as for repositories made since "
            "15 July 2026, owner@id/repository@id:environment, without wildcards (IAM user guide, "
            '"Create a role for OpenID Connect federation"; GitHub documentation, "OpenID Connect reference").',
            "Write it as in shop/website:production or shop@123456/website@456789:production, whichever GitHub sends "
            "as the claim sub; the environment is that of the job which deploys. "
            "`gh api repos/shop/website --jq '.owner.id, .id'` shows the ids.",
        )
    if provider is None:
        return
    if github is None:
        raise SettingsError(
            f"access.oidc_provider_arn: {provider!r} is the provider of access.github, which is not given.",
            "Set access.github, or take access.oidc_provider_arn out.",
        )
    if not _PROVIDER.fullmatch(provider) or len(provider.partition("oidc-provider/")[2]) > MAX_PROVIDER:
        raise SettingsError(
            f"access.oidc_provider_arn: {provider[:300]!r} is not the ARN of an OIDC provider "
            '(IAM user guide, "Create an OpenID Connect identity provider in IAM").',
            "Write it as in arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com.",
        )


def warn_of_access(settings: Settings) -> Iterator[str]:
    """Yield a warning if there is no bucket to give access to."""
    if settings.origin == "app" and settings.access != Access():
        yield "access: it has no effect while origin is app, because there are no files to send."
