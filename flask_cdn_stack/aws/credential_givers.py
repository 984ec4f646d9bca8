"""Names botocore's credential providers in messages, with what to do if one gives no credentials."""

from __future__ import annotations

from botocore import exceptions

from ..errors import CredentialsError

_SSO = ("IAM Identity Center (SSO)", "Run `aws sso login --profile {profile}`.")
_LOGIN = ("The login of the profile {profile}", "Run `aws login --profile {profile}`.")
_KEYS = ("The profile {profile}", "Write aws_access_key_id and aws_secret_access_key into it, both.")

_GIVERS = {
    "env": (
        "The environment",
        "Set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or neither.",
    ),
    "assume-role": (
        "The role of the profile {profile}",
        "Check role_arn, source_profile or credential_source, and mfa_serial of the profile, and that the role lets "
        "its source assume it.",
    ),
    "assume-role-with-web-identity": (
        "The web identity",
        "Check that AWS_WEB_IDENTITY_TOKEN_FILE names an unexpired token, and AWS_ROLE_ARN a role that trusts "
        "its issuer (or web_identity_token_file and role_arn of the profile {profile}).",
    ),
    "sso": _SSO,
    "login": _LOGIN,
    "custom-process": (
        "The credential_process of the profile {profile}",
        "Run its command by itself: it must print JSON with Version 1, AccessKeyId and SecretAccessKey.",
    ),
    "container-role": (
        "The container's endpoint",
        "Check AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI, and that the task or pod has a role.",
    ),
    "iam-role": (
        "The instance's metadata service",
        "Check that the instance has a role, and, from within a container, its metadata's hop limit.",
    ),
    "shared-credentials-file": _KEYS,
    "config-file": _KEYS,
}

_OTHERS = ("The session's credential provider", "Log in again.")

# After the remedy of these, the same command can be run again.
_LOGINS = (_SSO, _LOGIN, _OTHERS)


def name_giver(method: str, profile: str) -> str:
    """Return a credential provider's name in words.

    :param method: botocore's name for it.
    """
    return _GIVERS.get(method, _OTHERS)[0].format(profile=profile)


def refuse_giver(method: str, profile: str, error: Exception, reason: str) -> CredentialsError:
    """Return the error for a provider that gave no credentials.

    :param method: the provider that was asked; a role's provider may ask others, and the error then names that one.
    :param reason: what the provider answered.
    """
    if isinstance(error, exceptions.SSOError | exceptions.TokenRetrievalError):
        method = "sso"
    named = getattr(error, "kwargs", {}).get("provider", "")
    giver = _GIVERS.get(named) or _GIVERS.get(method) or _OTHERS
    subject, remedy = (text.format(profile=profile) for text in giver)
    code = error.response.get("Error", {}).get("Code", "") if isinstance(error, exceptions.ClientError) else ""
    message = f"{subject} gave no AWS credentials: {reason}."
    return CredentialsError(message, remedy, then_retry=giver in _LOGINS, code=code)
