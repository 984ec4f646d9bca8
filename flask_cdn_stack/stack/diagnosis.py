"""The checks of ``doctor`` that ask AWS: region, endpoints, network, clock, credentials, stack and permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import partial

from ..aws.account import Account, read_account
from ..aws.clock import Answer, ask_time
from ..aws.credential_givers import name_giver
from ..aws.credentials import find_end
from ..aws.failures import translate_errors
from ..aws.network import is_loopback
from ..aws.regions import list_regions
from ..aws.session import DEFAULT_REGION, Connection
from ..checks.settings import check_session_region
from ..errors import AWSError, CDNStackError, CredentialsError, SettingsError, StackNotFoundError, UnreachableError
from ..infrastructure.iam_text import Kind, Names
from ..quantities import count
from ..settings.model import Project
from .findings import Finding, State, begin, find
from .iam_names import read_names
from .outputs import read_stack
from .permissions import KINDS, check_permissions, find_names

#: Timeout in seconds of each request, and of each check.
ANSWER_SECONDS, MOST_SECONDS = 5, 60

#: How far this machine's clock may be off: the first gives a warning, and beyond the second S3 refuses every request
#: (S3 error responses, "RequestTimeTooSkewed").
SKEWED, TOO_SKEWED = timedelta(minutes=5), timedelta(minutes=15)

#: Warn of credentials that expire within this time.
SOON = timedelta(minutes=15)

# The services that are used, by the names that their own endpoint variables have.
_SERVICES = ("cloudformation", "s3", "cloudfront", "sts")

_VARIABLES = (
    "AWS_ENDPOINT_URL",
    *(f"AWS_ENDPOINT_URL_{service.upper()}" for service in (*_SERVICES, "iam")),
    *("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    *("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"),
)


def examine(
    connection: Connection, project: Project | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[Finding]:
    """Yield the findings in a fixed order, each as soon as it is ready; the requests to AWS run at the same time.

    :param project: None if the settings are invalid; checks that need them are then skipped.
    :param now: returns this machine's time, with its time zone.
    """
    examination = _Examination(replace(connection, timeout=ANSWER_SECONDS), project, now)
    yield find("region", examination.region)
    yield find("endpoints", examination.endpoints)
    examination.ask()
    checks: dict[str, Callable[[], Finding]] = {
        "network": examination.network,
        "clock": examination.clock,
        "credentials": examination.credentials,
        "stack": examination.stack,
        **{f"{kind} permissions": partial(examination.permissions, kind) for kind in KINDS},
    }
    waiting = {name: begin(partial(find, name, check)) for name, check in checks.items()}
    for name, future in waiting.items():
        try:
            yield future.result(MOST_SECONDS)
        except LateError:
            yield Finding(name, "wrong", f"There was no answer within {MOST_SECONDS} seconds.", "Check the network.")


class _Examination:
    """The checks, and the answers that several of them need, which are requested once."""

    def __init__(self, connection: Connection, project: Project | None, now: Callable[[], datetime]) -> None:
        self._connection, self._project, self._now = connection, project, now
        # S3-compatible providers have neither AWS accounts nor IAM.
        self._is_foreign = connection.is_foreign("s3")

    def ask(self) -> None:
        """Start the requests that several checks need. Before that, only this thread uses the session."""
        service = "s3" if self._is_foreign else "sts"
        self._answer: Future[Answer] = begin(lambda: ask_time(self._connection, service, self._now))
        self._account: Future[Account] = begin(lambda: read_account(self._connection))
        self._names: Future[Names] = begin(self._read_names)

    def _read_names(self) -> Names:
        if self._project is None:
            raise SettingsError("The settings cannot be used.")
        return read_names(self._connection, self._project)

    def region(self) -> Finding:
        """Report which region is used, and where it is set."""
        region, settings = self._connection.region, self._project.settings if self._project else None
        if settings is not None:
            check_session_region(settings, region)
        known = list_regions(self._connection.session)
        if region not in known and not self._connection.endpoint("cloudformation"):
            near = get_close_matches(region, known, n=1)
            return Finding(
                "region",
                "warning",
                f"{region} ({self._region_source()}) is not a region that this botocore knows.",
                f"Did you mean {near[0]}?" if near else "Check its name, or update boto3.",
            )
        return Finding("region", "ok", f"{region} ({self._region_source()}).")

    def _region_source(self) -> str:
        region, environment = self._connection.region, self._connection.environment
        if self._project and self._project.settings.session_region == region:
            return "from the settings or --region"
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            if environment.get(name) == region:
                return f"from {name}"
        if self._connection.session.get_config_variable("region") == region:
            return "from the profile"
        return "as none is set" if region == DEFAULT_REGION else "from --region"

    def endpoints(self) -> Finding:
        """Report the endpoints and the variables, such as proxies, that redirect requests."""
        connection = self._connection
        for service in _SERVICES:
            connection.proxy(service)
            connection.ca_bundle(service)
        # The part before an @ may be a password.
        set_here = [
            f"{name}={value.rpartition('@')[2]}" for name in _VARIABLES if (value := connection.environment.get(name))
        ]
        found = {service: connection.endpoint(service) for service in _SERVICES}
        if not any(found.values()):
            return Finding("endpoints", "ok", f"AWS's own. In force: {', '.join(set_here) or 'no variable'}.")
        places = ", ".join(f"{service} at {url or 'AWS'}" for service, url in found.items())
        if len(set(found.values())) == 1:
            places = f"All at {found['s3']}"
        message = f"{places}. In force: {', '.join(set_here) or 'the profile, or --endpoint-url'}."
        if len({is_loopback(url) for url in found.values()}) == 2:
            return Finding(
                "endpoints",
                "warning",
                f"Some endpoints are on this machine, and others are not: {message}",
                "Set AWS_ENDPOINT_URL, and not one for each service, or unset them.",
            )
        return Finding("endpoints", "ok", message)

    def network(self) -> Finding:
        """Report whether AWS answers."""
        return Finding("network", "ok", f"{self._answer.result().host} answers.")

    def clock(self) -> Finding:
        """Compare this machine's clock with AWS's."""
        try:
            ahead = self._answer.result().ahead
        except AWSError:
            return Finding("clock", "skipped", "AWS did not answer, so its time is not known.")
        if ahead is None:
            return Finding("clock", "skipped", "The answer has no time.")
        if abs(ahead) <= SKEWED:
            return Finding("clock", "ok", "It agrees with AWS's.")
        state: State = "wrong" if abs(ahead) > TOO_SKEWED else "warning"
        direction = "ahead" if ahead > timedelta() else "behind"
        minutes = f"{count(abs(ahead) // timedelta(minutes=1), 'minute')} {direction}"
        return Finding(
            "clock",
            state,
            f"This machine's clock is {minutes}; AWS refuses requests signed more than 15 minutes off its own time.",
            "Correct it, for example with `timedatectl set-ntp true`.",
        )

    def credentials(self) -> Finding:
        """Report whose credentials are used, where they come from, and when they expire."""
        connection = self._connection
        credentials = connection.credentials()
        # A part of the access key id is enough to recognise it; the id itself is not secret.
        with translate_errors("sts:GetCallerIdentity"):
            key = str(credentials.access_key or "")
        giver = name_giver(credentials.method, connection.session.profile or "default")
        given = f"{giver} gives the key {key[:4]}...{key[-4:] if len(key) > 11 else ''}"
        if self._is_foreign:
            return Finding("credentials", "ok", f"{given}, for {connection.endpoint('s3')}.")
        account = self._account.result()
        message = f"{given} of {account.caller} in {account}"
        if (end := find_end(credentials)) is not None:
            message += f", until {end.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            if end - self._now() < SOON:
                return Finding("credentials", "warning", f"{message}.", "Log in again before a long run.")
        if account.is_root and not connection.is_local:
            remedy = 'Use a user or a role (IAM user guide, "Root user best practices").'
            return Finding("credentials", "warning", f"{message}: the root user may do everything.", remedy)
        if credentials.method == "env" and (profile := connection.environment.get("AWS_PROFILE")):
            message += f"; AWS_PROFILE names {profile}, and the variables win over it"
            return Finding("credentials", "warning", f"{message}.", "Unset AWS_ACCESS_KEY_ID, or pass --profile.")
        return Finding("credentials", "ok", f"{message}.")

    def stack(self) -> Finding:
        """Report whether there is a stack of this project, and whether it can be used."""
        project = self._project
        if project is None:
            return Finding("stack", "skipped", "The settings cannot be used.")
        if project.settings.target:
            return Finding("stack", "skipped", f"The settings name a target, {project.settings.target.bucket}.")
        try:
            found = read_stack(self._connection, project)
        except StackNotFoundError as error:
            return Finding("stack", "skipped", error.message, error.hint)
        except (CredentialsError, UnreachableError) as error:
            return Finding("stack", "skipped", f"Not looked up: {error.message}")
        return Finding("stack", "ok", f"{found.name} is there, {found.status}.")

    def permissions(self, kind: Kind) -> Finding:
        """Check the permissions of a printed policy."""
        name = f"{kind} permissions"
        if self._project is None:
            return Finding(name, "skipped", "The settings cannot be used.")
        if kind != "deploy" and self._project.settings.target:
            return Finding(name, "skipped", "The settings name a target: there is no stack.")
        if self._is_foreign or self._connection.is_local:
            return Finding(name, "skipped", "Only AWS itself has permissions to check.")
        try:
            account = self._account.result()
            if kind != "deploy":
                names = find_names(self._connection, self._project, account)
                # Once there is a usable stack, people who only deploy do not need to provision.
                needed = kind == "provision" and self._lacks_stack()
                return check_permissions(self._connection, self._project, kind, account, names, needed)
            return check_permissions(self._connection, self._project, kind, account, self._names.result())
        except StackNotFoundError:
            return Finding(name, "skipped", "The policies name the stack's resources, and there is no stack yet.")
        except CDNStackError as error:
            return Finding(name, "skipped", f"Not checked: {error.message}")

    def _lacks_stack(self) -> bool:
        return self._names.exception() is not None
