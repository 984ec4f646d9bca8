"""Pages made from the program itself at every build, so that they cannot fall behind it.

``.. commands::`` documents every command with its options, ``.. settings-keys::`` every key of the settings file,
``.. config-keys::`` every ``CDN_*`` value of ``app.config``, and ``.. exit-codes::`` how each error ends the program.
``.. settings-table::`` and ``.. config-table::`` list the same keys with one line for each.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from flask_cdn_stack import errors
from flask_cdn_stack.cli.main import main
from flask_cdn_stack.config_keys import CONFIG_KEYS
from flask_cdn_stack.settings.schema import settings_schema

Node = Mapping[str, Any]


class Commands(SphinxDirective):
    """Every command with its options, in the order of the path that they lie on."""

    def run(self) -> list[nodes.Node]:
        """Return a section for each command."""
        context = click.Context(main, info_name="flask-cdn-stack")
        lines: list[str] = []
        for name in main.list_commands(context):
            command = main.get_command(context, name)
            assert command is not None
            lines += _command_lines(command, click.Context(command, info_name=name, parent=context))
        return self.parse_text_to_nodes("\n".join(lines), allow_section_headings=True)


class SettingsKeys(SphinxDirective):
    """Every key of the settings file: type, default and meaning, from the schema that validates it."""

    def run(self) -> list[nodes.Node]:
        """Return the keys as objects that can be linked to."""
        schema = settings_schema()
        top = schema["$defs"]["Settings"]
        return self.parse_text_to_nodes("\n".join(_settings_lines(schema, top, "")))


class SettingsTable(SphinxDirective):
    """Every key of the settings file in one table, with its default and one sentence."""

    def run(self) -> list[nodes.Node]:
        """Return a table whose keys are links."""
        schema = settings_schema()
        return self.parse_text_to_nodes("\n".join(_key_table(_settings_rows(schema, schema["$defs"]["Settings"], ""))))


class ConfigTable(SphinxDirective):
    """Every key of ``app.config`` that the extension reads in one table, with its default and one sentence."""

    def run(self) -> list[nodes.Node]:
        """Return a table whose keys are links."""
        rows = [(key.name, f"``{key.default!r}``", _first_sentence(key.meaning)) for key in CONFIG_KEYS]
        return self.parse_text_to_nodes("\n".join(_key_table(rows)))


class ConfigKeys(SphinxDirective):
    """Every key of ``app.config`` that the extension reads."""

    def run(self) -> list[nodes.Node]:
        """Return the keys as objects that can be linked to."""
        blocks = []
        for key in CONFIG_KEYS:
            place = "The generated config file sets it." if key.generated else ""
            blocks.append(_confval(key.name, None, f"``{key.default!r}``", f"{key.meaning} {place}"))
        return self.parse_text_to_nodes("\n".join(blocks))


class ExitCodes(SphinxDirective):
    """Every error of the program with its exit code."""

    def run(self) -> list[nodes.Node]:
        """Return a table."""
        lines = [".. list-table::", "   :header-rows: 1", "", "   * - Error", "     - Exit code", "     - Meaning"]
        for error in _subclasses(errors.CDNStackError):
            meaning = (error.__doc__ or "").splitlines()[0]
            lines += [f"   * - :exc:`~{error.__module__}.{error.__qualname__}`"]
            lines += [f"     - {error.exit_code}", f"     - {meaning}"]
        return self.parse_text_to_nodes("\n".join(lines))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    app.setup_extension("json_keys")
    app.add_directive("commands", Commands)
    app.add_directive("settings-keys", SettingsKeys)
    app.add_directive("settings-table", SettingsTable)
    app.add_directive("config-keys", ConfigKeys)
    app.add_directive("config-table", ConfigTable)
    app.add_directive("exit-codes", ExitCodes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _command_lines(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from (context.info_name or "", "-" * len(context.info_name or ""), "")
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        # click shows a paragraph after this mark as it stands: those are our examples.
        if paragraph.startswith("\b"):
            yield from (".. code-block:: shell", "")
            yield from (f"   {line}" for line in paragraph.splitlines()[1:])
        else:
            yield _escape(paragraph)
        yield ""
    yield from (f".. program:: {context.command_path}", "")
    for option in command.get_params(context):
        if isinstance(option, click.Option):
            yield from _option_lines(option, context)


def _option_lines(option: click.Option, context: click.Context) -> Iterator[str]:
    names, help_text = option.get_help_record(context) or ("", "")
    yield from (f".. option:: {names.replace(' / ', ', ')}", "")
    # Variable and default stand in brackets at the end of click's own help.
    meaning, _, extra = help_text.partition("  [")
    notes = dict(note.split(": ", 1) for note in extra.rstrip("]").split("; ") if ": " in note)
    yield f"   {_escape(meaning)}"
    if "default" in notes:
        yield f"   Default: ``{notes['default']}``."
    if "env var" in notes:
        yield f"   Variable: ``{notes['env var']}``."
    yield ""


def _subclasses(error: type[errors.CDNStackError]) -> Iterator[type[errors.CDNStackError]]:
    yield error
    for subclass in error.__subclasses__():
        yield from _subclasses(subclass)


def _settings_lines(schema: Node, group: Node, prefix: str) -> Iterator[str]:
    for name, node in group["properties"].items():
        meaning = _escape(node["description"])
        reference = next((part["$ref"] for part in (node, *node.get("anyOf", ())) if "$ref" in part), None)
        yield _confval(prefix + name, " or ".join(_types(node)), _default(node), meaning)
        if reference:
            yield from _settings_lines(schema, schema["$defs"][reference.rpartition("/")[2]], f"{prefix}{name}.")


def _settings_rows(schema: Node, group: Node, prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, node in group["properties"].items():
        reference = next((part["$ref"] for part in (node, *node.get("anyOf", ())) if "$ref" in part), None)
        default = "" if reference else _default(node) or "none"
        yield prefix + name, default, _escape(_first_sentence(node["description"]))
        if reference:
            yield from _settings_rows(schema, schema["$defs"][reference.rpartition("/")[2]], f"{prefix}{name}.")


def _key_table(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    yield from (".. list-table::", "   :header-rows: 1", "   :widths: 34 22 44", "")
    yield from ("   * - Key", "     - Default", "     - Meaning")
    for name, default, meaning in rows:
        yield from (f"   * - :confval:`{name}`", f"     - {default}", f"     - {meaning}")


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[.])\s", text, maxsplit=1)[0]


def _types(node: Node) -> Iterator[str]:
    if "anyOf" in node:
        for part in node["anyOf"]:
            yield from _types(part)
    elif "enum" in node:
        yield from (f"``{word}``" for word in node["enum"])
    elif node.get("type") == "boolean":
        yield "``on`` or ``off``"
    elif node.get("type") == "array":
        yield "a list of groups of keys" if "$ref" in node.get("items", {}) else "a list of strings"
    elif node.get("type") == "object":
        yield "a mapping"
    elif "$ref" in node:
        yield "a group of keys"
    elif node.get("type") == "integer":
        yield f"a whole number{_bounds(node)}"
    elif node.get("type") == "string":
        yield "a string"


def _bounds(node: Node) -> str:
    least, most = node.get("minimum"), node.get("maximum")
    if least is not None and most is not None:
        return f" from {least} to {most}"
    return "" if least is None else f" of {least} or more"


def _default(node: Node) -> str | None:
    value = node.get("default")
    if value is None or isinstance(value, dict):
        return None
    if isinstance(value, bool):
        return "``on``" if value else "``off``"
    if isinstance(value, list | tuple):
        return f"``[{', '.join(map(str, value))}]``"
    return f"``{value}``" if value != "" else "``''``"


def _confval(name: str, type_text: str | None, default: str | None, meaning: str) -> str:
    lines = [f".. confval:: {name}"]
    lines += [f"   :type: {type_text}"] if type_text else []
    lines += [f"   :default: {default}"] if default else []
    return "\n".join([*lines, "", f"   {meaning}", ""])


def _escape(text: str) -> str:
    """Return reStructuredText for a description, which is plain text with code between single backticks."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(f"`{part}`" if part.startswith("`") else re.sub(r"([*|_\\])", r"\\\1", part) for part in parts)
