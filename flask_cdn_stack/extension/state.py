"""The state of one app: its config and manifest as they were read, and the URLs built so far."""

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

#: Most URLs that are remembered, or two (one for each scheme) for each file in the manifest if that is more.
MAX_REMEMBERED = 4096

#: Most missing files that are remembered, so that each is logged once.
MAX_REPORTED = 1000

_SIMPLE = frozenset((str, int))


# Not a dataclass: defining one with so many fields would add a millisecond to every start of an app.
class CDNState:
    """Config and manifest as they were read once, with the URLs built from them, which are dropped together with it.

    Attributes are never set again, except the lock after a fork; :meth:`but` makes a changed copy.

    From the manifest come ``checksums`` by decoded URL path, ``kept``, the paths whose names contain a hash already,
    ``sought``, the paths that scripts look for by name, and ``version``, by which a later reading recognises it.
    ``pending`` says that the manifest is still to be read. It is read again at ``due``, by the app's clock;
    ``failure`` is why the last reading failed, and ``failures`` how many failed in a row.

    ``remembered`` holds URLs by scheme, endpoint and file name; ``known`` is its part for the config's scheme.
    ``until`` holds the time at which a URL must be built again; in a ``lasting`` state that is never. ``others`` are
    endpoints whose URLs are always Flask's own, ``absent`` are endpoints and file names that the manifest lacks, and
    ``extras`` says whether an endpoint serves files below ``CDN_EXTRA_URLS``; ``built`` holds the URLs of such
    endpoints by scheme, endpoint and values.
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
        # Computed once, because url_for reads these for every asset of every page.
        scheme = config.scheme
        self.known = None if scheme is None else self.remembered.setdefault(scheme, {})
        self.follows_app_debug = config.debug is None
        self.lasting = config.manifest

    def but(self, **changes: Any) -> CDNState:
        """Return a copy with some attributes changed; it shares the remembered URLs."""
        other = copy(self)
        vars(other).update(changes)
        other.lasting = other.config.manifest and other.due == inf
        return other

    @property
    def error(self) -> ManifestError | None:
        """Why there is no manifest; None if one was read, even if reading it again has failed since."""
        return None if self.version else self.failure

    def is_local(self, app: Flask) -> bool:
        """Return whether every URL is Flask's own at present: there is no domain, or debugging is on."""
        return self.config.domain is None or (app.debug if self.follows_app_debug else bool(self.config.debug))

    def carries_hash(self, key: str) -> bool:
        """Return whether a file's name contains its hash by the manifest, and is not one of ``CDN_KEEP_NAMES``."""
        return key in self.kept and not self.named_to_stay(key)

    def keeps_name(self, key: str) -> bool:
        """Return whether a file is published under its own name in path mode."""
        return key in self.kept or key in self.sought or self.named_to_stay(key)

    def remember(self, scheme: str, endpoint: str, filename: str, url: str, until: float) -> None:
        """Keep a URL for later calls with this file name and no other values.

        Without a manifest, it holds until the app's clock says ``until``.
        """
        with self._lock:
            # Some URL converters turn many names into one path, so the manifest alone does not limit their number.
            count = sum(len(names) for known in self.remembered.values() for names in known.values())
            if count >= max(MAX_REMEMBERED, 2 * len(self.checksums)) or len(self.until) >= 2 * MAX_REMEMBERED:
                for known in self.remembered.values():
                    known.clear()
                self.until.clear()
            if not self.config.manifest:
                # The time of a URL that this one replaces stays: another name may have the same URL.
                self.until[url] = until
            self.remembered.setdefault(scheme, {}).setdefault(endpoint, {})[filename] = url

    def recall(self, scheme: str, endpoint: str, filename: str, clock: Callable[[], float]) -> str | None:
        """Return a URL that was built before and still holds; None if there is none."""
        url = self.remembered.get(scheme, {}).get(endpoint, {}).get(filename)
        if url is None or self.lasting or clock() < self.until.get(url, self.due):
            return url
        return None

    def remember_other(self, endpoint: str) -> None:
        """Remember that the URLs of an endpoint are Flask's own, whatever the values are.

        A relative endpoint (``.static``) depends on the request's blueprint: it is remembered only if it is not the
        CDN's in any blueprint.
        """
        last = endpoint.rpartition(".")[2]
        is_same_everywhere = endpoint[:1] != "." or (
            not self.config.extra_urls and all(name.rpartition(".")[2] != last for name in self.config.endpoints)
        )
        if is_same_everywhere and len(self.others) < MAX_REMEMBERED:
            self.others.add(endpoint)

    def serves_extra(self, url_map: Map, endpoint: str) -> bool:
        """Return whether an endpoint serves files below ``CDN_EXTRA_URLS``.

        It does if ``CDN_ENDPOINTS`` names it in full, or if no other endpoint takes the paths below one of these URLs.
        """
        if not self.config.extra_urls:
            return False
        known = self.extras.get(endpoint)
        if known is None:
            known = endpoint in self.config.endpoints or _is_found(url_map, self.config.extra_urls, endpoint)
            if len(self.extras) < MAX_REMEMBERED:
                self.extras[endpoint] = known
        return known

    def has_extra(self, key: str) -> bool:
        """Return whether a key (a decoded URL path) may be a file below ``CDN_EXTRA_URLS``."""
        # Only the manifest says which of a view's paths are files.
        return self.config.manifest and f"/{key}".startswith(tuple(f"{url}/" for url in self.config.extra_urls))

    def recall_extra(self, scheme: str, endpoint: str, values: Mapping[str, Any]) -> str | None:
        """Return the URL that was built for these values before, empty for Flask's own; None if there is none."""
        return self.built.get(_name_call(scheme, endpoint, values)) if _are_simple(values) else None

    def remember_extra(self, scheme: str, endpoint: str, values: Mapping[str, Any], url: str) -> None:
        """Keep the URL of an extra endpoint, empty for Flask's own, for the next call with the same values."""
        is_wanted = url or (self.lasting and not self.config.strict and len(self.built) < MAX_REPORTED)
        if is_wanted and _are_simple(values):
            # Visitors can make up any number of queries.
            if len(self.built) >= max(MAX_REMEMBERED, 2 * len(self.checksums)):
                self.built.clear()
            self.built[_name_call(scheme, endpoint, values)] = url

    def remember_absent(self, endpoint: str, filename: str) -> None:
        """Remember that a file is not in the manifest, if that will not be read again."""
        if self.lasting and not self.config.strict and len(self.absent) < MAX_REPORTED:
            self.absent.add((endpoint, filename))

    def renew_lock(self) -> None:
        """Make a new lock: after a fork, a thread of the parent process may hold the old one for ever."""
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
            # Only the first message names the page of the documentation.
            lead = f" {_see()}" if count == 1 else ""
            logger.warning("%s %s; its URL stays the app's own.%s", path, problem, lead)
        if count == MAX_REPORTED:
            logger.warning("%d assets are missing; no further one is logged.", count)

    def _count_missing(self, path: str) -> int:
        """Return the number of ``path`` among the missing files, from 1; 0 if it was logged before or too many were."""
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
    # The next function goes through the whole URL map, so it is called only for URLs that the endpoint takes.
    may_be = [url for url in urls if any(takes_path(rule, url) for rule in rules)]
    return any(find_path_endpoints(url_map, url) == [endpoint] for url in may_be)


def _name_call(scheme: str, endpoint: str, values: Mapping[str, Any]) -> tuple[object, ...]:
    return scheme, endpoint, *values, *values.values()


def _are_simple(values: Mapping[str, Any]) -> bool:
    # True and 1.0 equal 1 as keys of a dictionary, but give other URLs.
    return _SIMPLE.issuperset(map(type, values.values()))
