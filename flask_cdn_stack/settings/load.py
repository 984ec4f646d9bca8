"""Finds and reads the settings file: YAML to frozen values, with errors that name the file, the key and the remedy."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import yaml

from ..errors import SettingsError
from ..regular_files import NotRegularError, read_regular
from .model import Project, Settings
from .off import SWITCHES, find_unfinished, refuse_on, switch_off
from .schema import allowed_values, known_keys, meaning
from .stages import check_apart, find_stage, merge, read_stages

#: The settings file's name.
FILE_NAME = "flask-cdn-stack.yml"

#: Size, in bytes, of the largest settings file that is read.
MAX_BYTES = 4 * 1024 * 1024

_MESSAGE = re.compile(r"(?P<what>.*?)(?: - at `(?:key in )?\$\.?(?P<path>.*)`)?", re.DOTALL)
_BOUND = re.compile(r"Expected (int|(str|array) of length) [<>]=? [0-9]+")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`")


def load_project(
    start: Path, file: Path | None = None, stage: str | None = None, flags: Mapping[str, Any] | None = None
) -> Project:
    """Return the project with the settings for one stage.

    :param start: folder in which, and above which, the file is sought; the project's folder if there is no file.
    :param file: the file itself, instead of a search.
    :param stage: the stage whose overlay to use.
    :param flags: top-level values that take precedence over the file.
    :raises SettingsError: the file is missing or not YAML, or a value is not allowed.
    """
    file = file or find_settings_file(start)
    content = read_settings_file(file) if file else {}
    if file is None and stage is not None:
        raise SettingsError(
            f"There is no {FILE_NAME} in {start} or above it, and so no stage {stage!r}.",
            "Write one with `flask-cdn-stack init`, or name yours with --settings.",
        )
    name = str(file or "the command line")
    folder = (file.parent if file else start).absolute()
    settings, stages = _resolve_settings(content, stage, flags or {}, name)
    project = _project_name(folder)
    if stage is not None:
        stacks = {key: value.stack or _join_name(project, key) for key, value in stages.items()}
        check_apart(stage, stages, stacks, name)
    for key in ("config_file", "manifest_file"):
        _check_inside(folder, key, getattr(settings, key), name)
    return Project(
        settings=settings,
        folder=folder,
        file=file,
        name=project,
        stage=stage,
        stack=settings.stack or default_stack(project, stage),
        stack_named=settings.stack is not None,
    )


def make_settings(content: dict[str, Any], source: str) -> Settings:
    """Return the settings in the content of a file, without a stage.

    :param source: the file's name, for errors.
    :raises SettingsError: a key or value is not allowed.
    """
    return _resolve_settings(content, None, {}, source)[0]


def find_settings_file(start: Path) -> Path | None:
    """Return the nearest settings file in ``start`` or above it, or None."""
    start = start.absolute()
    return next((path for folder in (start, *start.parents) if os.path.lexists(path := folder / FILE_NAME)), None)


def read_settings_file(file: Path) -> dict[str, Any]:
    """Return the content of a YAML file as a mapping.

    :raises SettingsError: it is missing, is not YAML, repeats a key, or is not a mapping.
    """
    try:
        text = read_regular(file, MAX_BYTES).decode("utf-8")
    except OSError as error:
        hint = "Check the path given with --settings."
        raise SettingsError.unreadable(f"The settings file {file}", error, hint) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from error
    content = _parse(text, file)
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise SettingsError(f"{file} must hold keys and values, not a {type(content).__name__}.")
    return content


def default_stack(project: str, stage: str | None) -> str:
    """Return the stack's default name, ``<project>-cdn[-<stage>]``, in the characters that a stack name may have.

    :raises SettingsError: it would be longer than 40 characters.
    """
    stack = _join_name(project, stage)
    if len(stack) > 40:
        raise SettingsError(
            f"The stack would be called {stack}, which is longer than 40 characters.",
            "Name it in the settings file with the key stack.",
        )
    return stack


def _join_name(project: str, stage: str | None) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", project.lower()).strip("-")
    name = name if name[:1].isalpha() else f"app-{name}".rstrip("-")
    return f"{name}-cdn" + (f"-{stage}" if stage else "")


def _parse(text: str, file: Path) -> Any:
    hint = "Fix the line and try again."
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = ", ".join(filter(None, [error.context, error.problem]))
        raise SettingsError(f"{file}{line}: {problem or 'not YAML'}.", hint) from error
    except yaml.reader.ReaderError as error:
        line = f", line {text.count(chr(10), 0, error.position) + 1}"
        raise SettingsError(f"{file}{line}: the character {chr(error.character)!r} is not allowed.", hint) from error
    except RecursionError as error:
        raise SettingsError(f"{file} is nested too deeply.", "Settings have four levels at most.") from error


class _Loader(yaml.SafeLoader):
    """Loads YAML; keys that are given twice, or are not text, are errors."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            # PyYAML lets out Python's own error for a date that does not exist, or a number without digits.
            raise yaml.constructor.ConstructorError(
                None, None, f"{node.value!r} cannot be read ({error}); write it in quotes", node.start_mark
            ) from error

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            return super().construct_mapping(node, deep)
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                written = key_node.value if isinstance(key_node, yaml.ScalarNode) else repr(key)
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {written} is not text; write it in quotes", key_node.start_mark
                )
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _resolve_settings(
    content: dict[str, Any], stage: str | None, flags: Mapping[str, Any], source: str
) -> tuple[Settings, dict[str, Settings]]:
    """Return the settings for ``stage``, and those of every stage by name; without a stage, only the first."""
    base = {key: value for key, value in content.items() if key != "stages"}
    overlays = read_stages(content, source)
    _convert(base, (), source)
    for name, overlay in overlays.items():
        _convert(overlay, ("stages", name), source)
    content = base if stage is None else merge(base, find_stage(overlays, stage, source))
    refuse_on(content, source)
    settings = _convert(content | dict(flags), (), source)
    if stage is None:
        return settings, {}
    # For other stages, the file takes precedence over the flags, which are meant for the stage in use.
    others = {name: _convert(dict(flags) | merge(base, overlay), (), source) for name, overlay in overlays.items()}
    return settings, {**others, stage: settings}


