"""The page's remark on the last visit, and what to try next."""

from __future__ import annotations

from .board import Scene

_AFTER = {
    "roll-back": "The earlier release is published again, from what the bucket keeps. Now invalidate everything.",
    "invalidate": "The edge had forgotten every file and asked the bucket again. Ask again: each is a hit.",
}


def advise(scene: Scene) -> str:
    """Return a sentence or two about the last visit."""
    visit = scene.visits.get(scene.source)
    if scene.busy or visit is None:
        return "A visitor asks for each file of the shop, first the app, then the CDN."
    if scene.source == "cdn" and scene.last in _AFTER:
        return _AFTER[scene.last]
    if scene.changed:
        return (
            f"{_list(scene.changed)} changed. The app sends the new bytes at once; the CDN goes on with what was "
            "published. Now deploy."
        )
    if scene.source == "app":
        return "The app sent every file itself, uncompressed, and is asked again at each page. Switch to the CDN."
    hits, others = visit.results.get("Hit", 0), sum(visit.results.values()) - visit.results.get("Hit", 0)
    if scene.last == "deploy" and hits and others:
        missed = [key for key, file in scene.files.items() if file and file.result != "Hit"]
        return f"Only {_list(missed)} had a new version, so all else was still a hit. Now roll back."
    if others:
        return f"{others} of {hits + others} were a miss: the edge had no copy and asked the bucket. Ask again."
    return "Every file was a hit: neither the bucket nor the app was asked. Now change a file."


def _list(keys: list[str] | tuple[str, ...], most: int = 2) -> str:
    names = [key.rpartition("/")[2] for key in keys]
    more = len(names) - most
    return " and ".join(names) if more <= 0 else f"{', '.join(names[:most])} and {more} more"
