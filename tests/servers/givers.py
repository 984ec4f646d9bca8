"""Users of each giver of credentials, which is a server on loopback."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path

from tests.servers.token_service import LOGIN, TokenService

ROLE = "arn:aws:iam::123456789012:role/deploy"
SOURCE = f"role_arn = {ROLE}\nsource_profile = base\n"
BASE = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = s\n"
DEVICE = "arn:aws:iam::123456789012:mfa/me"
ACCOUNT = "sso_account_id = 123456789012\nsso_role_name = deploy\n"
PORTAL = "sso_start_url = https://shop.awsapps.com/start\nsso_region = us-east-1\n"
PROCESS = """
    import json, urllib.request
    key = json.load(urllib.request.urlopen({url!r}))
    print(json.dumps(dict(Version=1, AccessKeyId=key["AccessKeyId"], SecretAccessKey=key["SecretAccessKey"],
                          SessionToken=key["Token"])))
"""


def write_login(home: Path, name: str, ends: str, **more: str) -> None:
    """Leave what `aws sso login` leaves."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": LOGIN, "expiresAt": ends, "region": "us-east-1", **more}
    (cache / f"{hashlib.sha1(name.encode()).hexdigest()}.json").write_text(json.dumps(token))


def set_up(giver: str, service: TokenService, home: Path) -> dict[str, str]:
    """Return the variables of a user of a giver, whose files are written."""
    home.mkdir(exist_ok=True)
    sts, url = {"AWS_ENDPOINT_URL_STS": service.url}, f"{service.url}/"
    profile = ""
    variables: dict[str, str] = {}
    match giver:
        case "container":
            variables = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
        case "metadata":
            variables = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_EC2_METADATA_DISABLED": "false"}
        case "web identity":
            (home / "token").write_text("a.b.c")
            variables = {**sts, "AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(home / "token")}
        case "role":
            variables, profile = sts, SOURCE
        case "role with a code":
            variables, profile = sts, f"{SOURCE}mfa_serial = {DEVICE}\n"
        case "role of a container":
            variables = {**sts, "AWS_CONTAINER_CREDENTIALS_FULL_URI": url}
            profile = f"role_arn = {ROLE}\ncredential_source = EcsContainer\n"
        case "process":
            (home / "process.py").write_text(PROCESS.replace("\n    ", "\n").format(url=url))
            profile = f"credential_process = {sys.executable} {home / 'process.py'}\n"
        case "login":
            write_login(home, "https://shop.awsapps.com/start", "2099-01-01T00:00:00Z")
            variables, profile = {"AWS_ENDPOINT_URL_SSO": service.url}, ACCOUNT + PORTAL
        case "login that is renewed":
            client = {"clientId": "c", "clientSecret": "s", "registrationExpiresAt": "2099-01-01T00:00:00Z"}
            write_login(home, "shop", "2020-01-01T00:00:00Z", refreshToken="r", **client)
            variables = {"AWS_ENDPOINT_URL_SSO": service.url, "AWS_ENDPOINT_URL_SSO_OIDC": service.url}
            profile = f"{ACCOUNT}sso_session = shop\n[sso-session shop]\n{PORTAL}"
    if profile:
        (home / "config").write_text(f"[profile shop]\n{profile}{BASE}")
        variables |= {"AWS_PROFILE": "shop", "AWS_CONFIG_FILE": str(home / "config")}
    return {**variables, "HOME": str(home)}
