"""Looks for bytes that end in anything but an error of ours, led by what they make run, for a bounded time.

``python -m tests.fuzz.atheris_run [seconds]``. Nothing is done where atheris is not installed: it has wheels for some
systems only.
"""

from __future__ import annotations

import gzip
import multiprocessing
import sys
import tempfile
from pathlib import Path

try:
    import atheris
except ImportError:
    atheris = None


def fuzz(name: str, seconds: int) -> None:
    """Try one target; ends the process."""
    with atheris.instrument_imports(include=["flask_cdn_stack"]):
        from tests.fuzz.targets import TARGETS
    target = next(target for target in TARGETS if target.__name__ == name)
    sample, is_packed = TARGETS[target], name in ("read_state", "read_release")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sample").write_bytes(sample)
        work = Path(folder) / "work"
        work.mkdir()

        def run(data: bytes) -> None:
            target(gzip.compress(data, 1, mtime=0) if is_packed else data, work)

        limits = [f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-verbosity=0"]
        atheris.Setup([sys.argv[0], *limits, f"-artifact_prefix={folder}/", folder], run)
        atheris.Fuzz()


def main() -> int:
    """Share the time among the targets; return 1 where one fails."""
    if atheris is None:
        print("atheris is not installed.")
        return 0
    names = ["read_manifest", "read_settings", "read_project_name", "read_config", "read_state", "read_release"]
    seconds = max(1, int((sys.argv[1:] or ["30"])[0]) // len(names))
    failed = []
    for name in names:
        process = multiprocessing.get_context("spawn").Process(target=fuzz, args=(name, seconds))
        process.start()
        process.join()
        failed += [name] if process.exitcode else []
        print(f"{name}: {'failed' if process.exitcode else 'nothing found'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
