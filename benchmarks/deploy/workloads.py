"""What is deployed: so many files of such a size, and who takes part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from .tools import AWS, BOTO3, CREATE_ALL, OURS, RCLONE, S5CMD

MINISTACK, RCLONE_SERVER = "MiniStack", "rclone serve s3"

_FILES_IN_A_FOLDER = 100
_SUFFIXES = ("js", "png", "woff2")


@dataclass(frozen=True)
class Workload:
    """A number of files of one size, in bytes.

    :param sheets: how many of them are style sheets, or with another ``suffix`` something else, of 100 KB.
    """

    files: int
    size: int
    sheets: int = 0
    suffix: str = "css"

    def __str__(self) -> str:
        unit, shown = ("MB", self.size // 1_000_000) if self.size >= 1_000_000 else ("KB", self.size // 1000)
        kind = "style sheets" if self.suffix == "css" else "other files"
        sheets = f" and {self.sheets:,} {kind} of 100 KB" if self.sheets else ""
        return f"{self.files - self.sheets:,} files of {shown} {unit}{sheets}"

    def scaled(self, scale: float) -> Workload:
        """Return a share of it; one file is left at least."""
        return replace(self, files=max(1, round(self.files * scale)), sheets=round(self.sheets * scale))

    def write(self, folder: Path) -> None:
        """Write the files, spread over folders; their bytes are random, and the same each time."""
        random = Random(self.files)
        for number in range(self.files):
            is_sheet = number % _FILES_IN_A_FOLDER < self.sheets * _FILES_IN_A_FOLDER // self.files
            suffix = self.suffix if is_sheet else _SUFFIXES[number % len(_SUFFIXES)]
            path = folder / f"part-{number // _FILES_IN_A_FOLDER:04}" / f"asset-{number:06}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_write_sheet(number) if is_sheet else random.randbytes(self.size))


def _write_sheet(number: int) -> bytes:
    """Return a style sheet of 100 KB with a reference to other files of its folder in each of its rules."""
    first = number // _FILES_IN_A_FOLDER * _FILES_IN_A_FOLDER
    others = [first + offset for offset in range(_FILES_IN_A_FOLDER // 2, _FILES_IN_A_FOLDER)]
    names = [f"asset-{other:06}.{_SUFFIXES[other % len(_SUFFIXES)]}" for other in others]
    rules = (f".r{rule} {{ background: #fff url({names[rule % len(names)]}); margin: 0 1px {number}px 3px }}\n"
             for rule in range(1_250))  # fmt: skip
    return "".join(rules).encode()


@dataclass(frozen=True)
class Case:
    """A first deploy by each of the tools, into a new bucket each time.

    :param work: what is done, in words.
    :param delay: seconds by which each answer of the server comes later.
    :param again: the tools that then run once more, when nothing has changed.
    :param is_slow: it is measured in every third round only.
    """

    name: str
    workload: Workload
    tools: tuple[str, ...]
    servers: tuple[str, ...] = (MINISTACK, RCLONE_SERVER)
    delay: float = 0.0
    again: tuple[str, ...] = ()
    is_slow: bool = False
    work: str = "First deploy"

    @property
    def family(self) -> str:
        """What the case is asked for by; the growth's share one."""
        return self.name.partition("-")[0]

    def title(self, *, again: bool = False) -> str:
        """Return all of it in words."""
        added = f", {self.delay * 1000:.0f} ms added to each request" if self.delay else ""
        return f"{'Nothing changed' if again else self.work}, {self.workload}{added}"


_EVERYBODY = (OURS, S5CMD, RCLONE, BOTO3, AWS, CREATE_ALL)
_SMALL = Workload(2_000, 10_000)
_GROWTH = (1_000, 10_000, 100_000)

CASES = (
    Case("small", _SMALL, _EVERYBODY),
    Case("delayed", _SMALL, _EVERYBODY, delay=0.05),
    Case("many", Workload(10_000, 2_000), _EVERYBODY, again=(OURS, S5CMD, AWS)),
    Case("large", Workload(20, 20_000_000), (OURS, S5CMD, RCLONE)),
    Case("styles", Workload(3_000, 1_000, sheets=300), (OURS,), (MINISTACK,), again=(OURS,)),
    Case("plain", Workload(3_000, 1_000, sheets=300, suffix="txt"), (OURS,), (MINISTACK,), again=(OURS,)),
    *(
        Case(f"growth-{files}", Workload(files, 1_000), (OURS,), (MINISTACK,), again=(OURS,), is_slow=True)
        for files in _GROWTH
    ),
)

#: The case in which one file changes. It has a stack of its own, because a distribution takes part.
CHANGED = Case("changed", _SMALL, (OURS,), (MINISTACK,), work="One file changed")
