"""The local AWS with the edge in front: one port for the API and for viewers."""

from __future__ import annotations

import contextlib
import importlib.util
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import MissingExtraError
from .launcher import LocalAWS, reserve_port

if TYPE_CHECKING:
    from .edge.server import EdgeServer


class LocalCloud(LocalAWS):
    """A local AWS whose distributions are viewed through an edge that caches, as CloudFront does.

    Its parameters are those of :class:`~flask_cdn_stack.local.launcher.LocalAWS`; the port is the edge's, which passes
    on to the local AWS whatever is not a viewer's.
    """

    def __init__(
        self,
        port: int = 0,
        state_folder: Path | None = None,
        *,
        environment: Mapping[str, str],
        module: str = "flask_cdn_stack.local.server",
        settings: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(0, state_folder, environment=environment, module=module, settings=settings)
        self._public_port = port
        self._edge: EdgeServer | None = None

    @property
    def port(self) -> int:
        """Port of the running edge."""
        return self._edge.port if self._edge else super().port

    def start(self) -> None:
        """Start both and wait until they answer.

        :raises MissingExtraError: what they are made of is not installed.
        :raises CDNStackError: the port or the state folder is taken, or the local AWS ended before it answered.
        """
        for name in ("aiohttp", "brotli"):
            if importlib.util.find_spec(name) is None:
                raise MissingExtraError(
                    f"The local edge is not installed: {name} is missing.",
                    'Install it with: pip install "flask-cdn-stack[local]"',
                )
        reserve_port(self._public_port)
        # Loaded while the local AWS starts.
        loading = threading.Thread(target=importlib.import_module, args=(f"{__package__}.edge.server",))
        loading.start()
        try:
            super().start()
        finally:
            loading.join()
        try:
            from .edge.origins import Surroundings
            from .edge.server import EdgeServer

            edge = EdgeServer(Surroundings(super().endpoint_url), port=self._public_port)
            self._edge = edge.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End both, with the state saved. Does nothing when they are not running."""
        edge, self._edge = self._edge, None
        with contextlib.ExitStack() as ending:
            ending.callback(super().stop)
            if edge:
                edge.stop()
