"""A local AWS with its edge, whose share of the processor can be asked for: ``python -m benchmarks.local.cloud``."""

from __future__ import annotations

import os
import sys
from time import process_time

from flask_cdn_stack.local.cloud import LocalCloud


def main() -> None:
    """Print the port; then, for each line that comes in, the CPU seconds of this process, in which the edge runs."""
    with LocalCloud(environment=os.environ) as cloud:
        print(cloud.port, flush=True)
        for _ in sys.stdin:
            print(process_time(), flush=True)


if __name__ == "__main__":
    main()
