"""What ``status`` says of the app's files and of those beside the settings, with an account in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flask_cdn_stack.manifest import HEADER
from flask_cdn_stack.release.records import manifest_checksum
from tests.cli.life import Life, begin_life
from tests.cli.life_sites import PUBLISHED, publish, refuse
from tests.cli.life_stacks import OUTPUTS
from tests.conftest import forget_modules, write_files

pytestmark = pytest.mark.usefixtures("app_here")

APP = "app: shop\norigin: app\napp_origin: {domain: shop.test, paths: [/static/*]}\n"


def test_an_app_that_is_the_origin(life: Life) -> None:
    """Is compared with the manifest of its last deploy, which is all that was published of it."""
    life = begin_life(life.folder, APP)
    write_files(life.folder, {"shop.py": "import flask\napp = flask.Flask(__name__)\n"})
    write_files(life.folder / "static", {"a.css": "a", "b.js": "b", "c.svg": "c"})
    publish(life)
    life.has("CREATE_COMPLETE").outputs = {**OUTPUTS, "OriginMode": "app"}
    assert life("deploy").exit_code == 0
    assert life("status", "--exit-code").exit_code == 0

    (life.folder / "static/c.svg").unlink()
    write_files(life.folder / "static", {"a.css": "2", "d.js": "d"})
    result = life("status", "--json", "--exit-code")
    forget_modules("shop")

    assert result.exit_code == 3, result.stderr
    kinds = {"static/a.css": "changed", "static/c.svg": "removed", "static/d.js": "new"}
    assert {item["key"]: item["kind"] for item in result.json["differences"]} == kinds
    assert result.json["compared"] == {"app": True, "bucket": False, "with": "manifest"}
    assert result.json["manifest_file"]["state"] == "stale"

    (life.folder / "cdn_manifest.txt").write_text(f"{HEADER}\ncut off", "utf-8")
    report = life("status", "--json").json
    forget_modules("shop")
    assert {item["kind"] for item in report["differences"]} == {"new"}


MANIFEST = f"{HEADER}\n"


@pytest.mark.parametrize(
    ("config", "manifest", "states", "steps"),
    [
        ("current", MANIFEST, ("current", "current"), ""),
        ("# flask-cdn-stack config:\nCDN_DOMAIN = None\n", MANIFEST, ("stale", "current"), "config --write"),
        ("# flask-cdn-stack config:\nCDN_DOMAIN =", MANIFEST, ("stale", "current"), "config --write"),
        ("CDN_DOMAIN = None\n", MANIFEST, ("foreign", "current"), "Move the foreign file away"),
        (None, None, ("absent", "absent"), "config --write"),
        ("current", None, ("current", "absent"), "Write the manifest with `flask-cdn-stack deploy`."),
        ("current", f"{MANIFEST}00  a\n", ("current", "stale"), "Write the manifest with `flask-cdn-stack deploy`."),
        ("current", "<html>", ("current", "foreign"), "Move the foreign file away"),
    ],
)
def test_the_two_files(
    life: Life, config: str | None, manifest: str | None, states: tuple[str, str], steps: str
) -> None:
    """Are compared with the stack and with the published release; each state differs but ``current``."""
    publish(life, replace(PUBLISHED, manifest=manifest_checksum(MANIFEST)))
    life.has("CREATE_COMPLETE")
    text = life("config").stdout if config == "current" else config
    files = {"cdn_config.py": text, "cdn_manifest.txt": manifest}
    for name, content in files.items():
        if content is not None:
            (life.folder / name).write_text(content, "utf-8")

    result = life("status", "--json", "--exit-code")

    assert (result.json["config_file"]["state"], result.json["manifest_file"]["state"]) == states
    assert result.exit_code == (0 if states == ("current", "current") else 3), result.stderr
    assert steps in "\n".join(result.json["next"])


def test_files_that_are_not_wanted(life: Life) -> None:
    """Are not spoken of."""
    life = begin_life(life.folder, "config_file: false\nmanifest_file: false\n")
    publish(life)
    life.has("CREATE_COMPLETE")

    result = life("status", "--json", "--exit-code")

    assert result.exit_code == 0, result.stderr
    assert (result.json["config_file"], result.json["manifest_file"]) == (None, None)


def test_a_release_whose_record_is_gone(life: Life) -> None:
    """Is still the published one; which files it has is not known."""
    publish(life, replace(PUBLISHED, release="20261130T130000Z-1badcafe"))
    life.has("CREATE_COMPLETE")

    result = life("status", "--json")

    assert result.exit_code == 1
    assert "20261130T130000Z-1badcafe.json.gz in the bucket is gone" in result.stderr
    assert (result.json["release"], result.json["published"]) == ("20261130T130000Z-1badcafe", None)


def test_the_same_refusal_of_several_parts(life: Life) -> None:
    """Is said once."""
    publish(life)
    for operation in (("s3", "GetObject"), ("s3", "ListObjectsV2"), ("cloudfront", "GetDistribution")):
        life.account.answers[operation] = refuse("ExpiredToken")
    life.has("CREATE_COMPLETE")

    result = life("status", "--json")

    assert result.exit_code == 1
    assert [item["message"] for item in result.json["problems"]] == ["The AWS credentials have expired."]
