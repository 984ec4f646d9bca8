"""The questions that ``init`` asks at a terminal, each with a default for Enter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, get_args, get_type_hints

import click

from ..aws.session import DEFAULT_REGION, open_connection
from ..checks.settings import check_settings
from ..errors import CDNStackError, SettingsError
from ..settings.load import make_settings
from ..settings.model import Settings
from ..settings.stages import read_stages

# Messages about a wrong answer begin with this, in place of the settings file's name.
_SOURCE = "This answer"


class Answers(NamedTuple):
    """The values for the settings file by dotted key, and the name of a stage."""

    values: Mapping[str, Any]
    stage: str | None = None


def ask_settings(app: str | None) -> Answers:
    """Ask for the app, the origin, the region and a stage.

    A wrong answer is explained, and the question asked again.

    :param app: the app that was found, as the default.
    """
    click.echo("Enter takes the answer in brackets.", err=True)
    values: dict[str, Any] = {}
    _ask(values, "app", "The Flask app, as for `flask --app`", app or "")
    origins = click.Choice(get_args(get_type_hints(Settings)["origin"]))
    origin = click.prompt("Where CloudFront fetches files from", default="bucket", type=origins, err=True)
    if origin != "bucket":
        # Such an origin is not valid without app_origin.domain.
        hint = "The app's own host name, such as www.shop.example"
        values["app_origin.domain"] = _prompt(hint, None, _checking(values | {"origin": origin}, "app_origin.domain"))
        values["origin"] = origin
    _ask(values, "region", "The AWS region of the stack", _session_region())
    stage = _prompt("A stage, such as production (none)", "", _check_stage)
    return Answers({key: value for key, value in values.items() if value}, stage or None)


def _ask(values: dict[str, Any], key: str, text: str, default: str) -> None:
    values[key] = _prompt(text, default, _checking(values, key))


def _prompt(text: str, default: str | None, check: Callable[[str], str]) -> str:
    answer = click.prompt(text, default=default, show_default=bool(default), value_proc=check, err=True)
    return str(answer)


def _checking(values: Mapping[str, Any], key: str) -> Callable[[str], str]:
    def check(answer: str) -> str:
        answer = answer.strip()
        with_it = {name: value for name, value in {**values, key: answer}.items() if value}
        with _asking_again():
            check_settings(make_settings(nest(with_it), _SOURCE))
        return answer

    return check


def _check_stage(answer: str) -> str:
    answer = answer.strip()
    if answer:
        with _asking_again():
            read_stages({"stages": {answer: None}}, _SOURCE)
    return answer


@contextmanager
def _asking_again() -> Iterator[None]:
    """Raise an error of the settings as one after which click shows it and asks again."""
    try:
        yield
    except SettingsError as error:
        raise click.UsageError(str(error)) from error


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted key as the nested content of a settings file."""
    content: dict[str, Any] = {}
    for key, value in values.items():
        group, _, name = key.rpartition(".")
        (content.setdefault(group, {}) if group else content)[name] = value
    return content


def _session_region() -> str:
    try:
        return open_connection().region
    except CDNStackError:  # such as a missing profile; `provision` reports it
        return DEFAULT_REGION
