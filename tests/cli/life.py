"""A stack's life in an account in memory, and the program run in this process with that account and a clock of its own.

Requests go through botocore's own client as far as the wire, and answers are held against its model: what is asked is
what AWS would be asked, in the documented shapes. Where AWS refuses, this refuses; the words are AWS's own where they
are known. No account was at hand, so what a service does besides is what its API reference says.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.validate import ParamValidator
from msgspec.structs import replace

from flask_cdn_stack.aws.session import Connection
from flask_cdn_stack.cli.call import Surroundings
from flask_cdn_stack.cli.group import CommandGroup
from flask_cdn_stack.infrastructure.template import render_template
from flask_cdn_stack.settings.delivery import Delivery
from flask_cdn_stack.settings.load import load_project
from tests.cli.life_stacks import ACCOUNT, REGION, Refusal, Stack, Stacks
from tests.conftest import Result, write_files

#: Parameters of a request that tell what it does, beside its name.
_TELLING = (
    "ChangeSetType", "Capabilities", "OnStackFailure", "DisableRollback", "RoleARN", "RetainResources", "DeletionMode",
    "ResourcesToSkip", "EnableTerminationProtection",
)  # fmt: skip

_READS = ("Describe", "List", "Get", "Head")

#: Templates that were rendered before, by the settings' text.
_TEMPLATES: dict[tuple[str, bool], str] = {}

Answer = Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]]


@cache
def _session() -> boto3.Session:
    return boto3.Session("key", "secret", region_name=REGION)


@cache
def _client(service: str) -> Any:
    open_client: Any = _session().client
    return open_client(service)


@dataclass
class Account:
    """What AWS has, and what was asked of it.

    ``stacks`` is CloudFormation. ``answers`` are those of other services, by service and operation: the answer, or
    what makes it of the parameters, and may raise :class:`Refusal`. ``opened`` is what a browser was given.
    """

    stacks: Stacks = field(default_factory=Stacks)
    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    has_browser: bool = False
    opened: list[str] = field(default_factory=list)

    def browse(self, address: str) -> bool:
        """Note what a browser is to show, and say whether there is one."""
        self.opened += [address] if self.has_browser else []
        return self.has_browser

    def answer(self, service: str, operation: str, parameters: dict[str, Any]) -> Mapping[str, Any]:
        """Carry a request out, and note it: among ``reads`` by name, among ``calls`` with what it says."""
        if operation.startswith(_READS):
            self.reads.append(operation)
        else:
            said = [_tell(name, parameters[name]) for name in _TELLING if name in parameters]
            self.calls.append(" ".join([operation, *said]))
        if (service, operation) in self.answers:
            found = self.answers[service, operation]
            return found(parameters) if callable(found) else found
        if service == "cloudformation":
            return self.stacks.answer(operation, parameters)
        raise Refusal("AccessDenied", f"{service}:{operation} is not answered in this test", 403)

    @contextmanager
    def answering(self, service: str) -> Iterator[None]:
        """Let botocore's client of a service ask this account, and nobody else."""

        def keep(params: dict[str, Any], context: dict[str, Any], **rest: Any) -> None:
            context["asked"] = dict(params)

        def answer(model: Any, context: dict[str, Any], **rest: Any) -> tuple[AWSResponse, Mapping[str, Any]]:
            try:
                found = self.answer(service, model.name, context["asked"])
            except Refusal as refusal:
                return _http(refusal.status), refusal.parsed
            report = ParamValidator().validate(found, model.output_shape) if model.output_shape else None
            assert report is None or not report.has_errors(), (model.name, report.generate_report())
            parsed = {**found, "ResponseMetadata": {"HTTPStatusCode": 200}}
            return _http(200), parsed

        events = _client(service).meta.events
        events.register("before-parameter-build.*.*", keep)
        events.register("before-call.*.*", answer)
        try:
            yield
        finally:
            events.unregister("before-parameter-build.*.*", keep)
            events.unregister("before-call.*.*", answer)


