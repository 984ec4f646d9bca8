"""Groups of origins, and functions that change the origin of a request ("Helper methods for origin modification").

The local AWS knows neither where it answers viewers itself.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ministack.core import cloudfront_js
from ministack.services import cloudfront

_IMPORT = b"import cf from 'cloudfront';"

# The handler that the local AWS calls says beside the request what its function has set.
_MODULE = b"""
let updated = null;
const cf = {updateRequestOrigin(properties) { updated = properties; }};
function handler(event) {
    updated = null;
    const made = handle(event);
    return updated ? Object.assign({}, made, {updated}) : made;
}
"""

_updated: ContextVar[dict[str, Any]] = ContextVar("updated")

_evaluate, _parse, _fetch = (
    cloudfront_js.evaluate,
    cloudfront.parse_distribution_dataplane_config,
    cloudfront._fetch_from_origin,
)
_run = cloudfront._run_function


def apply() -> None:
    """Let a group's second origin stand in for the first, and the first be changed by a function."""
    cloudfront_js.evaluate = _evaluate_with_module
    cloudfront._run_function = _run_and_note
    cloudfront.parse_distribution_dataplane_config = _parse_with_groups
    cloudfront._fetch_from_origin = _fetch_with_groups


def _evaluate_with_module(code: bytes, event: dict[str, Any]) -> Any:
    if not code.startswith(_IMPORT):
        return _evaluate(code, event)
    return _evaluate(_MODULE + code.removeprefix(_IMPORT).replace(b"function handler(", b"function handle("), event)


async def _run_and_note(arn: str, event: dict[str, Any]) -> Any:
    made = await _run(arn, event)
    _updated.set(made.pop("updated", {}) if isinstance(made, dict) else {})
    return made


def _parse_with_groups(distribution: dict[str, Any]) -> dict[str, Any]:
    parsed: dict[str, Any] = _parse(distribution)
    config = cloudfront._dist_config_el(distribution)
    for group in config.iter():
        if cloudfront._local_tag_name(group) == "OriginGroup":
            first, second = (parsed["origins"][name] for name in _texts(group, "OriginId"))
            statuses = {int(text) for text in _texts(group, "StatusCode")}
            parsed["origins"][cloudfront._text(group, "Id")] = {**first, "second": second, "statuses": statuses}
    return parsed


def _texts(element: Any, name: str) -> list[str]:
    return [found.text for found in element.iter() if cloudfront._local_tag_name(found) == name]


async def _fetch_with_groups(origin: dict[str, Any], *request: Any) -> Any:
    path = _updated.get({}).get("originPath")
    _updated.set({})  # an error page is fetched from the origin as it is
    answer = await _fetch(origin if path is None else {**origin, "origin_path": path}, *request)
    if "second" in origin and answer[0] in origin["statuses"]:
        return await _fetch(origin["second"], *request)
    return answer
