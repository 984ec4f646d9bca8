"""What one app's URLs are built from: config and manifest as they were read, and the URLs built so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from logging import getLogger
from math import inf
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import ManifestError, MissingAssetError
from ..loading import loading
from ..naming import find_path_endpoints, takes_path
from .config import CDNConfig

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Map

logger = getLogger("flask_cdn_stack")

#: URLs remembered, if the manifest does not have more, each of which may come with either scheme.
MAX_REMEMBERED = 4096

#: Missing files that are remembered, so that each is logged once.
MAX_REPORTED = 1000

_SIMPLE = frozenset((str, int))


# No dataclass: to have one made of so many fields costs every start of an app a millisecond.
class CDNState:
    """One reading of config and manifest, with a memory that is given up together with it.

    Nothing sets an attribute of it afterwards, but its lock in a new process; :meth:`but` makes another one.

    ``checksums`` holds the manifest's by decoded URL path, ``kept`` those of the paths that it says to carry a hash
    already, ``sought`` those that it says scripts look for, and ``version`` says which manifest that is; ``pending``
    says that it is still to be read. At ``due``, by
    the app's clock, it is looked at again; ``failure`` is why that did not succeed the last time, and ``failures`` how
    often in a row.

    ``remembered`` has URLs by scheme, endpoint and file name; ``known`` is its part for the config's scheme. ``until``
    says when a URL is to be built again; those of a ``lasting`` state never are. ``others`` are endpoints that are none
    of the CDN's, ``absent`` endpoints and file names that the manifest has not, and ``extras`` says of endpoints
    whether they serve files below ``CDN_EXTRA_URLS``; ``built`` has the URLs of those by scheme, endpoint and values.
    """

    checksums: Mapping[str, str] = {}
    kept: frozenset[str] = frozenset()
    sought: frozenset[str] = frozenset()
    version: tuple[str, ...] = ()
    failure: ManifestError | None = None
    due: float = inf
    failures: int = 0

    def __init__(
        self, config: CDNConfig, named_to_stay: Callable[[str], bool], named_local: Callable[[str], bool]
    ) -> None:
        self.config, self.named_to_stay, self.named_local = config, named_to_stay, named_local
        self.pending = config.manifest
        self.remembered: dict[str, dict[str, dict[str, str]]] = {}
        self.until: dict[str, float] = {}
        self.others: set[str] = set()
        self.absent: set[tuple[str, str]] = set()
        self.extras: dict[str, bool] = {}
        self.built: dict[tuple[object, ...], str] = {}
        self.import_maps: dict[tuple[str, ...], str] = {}
        self._reported: set[str] = set()
        self._lock = Lock()
        # Worked out here and not when they are asked for, which every asset of every page does.
        scheme = config.scheme
        self.known = None if scheme is None else self.remembered.setdefault(scheme, {})
        self.follows_app_debug = config.debug is None
        self.lasting = config.manifest

    def but(self, **changes: Any) -> CDNState:
        """Return this reading, with the same memory, but for some attributes."""
        other = copy(self)
        vars(other).update(changes)
        other.lasting = other.config.manifest and other.due == inf
        return other

    @property
    def error(self) -> ManifestError | None:
        """Why there is no manifest at all; None where one was read, even if it could not be read again since."""
        return None if self.version else self.failure

    def is_local(self, app: Flask) -> bool:
        """Say whether every URL is Flask's own just now: no domain, or debugging."""
        return self.config.domain is None or (app.debug if self.follows_app_debug else bool(self.config.debug))

    def carries_hash(self, key: str) -> bool:
        """Say whether a file's own name is its version, if the config does not say that it just stays."""
        return key in self.kept and not self.named_to_stay(key)

    def keeps_name(self, key: str) -> bool:
        """Say whether a file is published under its own name in path mode."""
        return key in self.kept or key in self.sought or self.named_to_stay(key)

    def remember(self, scheme: str, endpoint: str, filename: str, url: str, until: float) -> None:
        """Keep a URL for the next call with this file name alone.

        Without a manifest, it is kept until the app's clock says ``until``.
        """
        with self._lock:
            # Some converters make one path of many names, so that a manifest does not bound them by itself.
            count = sum(len(names) for known in self.remembered.values() for names in known.values())
            if count >= max(MAX_REMEMBERED, 2 * len(self.checksums)) or len(self.until) >= 2 * MAX_REMEMBERED:
                for known in self.remembered.values():
                    known.clear()
                self.until.clear()
            if not self.config.manifest:
                # What stood here before is left to run out, because another name may have the same URL.
                self.until[url] = until
            self.remembered.setdefault(scheme, {}).setdefault(endpoint, {})[filename] = url

    def recall(self, scheme: str, endpoint: str, filename: str, clock: Callable[[], float]) -> str | None:
        """Return a URL that was built before and still holds; None where there is none."""
        url = self.remembered.get(scheme, {}).get(endpoint, {}).get(filename)
        if url is None or self.lasting or clock() < self.until.get(url, self.due):
            return url
        return None

    def remember_other(self, endpoint: str) -> None:
        """Take note of an endpoint whose URLs are Flask's own, whatever the values are.

        What a relative one means depends on the blueprint, but not how it ends.
        """
        last = endpoint.rpartition(".")[2]
        is_same_everywhere = endpoint[:1] != "." or (
            not self.config.extra_urls and all(name.rpartition(".")[2] != last for name in self.config.endpoints)
        )
        if is_same_everywhere and len(self.others) < MAX_REMEMBERED:
            self.others.add(endpoint)

    def serves_extra(self, url_map: Map, endpoint: str) -> bool:
        """Say whether an endpoint serves files below ``CDN_EXTRA_URLS``: it is named in full, or found there alone."""
        if not self.config.extra_urls:
            return False
        known = self.extras.get(endpoint)
        if known is None:
            known = endpoint in self.config.endpoints or _is_found(url_map, self.config.extra_urls, endpoint)
            if len(self.extras) < MAX_REMEMBERED:
                self.extras[endpoint] = known
        return known

    def has_extra(self, key: str) -> bool:
        """Say whether a key, the decoded path, may be a file below ``CDN_EXTRA_URLS``."""
        # Nothing but the manifest knows which of a view's paths are files.
        return self.config.manifest and f"/{key}".startswith(tuple(f"{url}/" for url in self.config.extra_urls))

    def recall_extra(self, scheme: str, endpoint: str, values: Mapping[str, Any]) -> str | None:
        """Return the URL that was built for these values before, empty for Flask's own; None where none was."""
        return self.built.get(_name_call(scheme, endpoint, values)) if _are_simple(values) else None

    def remember_extra(self, scheme: str, endpoint: str, values: Mapping[str, Any], url: str) -> None:
        """Keep the URL of an extra endpoint, empty for Flask's own, for the next call with the same values."""
        is_wanted = url or (self.lasting and not self.config.strict and len(self.built) < MAX_REPORTED)
        if is_wanted and _are_simple(values):
            # The query may be of anybody's making.
            if len(self.built) >= max(MAX_REMEMBERED, 2 * len(self.checksums)):
                self.built.clear()
            self.built[_name_call(scheme, endpoint, values)] = url

    def remember_absent(self, endpoint: str, filename: str) -> None:
        """Take note of a file that a manifest has not which is not looked at again."""
        if self.lasting and not self.config.strict and len(self.absent) < MAX_REPORTED:
            self.absent.add((endpoint, filename))

    def renew_lock(self) -> None:
        """Forget who holds the lock: after a fork it may be a thread of the other process."""
        self._lock = Lock()

    def report_missing(self, path: str) -> None:
        """Log once that an asset is missing.

        :raises MissingAssetError: ``CDN_STRICT`` is on.
        """
        problem = "is not in the manifest" if self.config.manifest else "has no file"
        if self.config.strict:
            raise MissingAssetError(f"{path} {problem}.", "Deploy it, correct its name, or turn CDN_STRICT off.")
        count = self._count_missing(path)
        if count:
            # The first line leads to the documentation, and not each.
            lead = f" {_see()}" if count == 1 else ""
            logger.warning("%s %s; its URL stays the app's own.%s", path, problem, lead)
        if count == MAX_REPORTED:
            logger.warning("%d assets are missing; no further one is logged.", count)

    def _count_missing(self, path: str) -> int:
        """Return which one of the missing files ``path`` is, from 1; 0 where it is known or too many are."""
        with self._lock:
            if path in self._reported or len(self._reported) >= MAX_REPORTED:
                return 0
            self._reported.add(path)
            return len(self._reported)


def _see() -> str:
    with loading:
        from ..troubleshooting import see

    return see("its URL stays the app's own.")


def _is_found(url_map: Map, urls: tuple[str, ...], endpoint: str) -> bool:
    try:
        rules = list(url_map.iter_rules(endpoint))
    except KeyError:
        return False
    # The whole map is gone through for those alone that may be one.
    may_be = [url for url in urls if any(takes_path(rule, url) for rule in rules)]
    return any(find_path_endpoints(url_map, url) == [endpoint] for url in may_be)


def _name_call(scheme: str, endpoint: str, values: Mapping[str, Any]) -> tuple[object, ...]:
    return scheme, endpoint, *values, *values.values()


def _are_simple(values: Mapping[str, Any]) -> bool:
    # True and 1.0 equal 1, and make other URLs.
    return _SIMPLE.issuperset(map(type, values.values()))
