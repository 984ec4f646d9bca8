"""Every target with what it understands and what is like it; ``tests/fuzz/atheris_run.py`` looks further."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS, Target, read_config, read_release, read_settings, read_state

_PIECES = [
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\r", b"\n", b" ", b"\t", b"%", b"%ff", b"#", b"*", b"&a ", b"*a"),
    *(b"[", b"]", b"{", b"}", b"(", b"'", b'"', b":", b"=", b"-", b"?", b"<<: ", b"|", b"!!python/x "),
    *(b"[" * 3000, b"{a: " * 3000, b"(" * 3000, b"-" * 3000, b"{[]}", b"[{[]}]", b"[a.b]"),
    *(b"9" * 5000, b"1e999", b"0x", b"__", b"2026-02-30", b"null", b"True"),
]


@st.composite
def _like(draw: st.DrawFn, sample: bytes) -> bytes:
    data = bytearray(sample)
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 8)))
        data[start:end] = draw(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)))
    return bytes(data)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_whatever_is_there(tmp_path: Path, target: Target) -> None:
    """Is read, or refused in words of ours."""

    @settings(max_examples=200, suppress_health_check=list(HealthCheck))
    @given(_like(TARGETS[target]))
    @example(TARGETS[target])
    def check(data: bytes) -> None:
        target(gzip.compress(data, 1, mtime=0) if target in (read_state, read_release) else data, tmp_path)

    check()


@pytest.mark.parametrize(
    "data",
    [
        b"CDN_KEEP_NAMES = [{[]}]\n",
        b"A = " + b"[" * 3000,
        b"A = " + b"-" * 100_000 + b"1\n",
        b"CDN_DOMAIN = 7\n",
    ],
)
def test_a_config_file_of_other_values(tmp_path: Path, data: bytes) -> None:
    """Is one that cannot be read."""
    read_config(data, tmp_path)


def test_settings_without_an_end(tmp_path: Path) -> None:
    """As aliases make them: they are not spread out."""
    lines = [b"a0: &a0 [x,x,x,x,x,x,x,x]"]
    lines += [b"a%d: &a%d [%s]" % (n, n, b",".join([b"*a%d" % (n - 1)] * 8)) for n in range(1, 9)]
    read_settings(b"\n".join(lines), tmp_path)
