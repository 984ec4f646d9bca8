"""How long ``demo`` takes until its pages are there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from time import perf_counter
from urllib.parse import urlsplit

from flask_cdn_stack.verify import fetch
from flask_cdn_stack.verify.markup import find_links

_LIMIT = 120
_ADDRESSES = (r"The sample app is at (\S+);", r"What the CDN does is shown at (\S+)")


def load_demo(environment: Mapping[str, str], folder: Path) -> float:
    """Return the seconds from the start of ``demo`` until its page and its shop are loaded, with all that they load.

    :raises SystemExit: it ended, took too long, or something was not there.
    """
    began = perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "flask_cdn_stack", "demo", "--no-open", "--no-color"],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        ending = Timer(_LIMIT, process.kill)
        ending.start()
        try:
            for address in _read_addresses(process):
                _load(address)
            return perf_counter() - began
        finally:
            ending.cancel()
            process.terminate()
            process.communicate()


def _read_addresses(process: subprocess.Popen[str]) -> list[str]:
    assert process.stderr
    said = ""
    for line in process.stderr:
        said += line
        found = [re.search(pattern, said) for pattern in _ADDRESSES]
        if all(found):
            return [match[1] for match in found if match]
    raise SystemExit(f"The demo ended before its page was there:\n{said}")


def _load(page: str) -> None:
    for url in find_links(_fetch(page).decode(), page).resources:
        _fetch(url)


def _fetch(url: str) -> bytes:
    # Names under localhost lead to this machine in browsers, not everywhere in the C library.
    answer = fetch(url, lambda host: ("127.0.0.1", urlsplit(url).port or 80))
    if answer.status != 200:
        raise SystemExit(f"{url} answers {answer.status}.")
    return answer.body
