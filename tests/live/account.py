"""The account that the suite works in: a real one, or a local AWS that stands for it."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import boto3
import botocore.session

from flask_cdn_stack.aws.network import is_loopback, read_address
from flask_cdn_stack.local.cloud import LocalCloud
from flask_cdn_stack.verify import Answer
from tests.conftest import Program, Result, program_environment
from tests.live.domains import Domain, check_domain, look_up, make_domain
from tests.live.names import PREFIX, TAG, new_run

Made = TypeVar("Made")

#: Seconds of the shortest session that AWS gives (STS API reference, "AssumeRole").
SHORTEST_SESSION = 900


class Key(NamedTuple):
    """Credentials; those of a session have a token, and end."""

    id: str
    secret: str
    token: str

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make a user of them."""
        token = {"AWS_SESSION_TOKEN": self.token} if self.token else {}
        return {"AWS_ACCESS_KEY_ID": self.id, "AWS_SECRET_ACCESS_KEY": self.secret, **token}


# MiniStack does not see which stack a change set belongs to that is named by its id, and asks for every resource.
_CHANGE_SETS_BY_ID = {
    "Effect": "Allow",
    "Action": [f"cloudformation:{verb}ChangeSet" for verb in ("Describe", "Execute", "Delete")],
    "Resource": "*",
}

# botocore's variables that lead to a user's files: without a name in the environment, and with files that are empty.
_NO_USER: dict[str, Any] = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}

#: Who may do everything in a local AWS.
_ROOT = Key("test", "test", "")


