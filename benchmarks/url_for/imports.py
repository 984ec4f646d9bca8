"""Times the import that a web server makes, in an interpreter of its own: ``python -m benchmarks.url_for.imports``."""

from __future__ import annotations

import json
import sys
from time import perf_counter

import flask  # noqa: F401

_HEAVY = ("boto3", "botocore", "obstore", "troposphere", "yaml", "pydantic", "rich")


def main() -> None:
    """Print the milliseconds and how many modules were loaded that a web server has no use for."""
    started = perf_counter()
    import flask_cdn_stack  # noqa: F401
    from flask_cdn_stack import CDN  # noqa: F401

    seconds = perf_counter() - started
    print(json.dumps({"import": seconds * 1e3, "heavy": len([name for name in _HEAVY if name in sys.modules])}))


if __name__ == "__main__":
    main()
