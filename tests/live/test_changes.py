"""Changes of the settings of one stack that serves, one after the other: each takes CloudFront some minutes.

Every pair of values is judged in ``tests/infrastructure`` without an account. Here is a chain of changes in which every
key changes, and changes back; what is refused is, with nothing changed.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, NamedTuple

import msgspec
import pytest

from flask_cdn_stack.settings.model import Settings as Model
from flask_cdn_stack.verify import Answer
from tests.infrastructure.any_settings import settings_keys
from tests.infrastructure.transition_notes import NOTES
from tests.live.account import Account
from tests.live.belongings import OWNED, Belongings, find_named
from tests.live.sites import FILES, STATIC, Settings, Site, Sites
from tests.live.steps import FURTHER_FILES, REFUSALS, STEPS, UNTOUCHED, WITHOUT_UPDATE, Refusal, find_keys

_NO_DOMAIN = (
    "It needs --aws-domain and --aws-hosted-zone-id: a domain of your own, whose zone lies in Route 53 of the account."
)


def test_every_key_changes() -> None:
    """Or is refused, or is named with why no live stack has a change of it. A new key is in none of them."""
    changed = {key for step in STEPS.values() for key in find_keys(step)} | {"bucket.retain"}  # that of every site
    refused = {key for refusal in REFUSALS.values() for key in refusal.keys}

    assert settings_keys().keys() - changed - refused == UNTOUCHED.keys()
    assert changed.isdisjoint(UNTOUCHED)
    assert {key for key, note in NOTES.items() if note.refused != "no"} <= refused


def test_a_step_says_what_is_not_so_anyway() -> None:
    """A key with its default would change nothing."""
    defaults = msgspec.to_builtins(Model())
    idle = [
        (name, key) for name, step in STEPS.items() for key in find_keys(step) if read(step, key) == read(defaults, key)
    ]

    assert idle == []


def read(settings: Any, key: str) -> Any:
    """Return what settings say of a key; where a group can be ``true``, its keys say nothing then."""
    return reduce(lambda group, name: None if group is True else group[name], key.split("."), settings)


def test_the_last_step_of_the_stack_has_nothing_of_the_others() -> None:
    """So that every key changes back."""
    assert [step for step in STEPS if step not in WITHOUT_UPDATE][-1:] == ["back"]
    assert STEPS["back"] == {}


@pytest.fixture(scope="module")
def belongings(account: Account) -> Belongings:
    """What the settings of the steps name."""
    return Belongings(account)


def fill(belongings: Belongings, account: Account, settings: Settings) -> Settings:
    """Return settings with what they name; where only an owner can give that, and did not, skip."""
    if account.domain is None and not OWNED.isdisjoint(find_named(settings)):
        pytest.skip(_NO_DOMAIN)
    filled: Settings = belongings.fill(settings)
    return filled


def test_what_only_an_owner_has(account: Account) -> None:
    """Is asked for in so many words, before anything is made."""
    bare = replace(account, domain=None)
    named = [settings for settings in STEPS.values() if not OWNED.isdisjoint(find_named(settings))]

    assert len(named) == 2
    for settings in named:
        with pytest.raises(pytest.skip.Exception, match="It needs --aws-domain and --aws-hosted-zone-id: a domain"):
            fill(Belongings(bare), bare, settings)


class Step(NamedTuple):
    """A step that was taken: its name and settings, the site after it, and what ``provision`` said."""

    name: str
    settings: Settings
    site: Site
    report: Any


@pytest.fixture(scope="module", params=STEPS)
def step(request: pytest.FixtureRequest, account: Account, sites: Sites, belongings: Belongings) -> Step:
    """A step, with files of its own."""
    settings, site = fill(belongings, account, STEPS[request.param]), sites.find("changing")
    shutil.rmtree(site.program.folder / STATIC)
    site.write({name: f"{text}<!-- {request.param} -->" for name, text in FILES.items()})
    if request.param == "published":
        site.write({**dict.fromkeys(FURTHER_FILES, "further"), "../shown/extra.js": "further"})
    site.configure(settings)
    report = site.provision()
    bucket = settings.get("bucket", {})
    if "existing" in bucket and "manage_policy" not in bucket:
        site.let_in(bucket["region"])
    return Step(request.param, settings, site, report)


def test_it_is_carried_out(step: Step) -> None:
    """Without a resource that others refer to being replaced, and with the tags that the settings name."""
    kept = ("AWS::S3::Bucket", "AWS::CloudFront::Distribution")

    assert step.report["status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    assert [item for item in step.report["changes"] if item["type"] in kept and item["replacement"] == "True"] == []
    assert bool(step.report["changes"]) is (step.name not in WITHOUT_UPDATE)
    assert step.site.tags.get("step") == step.settings.get("tags", {}).get("step")


def test_it_was_foreseen(step: Step) -> None:
    """With what each property was and became; and what is there now is what the settings say."""
    direct = [
        item
        for change in step.report["changes"]
        for item in change["properties"]
        if item["path"].startswith("/Properties/") and item["source"] == "DirectModification"
    ]
    assert [item for item in direct if item["before"] is item["after"] is None] == []
    assert step.site.program("template", "--diff", "--exit-code").exit_code == 0


def test_it_serves(step: Step) -> None:
    """After a deploy the changed stack does what its settings say."""
    step.site.deploy()
    LOOKS.get(step.name, look_at_files)(step)


def look_at_files(step: Step) -> None:
    """Find each file under the distribution's own name, and under each of the settings'."""
    site, assets = step.site, step.settings.get("assets", {})
    hosts = [site.host, *step.settings.get("delivery", {}).get("aliases", ())]
    for path, checksum in site.paths.items():
        name, dot, ending = path.rpartition(".")
        target = f"{path}?c={checksum}" if "fingerprint" not in assets else f"{name}.{checksum[:16]}{dot}{ending}"
        for host in hosts:
            answer = site.account.view(host, f"/{target}")
            assert (answer.status, unpack(answer)) == (200, site.read(path)), (host, target, answer)


def look_at_app(step: Step) -> None:
    """Reach the app below its paths, and nowhere else: there the edge answers itself."""
    inside, outside = step.site.view("static/css/app.css"), step.site.view("index.html")

    assert (outside.status, outside.headers["x-cache"]) == (404, "FunctionGeneratedResponse from cloudfront")
    assert inside.status < 500, inside
    assert not inside.headers["x-cache"].startswith("FunctionGenerated")


def look_at_published(step: Step) -> None:
    """Find the files that the settings let out, with what they say of them, and not the others."""
    look_at_files(step)
    site, names = step.site, {path.removeprefix("static/") for path in step.site.paths}

    assert {name: name in names for name in FURTHER_FILES} == FURTHER_FILES
    assert "shown/extra.js" in names
    style = site.view(f"static/css/app.css?c={site.paths['static/css/app.css']}")
    assert style.headers["content-language"] == "en"
    assert style.headers["cache-control"] == "public, max-age=60"
    assert site.view("static/dump.sql").headers["content-type"].startswith("text/plain")
    assert site.view("static/long.js").headers["content-encoding"] == "gzip"
    assert site.view("cdn_manifest.txt").status == 200


#: How a step is looked at that does more than to serve the app's files.
LOOKS: Mapping[str, Callable[[Step], None]] = {"app": look_at_app, "published": look_at_published}


def unpack(answer: Answer) -> bytes:
    """Return the bytes of an answer as they were before they were compressed."""
    return gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
def test_it_is_refused(account: Account, sites: Sites, belongings: Belongings, refusal: Refusal) -> None:
    """Before anything is changed, with the reason."""
    settings, site = fill(belongings, account, refusal.settings), sites.find("changing")
    site.configure({})
    site.provision()
    before = site.template

    site.configure(settings)
    result = site.program("provision", "--yes")

    assert result.exit_code in (2, 4), result
    assert refusal.words in result.stderr
    assert json.dumps(site.template) == json.dumps(before)
