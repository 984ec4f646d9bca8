"""The demo as a process, for as long as its pages are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.cli.observing import read_until
from tests.conftest import Program, program_environment


class Demo(NamedTuple):
    """A running demo: the address of its shop, that of the page on the CDN, and the project's folder."""

    shop: str
    page: str
    folder: Path


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Run ``demo``."""
    program = Program(folder, program_environment(None))
    with program.start("demo", "--no-open") as process:
        said = read_until(process, "Ctrl-C ends it.")
        words = (r"The sample app is at (\S+);", r"What the CDN does is shown at (\S+)", r"The app's folder is (\S+),")
        shop, page, project = (re.findall(pattern, said)[0] for pattern in words)
        yield Demo(shop, page, Path(project))
        process.terminate()
        process.communicate(timeout=30)
