"""The documentation: it builds, it names what exists, and its tutorial does what it says."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import sysconfig
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser
from http.client import HTTPConnection
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import click
import pytest
import yaml

from flask_cdn_stack.checks.failure_remedies import REMEDIES
from flask_cdn_stack.cli.group import COMMANDS
from flask_cdn_stack.cli.main import main
from flask_cdn_stack.config_keys import CONFIG_KEYS
from flask_cdn_stack.settings.load import load_project
from flask_cdn_stack.settings.schema import known_keys
from flask_cdn_stack.troubleshooting import ENTRIES
from flask_cdn_stack.verify.faults import CHECKS, FAULTS
from tests.conftest import ROOT, program_environment, write_files

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.rst"), *ROOT.glob("*.rst")])
TUTORIAL = DOCS / "tutorial" / "index.rst"

#: Seconds that one step of the tutorial may take.
TIMEOUT = 120


@dataclass(frozen=True)
class Block:
    """A code block of a page; ``before`` is the line above it."""

    page: Path
    language: str
    caption: str
    text: str
    before: str


def read_blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page in their order; an unnamed literal block has no language."""
    blocks = []
    lines = page.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        start = re.fullmatch(r"( *)\.\. code-block:: (\S+)|( *)(?!\.\.)\S.*::|( *)::", line)
        if start is None:
            continue
        indent = len(line) - len(line.lstrip())
        body: list[str] = []
        for inner in lines[number + 1 :]:
            if inner and len(inner) - len(inner.lstrip()) <= indent:
                break
            body.append(inner)
        options = [text for text in body if re.match(r" +:[a-z-]+:", text)]
        caption = next((text.partition(":caption:")[2].strip() for text in options if ":caption:" in text), "")
        content = [text for text in body if text not in options]
        while content and not content[0]:
            content.pop(0)
        margin = min((len(text) - len(text.lstrip()) for text in content if text), default=0)
        text = "\n".join(line[margin:] for line in content).rstrip("\n") + "\n"
        blocks.append(Block(page, start[2] or "", caption, text, lines[number - 1].strip() if number else ""))
    return blocks


BLOCKS = [block for page in PAGES for block in read_blocks(page)]


def command_lines(block: Block) -> list[str]:
    """Return the shell lines of a block, without prompts; of an image's or a CI server's file what it runs of ours."""
    if block.language == "console":
        return [line[2:] for line in block.text.splitlines() if line.startswith("$ ")]
    if block.language in ("dockerfile", "yaml"):
        return re.findall(r"(?m)^(?:RUN | *- (?:run: )?)(flask-cdn-stack .*)$", block.text)
    return block.text.splitlines() if block.language in ("", "shell") else []


def calls_of_ours(block: Block) -> Iterator[list[str]]:
    """Return the arguments of each call of the program in a block."""
    for line in command_lines(block):
        for part in re.split(r"&&|[|;>]", line):
            try:
                words = shlex.split(part, comments=True)
            except ValueError:
                continue
            if words and words[0].endswith("flask-cdn-stack"):
                yield words[1:]


CALLS = [pytest.param(call, id=" ".join(call)) for block in BLOCKS for call in calls_of_ours(block)]


@pytest.mark.parametrize("call", CALLS)
def test_calls_exist(call: list[str]) -> None:
    """Every call that a page or the README shows has a command and options that exist."""
    context = click.Context(main, info_name="flask-cdn-stack")
    command = main.get_command(context, call[0])
    assert command is not None, call[0]
    command.make_parser(click.Context(command)).parse_args(call[1:])


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.caption == "flask-cdn-stack.yml"])
def test_settings_examples_load(block: Block, tmp_path: Path) -> None:
    """Every settings file that a page shows can be used, at each of its stages."""
    folder = tmp_path / "shop"
    write_files(folder, {"flask-cdn-stack.yml": block.text})
    for stage in [None, *yaml.safe_load(block.text).get("stages", ())]:
        assert load_project(folder, stage=stage).settings.app


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_examples_compile(page: Path) -> None:
    """Every piece of Python on a page is Python."""
    for block in read_blocks(page):
        if block.language == "python":
            compile(block.text, str(page), "exec")


