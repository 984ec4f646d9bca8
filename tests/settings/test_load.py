"""The settings file: found, read, refused with a way out, and resolved for a stage."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flask_cdn_stack.errors import SettingsError
from flask_cdn_stack.settings.load import FILE_NAME, default_stack, find_settings_file, load_project
from flask_cdn_stack.settings.model import Project, Settings
from tests.conftest import write_files


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "shop"
    path.mkdir()
    return path


def load(folder: Path, text: str | bytes, **options: Any) -> Project:
    write_files(folder, {FILE_NAME: text})
    return load_project(folder, **options)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("", "app", None),
        ("# nothing but a comment\n", "forwarded_query_strings", ("t", "c", "v")),
        ("origin: app", "forwarded_query_strings", "all"),
        ("query_strings: []", "forwarded_query_strings", ()),
        ("\ufeffapp: shop\n", "app", "shop"),
        ("query_strings: all", "query_strings", "all"),
        ("query_strings: [v]", "query_strings", ("v",)),
        ("delivery: {cors: off}", "delivery.cors", None),
        ('delivery: {cors: "*"}', "delivery.cors", "*"),
        ("delivery: {cors: [https://shop.example]}", "delivery.cors", ("https://shop.example",)),
        ("delivery: {hsts: off}", "delivery.hsts", None),
        ("delivery: {hsts: 60}", "delivery.hsts", 60),
        ("delivery: {ipv6: no}", "delivery.ipv6", False),
        ("delivery: {ttl: {max: 60}}", "delivery.ttl.max", 60),
        ("delivery: {ttl: {max: 60}}", "delivery.ttl.default", 86400),
        ("config_file: off", "config_file", None),
        ("config_file: instance/cdn.py", "config_file", "instance/cdn.py"),
        ("tags: &t {team: web}\nassets: {media_types: *t}", "assets.media_types", {"team": "web"}),
        ("delivery: {<<: {ipv6: off, hsts: 1}, hsts: 2}", "delivery.hsts", 2),
    ],
)
def test_what_a_file_may_say(folder: Path, text: str, key: str, value: object) -> None:
    """Every key is optional, and YAML's words for yes and no count."""
    found: Any = load(folder, text).settings
    for name in key.split("."):
        found = getattr(found, name)

    assert found == value


