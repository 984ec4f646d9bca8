"""The code blocks of the documentation's page about all this, which the tests run as they stand."""

from __future__ import annotations

from typing import Any

from tests.conftest import ROOT
from tests.test_docs import read_blocks

_BLOCKS = read_blocks(ROOT / "docs" / "how-to" / "integrity-modules-csp.rst")


def read_sample(words: str) -> str:
    """Return the one code block that has these words in it or as its caption."""
    (text,) = [block.text for block in _BLOCKS if words in block.text or words == block.caption]
    return text


def run_sample(words: str, **names: Any) -> dict[str, Any]:
    """Run a block of Python that knows some names, and return all that it knows then."""
    known = dict(names)
    exec(compile(read_sample(words), words, "exec"), known)
    return {name: value for name, value in known.items() if name != "__builtins__"}