@dataclass(frozen=True)
class Site:
    """The pages as they were built, by path, and what the builder said, with its exit code at the end."""

    folder: Path
    pages: Mapping[str, str]
    said: str


@pytest.fixture(scope="module")
def site(make_once: Callable[[str, Callable[[Path], object]], Path]) -> Site:
    """The documentation, built as CI builds it."""

    def build(target: Path) -> None:
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "-d", str(target / "trees")]
        built = subprocess.run(
            [*command, "-D", "autodoc_use_type_comments=0", str(DOCS), str(target / "html")],
            env=program_environment(None),
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=TIMEOUT,
        )
        (target / "said").write_text(f"{built.stdout}{built.stderr}{built.returncode}", "utf-8")

    target = make_once("documentation", build)
    folder = target / "html"
    pages = {page.relative_to(folder).as_posix(): page.read_text("utf-8") for page in folder.rglob("*.html")}
    return Site(folder, pages, (target / "said").read_text("utf-8"))


def test_docs_build_without_a_warning(site: Site) -> None:
    """Every reference leads somewhere, and nothing is fetched to find out."""
    assert site.said == "0"


class Links(HTMLParser):
    """Finds what a page refers to, and the places in it that others can refer to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = {""}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take note of an element."""
        values = {name: value or "" for name, value in attrs}
        self.places |= {values["id"]} if "id" in values else set()
        self.links |= {values[name] for name in ("href", "src") if name in values}


def test_links_lead_somewhere(site: Site) -> None:
    """Every link to a page, to a place in one or to a file leads there; those to other hosts are not looked at."""
    found = {page: Links(text) for page, text in site.pages.items()}
    broken = []
    for page, links in found.items():
        for link in map(urlsplit, links.links):
            if link.scheme or link.netloc:
                continue
            target = os.path.normpath(os.path.join(os.path.dirname(page), unquote(link.path))) if link.path else page
            place = unquote(link.fragment)
            if not (site.folder / target).is_file() or (target in found and place not in found[target].places):
                broken.append((page, link.geturl()))
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_pictures_are_there_and_small(page: Path) -> None:
    """Every picture of a page is a file under 200 kB, with words."""
    text = page.read_text("utf-8")
    for name, options in re.findall(r"\.\. (?:image|figure):: (\S+)\n((?: +:.*\n(?: {4,}\S.*\n)*)*)", text):
        file = DOCS / name[1:] if name.startswith("/") else page.parent / name
        assert file.stat().st_size < 200_000, name
        assert re.search(r":alt: \S", options), name


def test_every_command_is_documented(site: Site) -> None:
    """The reference has every command with every one of its options."""
    page = site.pages["reference/cli.html"]
    for name in COMMANDS:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        for option in command.params:
            if isinstance(option, click.Argument):
                continue
            assert f'id="cmdoption-flask-cdn-stack-{name}-{option.opts[0].lstrip("-")}"' in page, (name, option.name)


def test_every_key_is_documented(site: Site) -> None:
    """The reference has every key of the settings file, and every ``CDN_*`` value, with a place to link to."""
    groups: tuple[list[str], ...] = ([], ["bucket"], ["delivery"], ["delivery", "ttl"], ["assets"])
    keys = {
        "reference/settings.html": [".".join([*path, key]) for path in groups for key in known_keys(path)],
        "reference/config-keys.html": [key.name for key in CONFIG_KEYS],
    }
    for page, names in keys.items():
        assert [name for name in names if f'id="confval-{name}"' not in site.pages[page]] == []


def test_every_json_key_can_be_linked_to(site: Site) -> None:
    """The reference tells the JSON of commands that have it, each key with a place to link to."""
    page = site.pages["reference/output.html"]
    prints = re.findall(r"(?m)^JSON of (.+)$", (DOCS / "reference" / "output.rst").read_text("utf-8"))
    assert {"deploy", "prune", "status"} <= set(prints)
    for command in prints:
        assert f'id="json-{command.replace(" --", "-")}-' in page, command
    assert 'id="json-prune-kept"' in page


