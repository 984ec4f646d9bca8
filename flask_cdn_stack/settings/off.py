"""Keys that can be turned off: ``off`` or ``false`` in the file is None in the model.

A key without a value is an error: ``hsts:`` alone is an unfinished line.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ..errors import SettingsError
from .delivery import SHIELD_REGIONS

_HEADERS_PAGE = 'CloudFront developer guide, "Understand response headers policies"'


class Switch(NamedTuple):
    """A key that can be turned off.

    :param types: the types of its values, as messages name them.
    :param on: the message for ``on``, which is not enough.
    :param hint: what to write instead of ``on``.
    """

    types: str
    on: str
    hint: str = ""


_FILE = Switch("bool | str", "{source}: {key} must be a file name, or false.")

#: Every key that can be turned off, by its path.
SWITCHES = {
    "delivery.cors": Switch(
        "bool | str | array",
        f"{{key}}: true does not say which origins ({_HEADERS_PAGE}).",
        'Write "*" for every origin, off, or a list of origins such as https://shop.example.',
    ),
    "delivery.hsts": Switch(
        "bool | int",
        f"{{key}}: true does not say for how long ({_HEADERS_PAGE}, Strict-Transport-Security).",
        "Give seconds, such as 31536000, or off.",
    ),
    "delivery.csp": Switch(
        "bool | str",
        f"{{key}}: true does not say which policy ({_HEADERS_PAGE}).",
        "Write it on one line, as in: default-src 'none'; style-src 'self', or say off.",
    ),
    "delivery.origin_shield": Switch(
        "bool | str",
        '{key}: true does not say where (CloudFront developer guide, "Use Amazon CloudFront Origin Shield").',
        f"Name the region nearest to the origin: {', '.join(SHIELD_REGIONS)}.",
    ),
    "delivery.logs": Switch(
        "bool | str",
        '{key}: true does not say which kind (CloudFront developer guide, "Access logs (standard logs)").',
        "Write v2 for a stack in us-east-1, v1 for one elsewhere, or off.",
    ),
    "config_file": _FILE,
    "manifest_file": _FILE,
}


def find_unfinished(content: dict[str, Any]) -> str | None:
    """Return a key that can be turned off and has no value in the file, or None."""
    return next((key for key, value in _written(content) if value is None), None)


def refuse_on(content: dict[str, Any], source: str) -> None:
    """Refuse ``on`` as the value of a key that can be turned off.

    :param source: the file's name, for errors.
    :raises SettingsError: a key is ``on``.
    """
    for key, value in _written(content):
        if value is True:
            raise SettingsError(SWITCHES[key].on.format(key=key, source=source), SWITCHES[key].hint)


def switch_off(content: dict[str, Any]) -> dict[str, Any]:
    """Return a file's content with None in place of ``off``, as the model takes it.

    ``on`` becomes None, too: :func:`refuse_on` refuses it, but only in the stage that is used.
    """
    for key in [key for key, value in _written(content) if isinstance(value, bool)]:
        group, _, name = key.rpartition(".")
        content = content | ({group: content[group] | {name: None}} if group else {name: None})
    return content


def _written(content: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the keys in a file that can be turned off, each with its value."""
    for key in SWITCHES:
        group, _, name = key.rpartition(".")
        keys = content.get(group) if group else content
        if isinstance(keys, dict) and name in keys:
            yield key, keys[name]
