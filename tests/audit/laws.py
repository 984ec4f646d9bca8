"""Every law of a built template: those that are kept where it is built, and those that no user's value can break."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_cdn_stack.audit.reading import read_function
from flask_cdn_stack.audit.template import check_template

from .distribution_laws import find_distribution_mistakes, find_record_mistakes
from .policy_laws import find_policy_mistakes

_LAWS = (find_distribution_mistakes, find_policy_mistakes, find_record_mistakes)


def find_mistakes(template: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each mistake of the package's own that no value of a user's can lead to.

    :param template: as a value, with the long forms of CloudFormation's functions.
    """
    filled = fill_in(template)
    return [mistake for find in _LAWS for mistake in find(filled)]


def check_laws(template: Mapping[str, Any]) -> None:
    """Fail where a template breaks any law, of these or of those that are kept wherever one is built."""
    assert find_mistakes(template) == []
    check_template(fill_in(template))


def fill_in(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template with their defaults in place of the parameters that have one, also where they are split."""
    parameters = template.get("Parameters", {})
    defaults = {name: content["Default"] for name, content in parameters.items() if "Default" in content}
    return {name: _replace(section, defaults) for name, section in template.items()}


def _replace(value: Any, defaults: Mapping[str, Any]) -> Any:
    name, content = read_function(value)
    if name == "Ref" and content in defaults:
        return defaults[content]
    if name == "Fn::Split" and isinstance(text := _replace(content[1], defaults), str):
        return text.split(content[0])
    if isinstance(value, dict):
        return {key: _replace(inner, defaults) for key, inner in value.items()}
    return [_replace(inner, defaults) for inner in value] if isinstance(value, list) else value
