"""The peers, each installed in a folder of its own: two of them have a module of the same name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Peer:
    """A package to be compared with; ``needs`` is what it imports that Flask and this package do not."""

    name: str
    version: str
    needs: tuple[str, ...] = ()


PEERS = (
    Peer("Flask-CDN-NG", "1.3.0", ("requests",)),
    Peer("Flask-CDN", "1.5.3"),
    Peer("Flask-S3", "0.3.3", ("six",)),
    Peer("Flask-Static-Digest", "0.4.1"),
)


def install_peers(folder: Path) -> dict[str, Path]:
    """Return the folder of each peer, and install those that are missing."""
    return {peer.name: _install(peer, folder / f"{peer.name}-{peer.version}") for peer in PEERS}


def _install(peer: Peer, target: Path) -> Path:
    done = target / "installed"
    if not done.exists():
        # Without what it asks for: all contenders share one Flask.
        _pip_install(target, "--no-deps", f"{peer.name}=={peer.version}")
        if peer.needs:
            _pip_install(target, *peer.needs)
        done.touch()
    return target


def _pip_install(target: Path, *what: str) -> None:
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--upgrade", "--target", str(target), *what]
    subprocess.run(command, check=True, stdout=sys.stderr)