@pytest.mark.parametrize(
    ("text", "problem", "way_out"),
    [
        ("delivery: {htp_version: http2}", "delivery.htp_version is not a known key", "Did you mean http_version?"),
        ("bucket: {zzz: 1}", "bucket.zzz is not a known key", "Known keys here: existing, region, "),
        ("stages: {live: {delivery: {ipv7: on}}}", "stages.live.delivery.ipv7 is not", "Did you mean ipv6?"),
        ("'a`b': 1", "a`b is not a known key", "Known keys here: app,"),
        ("delivery: {ipv6: maybe}", "delivery.ipv6: Expected bool, got str", "Allowed: true, false."),
        ("delivery: {http_version: h2}", "delivery.http_version: Invalid enum value 'h2'", "Allowed: http1.1, http2,"),
        ("delivery: {cors: nope}", "delivery.cors: Invalid enum value", 'Origins that may use fonts and modules: "*"'),
        ("delivery: {cors: [a, 1]}", "delivery.cors[1]: Expected str, got int", "Write the value in quotes."),
        ("delivery: {hsts: -1}", "delivery.hsts: Expected int >= 0, got -1.", "Seconds that browsers remember"),
        ("delivery: {ttl: {min: .inf}}", "delivery.ttl.min: Expected int, got float", "Shortest time"),
        ("query_strings: off", "query_strings: Expected str | array | null, got bool", "1 to 10 names, all, or none"),
        (
            "query_strings: [a,b,c,d,e,f,g,h,i,j,k]",
            "query_strings: Expected array of length <= 10, got 11 of them",
            "1 to 10 names",
        ),
        ("bucket: {noncurrent_days: 0}", "bucket.noncurrent_days: Expected int >= 1, got 0.", "Days that S3 keeps"),
        ("bucket: {noncurrent_days: '5'}", "bucket.noncurrent_days: Expected int, got str", "Days that S3 keeps"),
        (
            "assets: {checksum_length: 65}",
            "assets.checksum_length: Expected int <= 64, got 65.",
            "Characters of the SHA-256",
        ),
        ("assets:\n", "assets: Expected object, got null", "put a hash before it"),
        ("app: on", "app: Expected str | null, got bool", "Write the value in quotes."),
        ("tags: {a: b, since: 2024}", "tags.since: Expected str, got int", "Write the value in quotes."),
        ("stages: {live: {tags: {since: 2024-01-01}}}", "stages.live.tags.since: Expected str, got date", "quotes"),
        ("assets: {media_types: {'*.x': 3}}", "assets.media_types.*.x: Expected str, got int", "quotes"),
        ("tags: [a]", "tags: Expected object, got array", "Tags on the stack"),
        ("app_origin: {connection_attempts: 9}", "connection_attempts: Expected int <= 3, got 9.", "tries to connect"),
        ("bucket: {noncurrent_days: 0x" + "f" * 5000 + "}", "got a very large number.", "Days that S3 keeps"),
        ("assets: {headers: [{match: '*', set: {A: 3}}]}", "headers[0].set.A: Expected str, got int", "in quotes"),
        ("assets: {headers: [{match: a, set: {}}, {match: b, sett: {}}]}", "headers[1].sett is not a known", "set?"),
        ("assets: {headers: [{match: '', set: {}}]}", "headers[0].match: Expected str of length >= 1, got ''.", "Glob"),
        ("stages: off", "stages must hold one entry for each stage", "Write it as in"),
        ("stages: {live: 3}", "stages.live must hold keys and values", "Write it as in"),
        ("stages: {a b: {}}", "stages.a b: a stage's name has letters, digits and hyphens only", "Rename it"),
        ('stages: {"live\\n": {}}', "a stage's name has letters", "Rename it"),
        ("stages: {yes: {}}", "line 1, column 10: the key yes is not text; write it in quotes", "Fix the line"),
        ("app: a\napp: b\n", "line 2, column 1: the key 'app' is given twice", "Fix the line"),
        ("app: [", "line 1, column 7: while parsing a flow node, expected the node content", "Fix the line"),
        ("--- {}\n--- {}\n", "line 2, column 1: expected a single document in the stream", "Fix the line"),
        ("app: shop\nregion: \x07\n", "line 2: the character '\\x07' is not allowed", "Fix the line"),
        ("app: 2024-02-30", "line 1, column 6: '2024-02-30' cannot be read", "write it in quotes"),
        ("app: !!python/object:os.system {}", "could not determine a constructor", "Fix the line"),
        ("tags: !!map [a]", "expected a mapping node", "Fix the line"),
        ("app: " + "[" * 3000, "is nested too deeply", "four levels"),
        ("- app", "must hold keys and values, not a list", ""),
        (b"app: caf\xe9", "is not UTF-8 text", "Save it as UTF-8."),
        ("config_file: ../x.py", "config_file '../x.py' leads out of", "Give a name inside that folder."),
        ("config_file: link/x.py", "config_file 'link/x.py' leads out of", "Give a name inside that folder."),
        ("manifest_file: .", "manifest_file '.' leads out of", "Give a name inside that folder."),
        ('manifest_file: "a\\0b"', "manifest_file 'a\\x00b' leads out of", "Give a name inside that folder."),
        ("config_file: on", "config_file must be a file name, or false", ""),
    ],
)
def test_what_is_refused(folder: Path, text: str | bytes, problem: str, way_out: str) -> None:
    """One message that names the file, the key's path or the line, and what to do."""
    (folder / "link").symlink_to(folder.parent)

    with pytest.raises(SettingsError) as caught:
        load(folder, text)

    error = caught.value
    assert error.exit_code == 2
    assert error.message.startswith(f"{folder / FILE_NAME}")
    assert problem in error.message
    assert way_out in str(error)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("absent.yml", "No such file or directory"), (".", "Is a directory")],
    ids=["absent", "folder"],
)
def test_a_file_that_cannot_be_read(folder: Path, name: str, problem: str) -> None:
    """The message says why and where the path came from."""
    with pytest.raises(SettingsError, match=problem) as caught:
        load_project(folder, file=folder / name)

    assert str(folder / name) in caught.value.message
    assert "--settings" in caught.value.hint


def test_a_stage_is_laid_over_the_rest(folder: Path) -> None:
    """Group by group; lists and single values are replaced whole."""
    text = """
        region: eu-west-1
        delivery: {ipv6: off, ttl: {min: 1, default: 2}}
        query_strings: [t, c]
        tags: {a: one, b: two}
        stages:
          live:
            delivery: {ttl: {default: 3}, cors: off}
            query_strings: [c]
            tags: {b: three}
          empty:
    """
    plain, live = load(folder, text).settings, load(folder, text, stage="live").settings

    assert load(folder, text, stage="empty").settings == plain
    assert (plain.delivery.ttl.default, plain.delivery.cors, plain.query_strings) == (2, "*", ("t", "c"))
    assert live.region == "eu-west-1"
    assert (live.delivery.ipv6, live.delivery.ttl.min, live.delivery.ttl.default) == (False, 1, 3)
    assert live.delivery.cors is None
    assert live.query_strings == ("c",)
    assert live.tags == {"a": "one", "b": "three"}