def _convert(content: dict[str, Any], place: Sequence[str], source: str) -> Settings:
    if key := find_unfinished(content):
        raise _settings_error(f"Expected {SWITCHES[key].types}, got null - at `$.{key}`", content, place, source)
    try:
        return msgspec.convert(switch_off(content), Settings)
    except msgspec.ValidationError as error:
        raise _settings_error(str(error), content, place, source) from error


def _settings_error(text: str, content: dict[str, Any], place: Sequence[str], source: str) -> SettingsError:
    match = _MESSAGE.fullmatch(text)
    assert match is not None
    path = match["path"] or ""
    inner = [part for part in re.sub(r"\[.*?\]", "", path).split(".") if part]
    if unknown := _UNKNOWN.fullmatch(match["what"]):
        key = unknown["key"]
        keys = known_keys(inner) + ([] if place or inner else ["stages"])
        import difflib  # only a mistake needs it

        near = difflib.get_close_matches(key, keys, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known keys here: {', '.join(keys)}."
        return SettingsError(f"{source}: {'.'.join(filter(None, [*place, path, key]))} is not a known key.", hint)
    if path.endswith("[...]"):
        path = path.removesuffix("[...]")
        path += "." + _key_without_text(content, path)
    what = match["what"].replace("`", "")
    if switch := SWITCHES.get(path):
        what = re.sub(r"^Expected [a-z |]+(?=, got)", f"Expected {switch.types}", what)
    if _BOUND.fullmatch(what):
        what += f", got {_show(_value_at(content, path))}"
        return SettingsError(f"{source}: {'.'.join([*place, path])}: {what}.", meaning(inner))
    return SettingsError(f"{source}: {'.'.join([*place, path]) or 'the file'}: {what}.", _way_out(what, inner))


def _key_without_text(content: dict[str, Any], path: str) -> str:
    # msgspec does not say which key of a mapping it means; the free mappings of the file all hold text.
    return str(next(key for key, value in _value_at(content, path).items() if not isinstance(value, str)))


def _value_at(content: dict[str, Any], path: str) -> Any:
    values: Any = content
    for name in re.findall(r"[^.[\]]+", path):
        values = values[int(name) if isinstance(values, list) else name]
    return values


def _show(value: Any) -> str:
    if isinstance(value, list):
        return f"{len(value)} of them"
    # Python writes no number of more than some thousand digits.
    return "a very large number" if isinstance(value, int) and value.bit_length() > 64 else repr(value)


def _way_out(what: str, path: Sequence[str]) -> str:
    if what.endswith("got null"):
        return "Give it a value, or put a hash before it."
    if what.startswith("Expected str") and not what.endswith(("got object", "got array")):
        return "Write the value in quotes." if "array" not in what else meaning(path)
    values = allowed_values(path)
    return f"Allowed: {', '.join(values)}." if values else meaning(path)


def _project_name(folder: Path) -> str:
    file = folder / "pyproject.toml"
    try:
        data = read_regular(file, MAX_BYTES)
        import tomllib  # only where there is such a file

        table = tomllib.loads(data.decode("utf-8")).get("project")
    except (FileNotFoundError, NotRegularError):
        table = None
    except (OSError, ValueError, RecursionError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise SettingsError(
            f"{file} cannot be read for the project's name: {reason}.",
            "Fix it, or move the settings file into a folder of its own.",
        ) from error
    name = table.get("name") if isinstance(table, dict) else None
    # It is the value of a tag, which takes these characters only (CloudFront API reference, "Tag").
    return re.sub(r"[^\w .:/=+\-@]", "-", str(name or folder.resolve().name or "flask").lower())[:256]


def _check_inside(folder: Path, key: str, value: str | None, source: str) -> None:
    if value is None:
        return
    if not value:
        raise SettingsError(f"{source}: {key} must be a file name, or false.")
    if not _is_inside(folder.resolve(), value):
        raise SettingsError(f"{source}: {key} {value!r} leads out of {folder}.", "Give a name inside that folder.")


def _is_inside(folder: Path, name: str) -> bool:
    path = Path(name)
    try:
        real = Path(os.path.realpath(folder / path))
        return not path.is_absolute() and ".." not in path.parts and folder in real.parents
    except (ValueError, OSError):  # a character that no file name can have
        return False