def test_every_known_failure_is_documented(site: Site) -> None:
    """The reference has every row of the table, with AWS's page and a place to link to."""
    page = unescape(site.pages["reference/failures.html"])
    assert [row.code for row in REMEDIES if not (f'href="{row.url}"' in page and f'id="{row.code}"' in page)] == []
    assert page.count("<tr") == len(REMEDIES) + 1


def test_every_entry_can_be_linked_to(site: Site) -> None:
    """The page has a place for each that messages lead to, and a row with its words."""
    page = site.pages["how-to/troubleshooting.html"]

    assert [label for label in ENTRIES if f'id="{label}"' not in page] == []
    assert page.count(f'href="#{next(iter(ENTRIES))}"') == 1
    assert page.partition("</table>")[0].count("<tr") == len(ENTRIES) + 1


def test_every_fault_of_a_cdn_is_documented(site: Site) -> None:
    """The reference has every check of ``verify``, and every row of its table."""
    page = unescape(site.pages["reference/verify.html"])

    assert [check for check in CHECKS if f">{check}<" not in page] == []
    assert page.count("<tr") == len(CHECKS) + len(FAULTS) + 2


def test_pages_need_no_network(site: Site) -> None:
    """A page loads nothing from another host."""
    foreign = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"https?:")
    assert [name for name, text in site.pages.items() if foreign.search(text)] == []


def test_pictures_have_words(site: Site) -> None:
    """Each says what it shows to those who do not see it; the README's drawing is on the first page as well."""
    for name, text in site.pages.items():
        drawn = re.findall(r"<img [^>]*_images[^>]*>|<svg [^>]*drawing[^>]*>", text)
        assert [tag for tag in drawn if not re.search(r' (alt|aria-label)="[^"]{20,}', tag)] == [], name
    assert 'class="drawing"' in site.pages["index.html"]


def test_speed_is_drawn_and_its_tables_are_folded(site: Site) -> None:
    """Each table has its chart before it."""
    page = site.pages["explanation/speed.html"]
    folded = re.findall(r"</figure><details><summary>[^<]+</summary><div [^>]*>\s*<table", page)
    assert len(folded) == len(re.findall(r"</table>\s*</div>\s*</details>", page)) == page.count('class="drawing"') == 2


class Terminal:
    """A shell that keeps its folder and its variables from one command to the next."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *details: object) -> None:
        stream(self._shell.stdin).close()
        self._shell.wait(TIMEOUT)
        stream(self._shell.stdout).close()

    def run(self, command: str) -> str:
        """Run one command, which must succeed; return what the user sees, who answers yes, and `init` with Enter."""
        user, keyboard = pty.openpty()
        try:
            os.write(user, b"\n" * 9 if command.endswith(" init") else b"y\n")
            stream(self._shell.stdin).write(f'{{ {command}\n}} <{os.ttyname(keyboard)}\necho "<end $?>"\n')
            stream(self._shell.stdin).flush()
            shown = read_until(self._shell, lambda line: line.startswith("<end "))
        finally:
            os.close(user)
            os.close(keyboard)
        assert shown[-1] == "<end 0>", f"{command}\n" + "\n".join(shown)
        text = "\n".join(shown[:-1]).replace("[y/N]: ", "[y/N]: y\n")
        return re.sub(r"(\[[\w-]+\]:|\(none\):) ", r"\1\n", text)


@contextlib.contextmanager
def server(command: str, last_line: str, folder: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Keep a command running in a terminal of its own until Ctrl-C; give what it shows up to ``last_line``."""
    process = subprocess.Popen(
        shlex.split(command),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    try:
        yield "\n".join(read_until(process, lambda line: line == last_line))
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=TIMEOUT)


def stream(found: IO[str] | None) -> IO[str]:
    """Return a stream that was asked for."""
    assert found is not None
    return found


def read_until(process: subprocess.Popen[str], is_last: Callable[[str], bool]) -> list[str]:
    """Return the lines that a process shows, without colours, up to and with the last."""
    watchdog = threading.Timer(TIMEOUT, process.kill)
    watchdog.start()
    shown: list[str] = []
    try:
        for line in stream(process.stdout):
            shown.append(re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip("\n")))
            if is_last(shown[-1]):
                return shown
    finally:
        watchdog.cancel()
    raise AssertionError("\n".join(["It ended early:", *shown]))


