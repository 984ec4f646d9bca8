"""The local AWS with the edge in front: one port for the API and for viewers."""

from __future__ import annotations

import contextlib
import importlib.util
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

    def launch(self) -> None:
        """Start the local AWS without waiting for it, and load the edge.

        :raises MissingExtraError: what they are made of is not installed.
        :raises CDNStackError: the port or the state folder is taken.
        """
        for name in ("aiohttp", "brotli"):
            if importlib.util.find_spec(name) is None:
                raise MissingExtraError(
                    f"The local edge is not installed: {name} is missing.",
                    'Install it with: pip install "flask-cdn-stack[local]"',
                )
        reserve_port(self._public_port)
        super().launch()
        try:
            from .edge import server  # noqa: F401
        except BaseException:
            self.stop()
            raise

    def wait_until_ready(self) -> None:
        """Wait until a local AWS that was launched answers, and put the edge in front of it.

        :raises CDNStackError: it ended, or did not answer in time; or the port was taken meanwhile.
        """
        super().wait_until_ready()
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
