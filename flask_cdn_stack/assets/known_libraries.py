"""Libraries whose scripts look for a file by its name: for themselves among the page's scripts, or in a style sheet.

Each is known by a file's name and by what stands in it. How it looks is in its own source, under the word that is
sought here.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ..regular_files import read_regular
from .collect import Asset
from .style_links import resolve_path

#: Size over which a file is none of a library's.
MAX_LIBRARY_BYTES = 16 * 1024 * 1024


class Library(NamedTuple):
    """A library: a glob of the name of its file, and what stands in the file.

    ``names`` are the files that its script looks for where the group ``folder`` of ``marker`` leads to. Without them it
    looks for the file itself, and puts up with a query behind the name.
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
    """A library's file among the assets, and the keys of those that its script looks for by their names."""

    library: str
    key: str
    keys: tuple[str, ...]

    def __str__(self) -> str:
        if self.keys == (self.key,):
            return f"{self.library} looks for its own script by name: {self.key} keeps its name."
        return f"{self.library} finds its files by the URL of {self.key}: {', '.join(self.keys)} keep their names."


_ANY_FILE = re.compile("|".join(fnmatch.translate(library.file) for library in LIBRARIES))


def find_sought(assets: Iterable[Asset], in_path: bool) -> Iterator[Sought]:
    """Yield which assets known libraries look for by their names. A file that cannot be read is none of theirs.

    :param in_path: whether names get a checksum; where only queries do, scripts find themselves.
    """
    files = {asset.key: asset.file for asset in assets}
    for key in files:
        name = key[key.rfind("/") + 1 :]
        # Almost every asset is none of any library's, and this is asked of all of them.
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
