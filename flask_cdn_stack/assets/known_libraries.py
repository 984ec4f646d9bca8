"""Known libraries whose scripts find files by name: their own script element in the page, or images by a style sheet.

Each is recognised by a file's name and a word in the file. Search the library's source for that word to see how it
finds its files.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..regular_files import read_regular
from .collect import Asset
from .style_links import resolve_path

#: Largest file, in bytes, that is searched for a library.
MAX_LIBRARY_BYTES = 16 * 1024 * 1024


class Library(NamedTuple):
    """A library: a glob for the name of its file, and a pattern that the file contains.

    ``names`` are the files that its script looks for in the folder that the group ``folder`` of ``marker`` names.
    Without ``names`` it looks for the file itself, and accepts a query after the name.
    """

    title: str
    file: str
    marker: re.Pattern[bytes]
    names: tuple[str, ...] = ()


def _word(text: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(text))


LIBRARIES = (
    Library(
        "Leaflet",
        "*leaflet*.css",
        re.compile(rb"""\.leaflet-default-icon-path\s*\{[^}]*?\burl\(\s*["']?(?P<folder>[^"')]*?)marker-icon\.png"""),
        ("marker-icon.png", "marker-icon-2x.png", "marker-shadow.png"),
    ),
    Library("CKEditor 4", "ckeditor.js", _word(rb"ckeditor\.js")),
    Library("Cesium", "Cesium.js", _word(rb"Cesium\.js")),
    Library("Dojo", "dojo.js", _word(rb"dojo\.js")),
    Library("elFinder", "elfinder*.js", _word(rb"js\/elfinder(")),
    Library("MathJax 2", "MathJax.js", _word(b"MathJax.Hub")),
    Library("PDF.js", "pdf*.js", _word(b".worker$1$2")),
    Library("Prism's autoloader", "prism*.js", _word(rb"prism-autoloader\.")),
    Library("script.aculo.us", "scriptaculous.js", _word(rb"scriptaculous\.js")),
    Library("Shoelace", "shoelace*.js", _word(b"getBasePath")),
    Library("Web Awesome", "webawesome*.js", _word(b"getBasePath")),
    Library("Web Components' loader", "webcomponents-loader.js", _word(b"script[src*=")),
)


class Sought(NamedTuple):
    """A library's file among the assets, and the keys of the assets that its script finds by name."""

    library: str
    key: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        if self.keys == (self.key,):
            return f"{self.library} looks for its own script by name: {self.key} keeps its name."
        return f"{self.library} finds its files by the URL of {self.key}: {', '.join(self.keys)} keep their names."


_ANY_FILE = re.compile("|".join(fnmatch.translate(library.file) for library in LIBRARIES))


def find_sought(assets: Iterable[Asset], in_path: bool) -> Iterator[Sought]:
    """Yield the assets that known libraries find by name. Files that cannot be read are skipped.

    :param in_path: whether names get a checksum. If only queries do, scripts still find themselves.
    """
    files = {asset.key: asset.file for asset in assets}
    for key in files:
        name = key[key.rfind("/") + 1 :]
        # A quick test first: almost no asset belongs to a library.
        if not name.endswith((".css", ".js")) or not _ANY_FILE.match(name):
            continue
        for library in LIBRARIES:
            is_wanted = (library.names or in_path) and fnmatch.fnmatchcase(name, library.file)
            if is_wanted and (found := tuple(_find_keys(library, key, files))):
                yield Sought(library.title, key, found)


def _find_keys(library: Library, key: str, files: Mapping[str, str]) -> Iterator[str]:
    try:
        match = library.marker.search(read_regular(files[key], MAX_LIBRARY_BYTES))
    except OSError:
        return
    if match and not library.names:
        yield key
    elif match:
        folder = match["folder"].decode("utf-8", "replace")
        yield from (found for name in library.names if (found := resolve_path(folder + name, key)) in files)