def normalise(text: str, folder: Path) -> str:
    """Return output with its names made equal where they differ from run to run."""
    text = text.replace(str(folder), "/home/ada/tea")
    text = re.sub(r"(127\.0\.0\.1|localhost):\d+", r"\1:PORT", text)
    text = re.sub(r"\bd[a-z0-9]{13}\.cloudfront", "DISTRIBUTION.cloudfront", text)
    text = re.sub(r"\b\d{8}T\d{6}Z-[0-9a-f]{8}\b", "RELEASE", text)
    return re.sub(r"\?c=([0-9a-f]{12})[0-9a-f]{52}\b", r"?c=\1", text)


def assert_shows(expected: str, shown: str, folder: Path) -> None:
    """Compare output with a page's, in which a line of three dots stands for any lines."""
    wanted, found = normalise(expected, folder).splitlines(), normalise(shown, folder).splitlines()
    pattern = "".join("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in wanted)
    assert re.fullmatch(pattern, "".join(line + "\n" for line in found)), "\n".join(found)


def split_console(block: Block) -> list[tuple[str, str]]:
    """Return each command of a console block with the output that stands below it."""
    parts = re.split(r"(?m)^\$ (.*)\n", block.text)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def load_page(address: str) -> list[bytes]:
    """Load a page as a browser does, to which ``*.localhost`` is this machine; return its style sheets."""
    with urllib.request.urlopen(address, timeout=30) as page:
        style_sheets = re.findall('<link [^>]*href="([^"]+)"', unescape(page.read().decode()))
    found = []
    for url in map(urlsplit, style_sheets):
        connection = HTTPConnection("127.0.0.1", url.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", f"{url.path}?{url.query}", headers={"Host": url.netloc})
            answer = connection.getresponse()
            assert answer.status == 200
            found.append(answer.read())
    return found


def test_no_page_answers_for_a_reader_who_may_be_in_the_wrong_terminal() -> None:
    """Where a page sets out to use a local AWS, the lines that lead to it come first, and a question stays one."""
    pages = [page for page in PAGES if any("flask-cdn-stack local" in block.text for block in read_blocks(page))]
    assert TUTORIAL in pages
    for page in pages:
        lines = [line for block in read_blocks(page) for line in command_lines(block)]
        local = max(number for number, line in enumerate(lines) if "export AWS_" in line)
        early = [call for call in lines[:local] if re.search(r"stack (?!init|local|demo)", call)]
        assert (early, [line for line in lines if re.search(r" (--yes|-y)\b", line)]) == ([], []), page


def test_tutorial_does_what_it_says(tmp_path: Path) -> None:
    """Every step of the tutorial, in order, in an empty folder and against a real local AWS."""
    folder = tmp_path / "tea"
    scripts = sysconfig.get_path("scripts")
    variables = {name: value for name, value in program_environment(None).items() if name != "PYTHONWARNINGS"}
    variables |= {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1"}
    port = "4566"
    with contextlib.ExitStack() as stack:
        terminal = stack.enter_context(Terminal(tmp_path, variables))
        for block in read_blocks(TUTORIAL):
            if block.language == "console" and block.caption:
                ((command, expected),) = split_console(block)
                free = {**variables, "FLASK_CDN_STACK_PORT": "0", "FLASK_RUN_PORT": "0"}
                shown = stack.enter_context(server(command, expected.splitlines()[-1], folder, free))
                assert_shows(expected, shown, folder)
                if command == "flask-cdn-stack local":
                    port = re.findall(r"127\.0\.0\.1:(\d+)", shown)[0]
                else:
                    address = re.findall(r"http://127\.0\.0\.1:\d+", shown)[0]
                    assert load_page(address) == [(folder / "static" / "style.css").read_bytes()]
            elif block.language == "console":
                for command, expected in split_console(block):
                    assert_shows(expected, terminal.run(command.replace("4566", port)), folder)
            elif block.caption:
                (folder / block.caption).write_text(block.text, "utf-8")
    assert (folder / "cdn_manifest.txt").is_file()