def test_flags_win(folder: Path) -> None:
    """Over stage and file."""
    text = "region: eu-west-1\nstages: {live: {region: eu-west-2}}"

    assert load(folder, text, stage="live").settings.region == "eu-west-2"
    assert load(folder, text, stage="live", flags={"region": "eu-west-3"}).settings.region == "eu-west-3"


def test_the_file_is_found_upwards(folder: Path) -> None:
    """And its folder, not the one started from, is the project's."""
    write_files(folder, {FILE_NAME: "", "src/shop/app.py": ""})
    project = load_project(folder / "src" / "shop")

    assert find_settings_file(folder / "src" / "shop") == folder / FILE_NAME
    assert (project.folder, project.file, project.name) == (folder, folder / FILE_NAME, "shop")


def test_no_file_at_all(folder: Path) -> None:
    """Everything has a default, and the project is the folder started from."""
    project = load_project(folder)

    assert project.settings == Settings()
    assert (project.folder, project.file, project.stack, project.stack_named) == (folder, None, "shop-cdn", False)


@pytest.mark.parametrize(
    ("pyproject", "name"),
    [
        ('[project]\nname = "Tea.Shop"\n', "tea.shop"),
        ("[project]\n", "shop"),
        ("project = 3\n", "shop"),
        ('[project]\nname = ""\n', "shop"),
    ],
)
def test_the_project_is_named_by_its_pyproject(folder: Path, pyproject: str, name: str) -> None:
    """Else by its folder."""
    write_files(folder, {"pyproject.toml": pyproject})

    assert load_project(folder).name == name


@pytest.mark.parametrize("pyproject", [b"[project", b"name = '\xe9'"])
def test_a_broken_pyproject(folder: Path, pyproject: bytes) -> None:
    """Named, with the key that makes it unnecessary."""
    write_files(folder, {"pyproject.toml": pyproject})

    with pytest.raises(SettingsError, match=r"pyproject\.toml cannot be read") as caught:
        load_project(folder)

    assert "folder of its own" in caught.value.hint


def test_a_folder_name_that_no_tag_can_hold(tmp_path: Path) -> None:
    """The project's name becomes a tag of the stack, which takes few characters."""
    folder = tmp_path / "Shop (copy) #2"
    folder.mkdir()

    assert load_project(folder).name == "shop -copy- -2"


@pytest.mark.parametrize(
    ("project", "stage", "stack"),
    [
        ("shop", None, "shop-cdn"),
        ("shop", "live", "shop-cdn-live"),
        ("My_Shop.app", None, "my-shop-app-cdn"),
        ("日本", None, "app-cdn"),
        ("a" * 31, "live", "a" * 31 + "-cdn-live"),
    ],
)
def test_default_stack_names(project: str, stage: str | None, stack: str) -> None:
    """Letters, digits and hyphens, beginning with a letter."""
    assert default_stack(project, stage) == stack


@pytest.mark.parametrize(("project", "stage"), [("a" * 37, None), ("a" * 32, "live")])
def test_a_stack_name_that_grew_too_long(project: str, stage: str | None) -> None:
    """Is not cut, because a cut name could be another project's."""
    with pytest.raises(SettingsError, match="longer than 40 characters") as caught:
        default_stack(project, stage)

    assert "the key stack" in caught.value.hint


def test_a_named_stack(folder: Path) -> None:
    """Stands as it is written, in its stage."""
    text = "stages: {live: {stack: other}}"

    assert load(folder, text, stage="live").stack == "other"
    assert load(folder, text, stage="live").stack_named
    assert not load(folder, text).stack_named


_WORDS = st.sampled_from(
    ["app", "delivery", "ttl", "stages", "tags", "hsts", "config_file", "on", "3", "[", "{", "*", "&a"]
)
_YAML_LIKE = st.lists(st.one_of(_WORDS, st.sampled_from([": ", "\n", "  ", "- ", "]", "}", ", ", "!!", "<<", "'"])))
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | _WORDS, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text() | _YAML_LIKE.map("".join) | st.dictionaries(_WORDS, _VALUES, max_size=4).map(repr))
@example("app: !!int 3x")
@example('config_file: "\\ud800"')
@example("? {}\n: 1")
@example("app: !!timestamp x")
def test_any_text_loads_or_is_refused(folder: Path, text: str) -> None:
    """Nothing but a SettingsError comes out, whatever stands in the file."""
    (folder / FILE_NAME).write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(SettingsError):
        assert isinstance(load_project(folder).settings, Settings)
