"""Mistakes in the CloudFront Functions of a built template, as far as they show without running them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .reading import find_resources, read_text

#: Bytes of a function (CloudFront developer guide, "Quotas", CloudFront Functions).
MAX_FUNCTION = 10_240

_PAGE = '(CloudFront developer guide, "CloudFront Functions event structure")'
_HANDLER = re.compile(r"\bfunction\s+handler\s*\(\s*event\s*\)")

# What brackets are not counted in: comments, and text between quotes. Our code has no regular expressions.
_PASSED_OVER = re.compile(
    r"""/\*.*?\*/ | //[^\n]* | '(?:\\.|[^'\\\n])*' | "(?:\\.|[^"\\\n])*" | `(?:\\.|[^`\\])*`""", re.DOTALL | re.VERBOSE
)
_OPEN = re.compile(r"/\*|\*/|['\"`()\[\]{}]")
_PAIR = re.compile(r"\(\)|\[\]|\{\}")


def find_function_mistakes(template: Mapping[str, Any]) -> Iterator[str]:
    """Yield a sentence for each mistake in the code of the template's functions."""
    for title, properties in find_resources(template, "AWS::CloudFront::Function"):
        code = read_text(properties["FunctionCode"])
        if (size := len(code.encode())) > MAX_FUNCTION:
            yield f"{title}: its code has {size} bytes, and CloudFront takes {MAX_FUNCTION}"
        if not _HANDLER.search(code):
            yield f"{title}: FunctionCode has no function handler(event), which CloudFront calls {_PAGE}"
        if left := _find_unpaired(code):
            yield f"{title}: FunctionCode is not complete, {left} is unpaired, and CloudFront cannot run it {_PAGE}"


def _find_unpaired(code: str) -> str:
    left = "".join(_OPEN.findall(_PASSED_OVER.sub("", code)))
    while (fewer := _PAIR.sub("", left)) != left:
        left = fewer
    return left
