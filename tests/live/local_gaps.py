"""What a local AWS cannot do: tests that run with ``--aws`` only, each with why, by module and name."""

from __future__ import annotations

from collections.abc import Mapping

#: A test with parameters is named with one of them where it can do the others.
NOT_LOCAL: Mapping[str, str] = {
    "test_changes::test_it_serves[failover]": "The edge would ask example.com, and nothing may leave this machine.",
    "test_changes::test_it_serves[app]": "The edge would ask example.com, and nothing may leave this machine.",
    "test_policies::test_what_doctor_finds": "MiniStack has no simulator of policies.",
    "test_long_waits::test_logs_arrive": "The edge writes no logs.",
}
