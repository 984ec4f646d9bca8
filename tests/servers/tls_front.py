"""TLS in front of a server that speaks plain HTTP, with certificates of a private authority."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.conftest import require
from tests.servers.loopback import LoopbackServer, relay


@dataclass(frozen=True)
class Authority:
    """A private certificate authority: the file of its own certificate, and what a server of its needs."""

    certificate: Path
    server: ssl.SSLContext


def make_authority(folder: Path, *names: str) -> Authority:
    """Make an authority, and a server's certificate for ``names`` and 127.0.0.1."""
    require(shutil.which("openssl"), "openssl")
    folder.mkdir(parents=True, exist_ok=True)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"]
    _openssl(
        folder, "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", f"/CN=Authority {folder.name}"
    )
    _openssl(folder, "req", *key[:-2], "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server")
    alternatives = ",".join(["IP:127.0.0.1", *(f"DNS:{name}" for name in names)])
    (folder / "extensions").write_text(f"subjectAltName={alternatives}\nbasicConstraints=CA:FALSE\n")
    signing = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30", "-extfile", "extensions"]
    _openssl(folder, "x509", "-req", "-in", "server.csr", "-out", "server.pem", *signing)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return Authority(folder / "ca.pem", context)


class TLSFront(LoopbackServer):
    """Speaks TLS and hands what it says on to ``upstream``."""

    def __init__(self, upstream: str, authority: Authority) -> None:
        super().__init__(authority.server)
        address = urlsplit(upstream)
        self._upstream = (address.hostname or "127.0.0.1", address.port or 80)

    @property
    def url(self) -> str:
        """Where clients go instead of ``upstream``."""
        return f"https://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Relay one connection."""
        await relay(reader, writer, self._upstream)


def _openssl(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