@dataclass(frozen=True)
class PatientProgram(Program):
    """The program, whose commands may take as long as AWS takes."""

    seconds: float = 3600

    def __call__(
        self, *arguments: str, environment: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> Result:
        """Run a command to its end.

        :raises subprocess.TimeoutExpired: it does not come to one.
        """
        with self.start(*arguments, environment=environment, cwd=cwd) as process:
            try:
                stdout, stderr = process.communicate(timeout=self.seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return Result(process.returncode, stdout, stderr)


@dataclass(frozen=True, kw_only=True)
class Account(ABC):
    """An account, and what the suite has to know of it.

    :param run: tells what this run makes from what others made.
    :param pause: seconds between two looks at what takes time.
    :param patience: seconds after which what was changed is known everywhere: in IAM, in DNS, at the edge.
    :param stack_patience: seconds that creating or deleting a stack may take.
    :param session: seconds after which the shortest session has ended.
    :param further_rights: statements that a user needs besides the printed ones.
    :param domain: one whose names the suite may use; None where nobody gave one.
    """

    run: str
    region: str
    pause: float
    patience: float
    stack_patience: float
    session: float
    further_rights: tuple[dict[str, Any], ...] = ()
    domain: Domain | None = None

    _clients: dict[tuple[str, str, Key | None], Any] = field(default_factory=dict, repr=False, compare=False)
    _opening: Lock = field(default_factory=Lock, repr=False, compare=False)

    def client(self, service: str, region: str = "", key: Key | None = None) -> Any:
        """Return a boto3 client: of whoever runs the suite, or of who has this key."""
        asked = (service, region or self.region, key)
        # Many threads may use a client, and one at a time may make one.
        with self._opening:
            if asked not in self._clients:
                self._clients[asked] = self._open_client(*asked)
            return self._clients[asked]

    @abstractmethod
    def _open_client(self, service: str, region: str, key: Key | None) -> Any:
        """Return a new client."""

    @abstractmethod
    def program(self, folder: Path, key: Key | None = None) -> Program:
        """Return the program in a folder, as whoever runs the suite uses it, or who has this key."""

    @abstractmethod
    def view(self, host: str, target: str, method: str = "GET", **headers: str) -> Answer:
        """Ask a distribution for a target, as it stands in a request, as a viewer does."""

    @property
    def other_region(self) -> str:
        """Where a bucket lies that is not the stack's."""
        return "us-west-2" if self.region == "eu-west-1" else "eu-west-1"

    @property
    def regions(self) -> tuple[str, ...]:
        """Every region in which the suite makes something."""
        return self.region, self.other_region

    @property
    def number(self) -> str:
        """The number that the account has."""
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def tags(self) -> dict[str, str]:
        """What everything is tagged with."""
        return {TAG: self.run}

    @property
    def tag_list(self) -> list[dict[str, str]]:
        """The same, as most services take it."""
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    def name(self, part: str) -> str:
        """Return the name of something of this run."""
        return f"{PREFIX}{self.run}-{part}"

    def wait_for(self, look: Callable[[], Made], seconds: float | None = None) -> Made:
        """Look until there is something to see, at most as long as the account may take, and return what there is."""
        deadline = time.monotonic() + (self.patience if seconds is None else seconds)
        while not (found := look()) and time.monotonic() < deadline:
            time.sleep(self.pause)
        return found


@dataclass(frozen=True, kw_only=True)
class RealAccount(Account):
    """One at AWS. ``environment`` is that of whoever runs the suite."""

    profile: str | None
    environment: Mapping[str, str] = field(repr=False)
    pause: float = 5
    patience: float = 300
    stack_patience: float = 2700
    session: float = SHORTEST_SESSION

    def _open_client(self, service: str, region: str, key: Key | None) -> Any:
        """Return one with the endpoint that boto3 finds."""
        given: dict[str, Any] = _boto3_key(key) if key else {"profile_name": self.profile}
        session: Any = boto3.Session(region_name=region, **given)
        return session.client(service)

    def program(self, folder: Path, key: Key | None = None) -> Program:
        """Return the program, with the region, and with the profile or the key."""
        nobody = program_environment(None)
        surroundings = {name: value for name, value in nobody.items() if not name.startswith("AWS_")}
        if key:
            surroundings |= {name: value for name, value in nobody.items() if name.startswith("AWS_")}
            surroundings |= key.environment
        else:
            surroundings |= {name: value for name, value in self.environment.items() if name.startswith("AWS_")}
            surroundings |= {"AWS_PROFILE": self.profile} if self.profile else {}
        regions = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        return PatientProgram(folder, {**surroundings, **regions})

    def view(self, host: str, target: str, method: str = "GET", **headers: str) -> Answer:
        """Ask over https; until DNS knows a new name, ask again."""

        def ask() -> Answer | None:
            try:
                return _exchange(http.client.HTTPSConnection(host, timeout=60), host, target, method, headers)
            except OSError:
                return None

        answer = self.wait_for(ask)
        assert answer, f"{host} cannot be reached"
        return answer


@dataclass(frozen=True, kw_only=True)
class LocalAccount(Account):
    """A local AWS on loopback, and how fast it is.

    :raises ValueError: the endpoint is not on loopback.
    """

    endpoint_url: str
    region: str = "us-east-1"
    pause: float = 0.05
    patience: float = 20
    stack_patience: float = 60
    session: float = 2
    further_rights: tuple[dict[str, Any], ...] = (_CHANGE_SETS_BY_ID,)

    def __post_init__(self) -> None:
        if not is_loopback(self.endpoint_url):
            raise ValueError(f"{self.endpoint_url} is not on loopback.")

    def _open_client(self, service: str, region: str, key: Key | None) -> Any:
        """Return one with the local endpoint, whatever the environment and the user's files say."""
        core = botocore.session.Session(session_vars=_NO_USER)
        session: Any = boto3.Session(botocore_session=core, region_name=region, **_boto3_key(key or _ROOT))
        client = session.client(service, endpoint_url=self.endpoint_url)
        assert is_loopback(client.meta.endpoint_url), client.meta.endpoint_url
        return client

    def program(self, folder: Path, key: Key | None = None) -> Program:
        """Return the program, with the local AWS as its only account."""
        regions = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        place = {"AWS_ENDPOINT_URL": self.endpoint_url, **regions, **(key or _ROOT).environment}
        return Program(folder, {**program_environment(None), **place})

    def view(self, host: str, target: str, method: str = "GET", **headers: str) -> Answer:
        """Ask the local AWS's port, under the distribution's own name: the edge knows it by no other."""
        connection = http.client.HTTPConnection(*read_address(self.endpoint_url), timeout=30)
        name = look_up(self.client("route53"), self.domain, host)
        return _exchange(connection, name, target, method, headers)


def open_real(region: str, profile: str | None, domain: Domain | None = None) -> RealAccount:
    """Return the account that a profile, or the environment, has credentials for.

    :raises BotoCoreError: there are none, or AWS cannot be reached.
    :raises ClientError: AWS does not accept them, or the account has no such zone.
    :raises ValueError: the zone is not one that the world asks for the domain.
    """
    account = RealAccount(run=new_run(), region=region, profile=profile, environment=dict(os.environ), domain=domain)
    assert account.number
    if domain:
        check_domain(account.client("route53"), domain)
    return account


def open_local(endpoint_url: str, run: str) -> LocalAccount:
    """Return a local AWS as an account, with a domain that an owner has there."""
    account = LocalAccount(run=run, endpoint_url=endpoint_url)
    return replace(account, domain=make_domain(account.client("route53"), run))


def start_local() -> LocalCloud:
    """Return the local AWS that stands for an account: it checks who asks, and its shortest sessions end soon."""
    settings = {"AUTH": "true", "STRICT_SHORTEST_SESSION": "2"}
    return LocalCloud(environment=os.environ, module="tests.servers.ministack_strict", settings=settings)


def _boto3_key(key: Key) -> dict[str, Any]:
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    return dict(zip(names, (key.id, key.secret, key.token or None), strict=True))


def _exchange(
    connection: http.client.HTTPConnection, host: str, target: str, method: str, headers: Mapping[str, str]
) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(connection):
        connection.request(method, target, headers={"Host": host, **named})
        response = connection.getresponse()
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, answered, response.read())