def _http(status: int) -> AWSResponse:
    return AWSResponse("", status, HTTPHeaders(), None)


def _tell(name: str, value: object) -> str:
    if isinstance(value, list):
        return f"{name}={','.join(map(str, value))}"
    return name if value is True else f"{name}={value}"


@dataclass(frozen=True)
class _AccountConnection(Connection):
    """A connection to an account in memory."""

    def client(self, service: str, patient: bool = False, once: bool = False) -> Any:
        """Return botocore's client, whose requests end there."""
        return _client(service)

    def place(self, bucket: str) -> None:
        """Let objects go through botocore, too."""


class _Terminal(io.StringIO):
    """A terminal at which answers are typed."""

    def isatty(self) -> bool:
        """Say so."""
        return True


@dataclass(frozen=True)
class Life:
    """The program in a project's folder, with an account in memory."""

    folder: Path
    account: Account

    def has(self, status: str, *, changed: bool = True, **more: Any) -> Stack:
        """Let there be a stack in a state, as the settings say, or with another template than theirs."""
        text = (self.folder / "flask-cdn-stack.yml").read_text("utf-8")
        if (text, changed) not in _TEMPLATES:
            settings = load_project(self.folder).settings
            wanted = replace(settings, delivery=Delivery(ipv6=False)) if changed else settings
            _TEMPLATES[text, changed] = render_template(wanted)
        return self.account.stacks.add(status, template=_TEMPLATES[text, changed], **more)

    def __call__(self, *arguments: str, typed: Iterable[str] | None = None) -> Result:
        """Run a command to its end; ``typed`` is what is typed at its terminal, None where there is none."""
        stacks = self.account.stacks
        surroundings = Surroundings(
            self._connect, sleep=stacks.sleep, clock=lambda: stacks.now, browse=self.account.browse
        )
        stdin = io.StringIO() if typed is None else _Terminal("".join(f"{answer}\n" for answer in typed))
        stdout, stderr, before = io.StringIO(), io.StringIO(), (sys.stdin, Path.cwd())
        sys.stdin = stdin
        os.chdir(self.folder)
        try:
            with ExitStack() as stack:
                for service in ("cloudformation", *{service for service, _ in self.account.answers}):
                    stack.enter_context(self.account.answering(service))
                stack.enter_context(redirect_stdout(stdout))
                stack.enter_context(redirect_stderr(stderr))
                code = _run(arguments, surroundings)
        finally:
            sys.stdin = before[0]
            os.chdir(before[1])
        return Result(code, stdout.getvalue(), stderr.getvalue())

    def _connect(self, region: str | None, *rest: object, **options: object) -> Connection:
        return _AccountConnection(_session()._session, region or REGION, None, {})


def _run(arguments: tuple[str, ...], surroundings: Surroundings) -> int:
    try:
        CommandGroup("flask-cdn-stack").main(list(arguments), obj=surroundings)
    except SystemExit as end:
        return int(end.code or 0)
    raise AssertionError("The program did not end.")


def begin_life(folder: Path, settings: str = "") -> Life:
    """Return the program in a new project, whose stack ``shop-cdn`` is not there yet.

    :param folder: is called ``shop``, as the project and its stack are.
    """
    write_files(folder, {"flask-cdn-stack.yml": settings})
    nothing = {"MaxItems": 100, "Quantity": 0}
    answers: dict[tuple[str, str], Answer] = {
        ("cloudfront", "ListCachePolicies"): {"CachePolicyList": nothing},
        ("cloudfront", "ListResponseHeadersPolicies"): {"ResponseHeadersPolicyList": nothing},
        ("cloudfront", "ListFunctions"): {"FunctionList": nothing},
        ("cloudfront", "ListOriginAccessControls"): {
            "OriginAccessControlList": {**nothing, "Marker": "", "IsTruncated": False}
        },
        ("sts", "GetCallerIdentity"): {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann", "UserId": "A"},
        ("iam", "ListAccountAliases"): {"AccountAliases": [], "IsTruncated": False},
    }
    return Life(folder, Account(answers=answers))
