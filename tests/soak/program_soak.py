"""Random steps of several checkouts of a project that the program deploys to one site."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from flask_cdn_stack.release.history import Keep
from flask_cdn_stack.release.ownership import find_unnamed
from flask_cdn_stack.release.records import ReleaseRecord
from tests.faults.site import Site
from tests.soak.bucket_facts import DAMAGED, THEIRS, owed_paths
from tests.soak.edge_model import Answer
from tests.soak.memory_s3 import make_source, read_assets
from tests.soak.memory_soak import choose_kind
from tests.soak.program_runs import Watched
from tests.soak.project_edits import NAMES, Project
from tests.soak.site_mirror import SiteMirror

#: How likely an accident is, a viewer at a request, and a look whether there is nothing to do.
_ACCIDENTS, _VIEWERS, _AGAIN = 0.35, 0.1, 0.3

#: How likely the stack is changed, so that the edge leads checksums in the query to names, or does not any more.
_SWITCHES = 0.02

_OPTIONS = {
    "deploy": ("deploy", "--allow-missing"),
    "deploy --delete": ("deploy", "--allow-missing", "--delete", "--yes", "--max-deletes", "1000"),
    "deploy --verify-remote": ("deploy", "--allow-missing", "--verify-remote"),
    "deploy --take-over": ("deploy", "--allow-missing", "--take-over"),
    "rollback": ("rollback", "--yes"),
    "prune": ("prune", "--yes", "--max-deletes", "1000"),
}

_REFUSALS = re.compile("There is no release|Nothing has been published|Another run is deleting")


@dataclass
class Checkout:
    """A folder with the project, and the clock of who works there."""

    site: Site
    project: Project
    place: str
    ahead: float = 0

    def write(self) -> None:
        """Make the folder what the project is."""
        self.site.write({name: data.decode() for name, data in self.project.files.items()})
        text = f"app: shop\n{self.place}\nassets: {json.dumps(self.project.settings)}\n"
        (self.site.program.folder / "flask-cdn-stack.yml").write_text(text)


class ProgramSoak:
    """A soak from a seed, on a site that is empty. ``log`` tells what was done."""

    def __init__(self, seed: int, site: Site, stack: str, folder: Path) -> None:
        self.dice, self._viewers = Random(seed), Random(seed)
        self.log: list[str] = []
        self.mirror = SiteMirror(site, stack)
        self.facts = self.mirror.facts
        self._numbers = itertools.count(1)
        self._foreign: set[str] = set()
        project = Project()
        for _ in range(3):
            project.edit(self.dice)
        second, third, other = (site.copy(folder / name) for name in ("second", "third", "other"))
        self.checkouts = [Checkout(each, project.copy(), f"stack: {stack}") for each in (site, second, third)]
        target = {"bucket": site.bucket, "domain": site.domain, "region": "us-east-1"}
        self.stranger = Checkout(other, project.copy(), f"target: {json.dumps(target)}")

    def step(self) -> None:
        """Do something, and look at what came of it."""
        if self.dice.random() < _SWITCHES:
            self._switch()
        self.dice.choice([self._damage, self._put_foreign, *[self._change] * 6])()
        if self.facts.state.owner and self.dice.random() < 0.05:
            self._let_stranger_try()
            return
        count = self.dice.choice([1, 1, 1, 2])
        runs = [self._choose_run(checkout) for checkout in self.dice.sample(self.checkouts, count)]
        # Who takes over says that no other run is there.
        runs = [each for each in runs if "--take-over" in each[0].options][:1] or runs
        for run, _ in runs:
            if self.dice.random() < _ACCIDENTS:
                run.plan(self.dice, stops=len(runs) > 1)
        self.perform(runs)

    def perform(self, runs: Sequence[tuple[Watched, Checkout]]) -> None:
        """Let runs go on at once, and look at what came of it."""
        self._foreign = {*self.facts.foreign, *self.facts.taken}
        for run, checkout in runs:
            if "--take-over" in run.options:
                self.facts.hand_over(checkout.project)
        self._break_promises(runs, len(runs))
        for run, _ in runs:
            run.start(run.site.aws.endpoint_url, next(self._numbers))
        for run, checkout in sorted(runs, key=lambda each: each[0].accident == "stopped"):
            run.end()
            self.log.append(f"{checkout.site.program.folder.name}: {run}")
        self.mirror.read()
        state = self.facts.state
        new = [release for release in state.releases if release not in self.facts.known]
        self.facts.take_note({release: self._find_author(release, runs) for release in new})
        self._break_promises(runs, 0)
        self.facts.check_always()
        results = [self._check_end(run, checkout) for run, checkout in runs]
        if all(results):
            self.facts.check_quiet(time.time())
        if results == [True]:
            self._check_alone(*runs[0])

    def _break_promises(self, runs: Sequence[tuple[Watched, Checkout]], following: int) -> None:
        for run, checkout in runs:
            if run.command == "prune" or "--delete" in run.options:
                assets = read_assets(checkout.project)
                keep = Keep(assets.keep_releases, assets.keep_days)
                self.facts.break_promises(keep, time.time() + run.ahead, following)

    def _check_end(self, run: Watched, checkout: Checkout) -> bool:
        """Whether a run ended well; one that did not has a reason."""
        assert run.result
        if run.was_killed:
            return False
        assert "Traceback" not in run.result.stderr, run.result.stderr
        if run.result.exit_code == 4:
            text = run.result.stderr
            is_foreign = "no record of having put" in text and any(key in text for key in self._foreign)
            assert is_foreign or self.facts.may_refuse(text, checkout.project) or _REFUSALS.search(text), text
            return False
        assert run.result.exit_code == 0, run.result.stderr
        return True

    def _check_alone(self, run: Watched, checkout: Checkout) -> None:
        state = self.facts.state
        if run.command == "prune" or state.release is None:
            return
        record = self.facts.read_record(state.release)
        assert run.site.manifest_file == record.manifest, "the manifest file is not the published manifest"
        if run.command == "rollback":
            self.facts.check_app(checkout.project, time.time())
            return
        is_certain = self.facts.check_published(checkout.project, self._host(checkout), time.time())
        for link in self.dice.sample(self._links(), min(3, len(self._links()))):
            self.mirror.check_served(link)
        # What was found to be gone is owed only then, and the next one asks.
        owed = owed_paths(self.facts.state)
        assert not owed or "--verify-remote" in run.options, "the edge still owes something"
        if is_certain and not owed and self.dice.random() < _AGAIN:
            again = run.site.deploy(None, "--allow-missing")
            assert again.exit_code == 0, again.stderr
            assert again.json["requests"] == {"GetObject": 1}, again.stdout

    def _links(self) -> list[str]:
        return [link.url for page in self.facts.pages[-1:] for link in page.links]

    def _host(self, checkout: Checkout) -> str:
        # All of them are on this machine.
        return next((claim.host for claim in self.facts.state.writing.values()), "")

    def _choose_run(self, checkout: Checkout) -> tuple[Watched, Checkout]:
        kind = choose_kind(self.dice)
        if checkout is self.stranger and kind == "deploy --take-over":
            kind = "deploy"
        command, *options = _OPTIONS[kind]
        if kind == "rollback":
            target = self.dice.choice([None, *self.facts.state.releases[-3:]])
            options += [target] if target else []
        elif kind != "prune" and self.dice.random() < 0.7:
            checkout.project.edit(self.dice)
        checkout.write()
        return Watched(checkout.site, command, tuple(options), self._look, ahead=checkout.ahead), checkout

    def _look(self) -> None:
        """Let a viewer come by, perhaps."""
        if self.facts.pages and self._viewers.random() < _VIEWERS:
            page = self._viewers.choice(self.facts.pages)
            if page.links:
                self.mirror.view(self._viewers.choice(page.links).url, time.time())

    def _find_author(self, release: str, runs: Sequence[tuple[Watched, Checkout]]) -> Project:
        record = self.facts.read_record(release)
        for run, checkout in runs:
            if (run.command == "rollback") == bool(record.rollback_of) and (
                run.command == "rollback" or _makes(checkout.project, record)
            ):
                return checkout.project.copy()
        raise AssertionError(f"nobody made release {release}")

    def _change(self) -> None:
        checkout = self.dice.choice(self.checkouts)
        match self.dice.randint(0, 5):
            case 0 | 1:
                name = checkout.project.change_settings(self.dice)
                self.log.append(
                    f"{checkout.site.program.folder.name} sets {name}: {checkout.project.settings.get(name)}"
                )
            case 2:
                checkout.project = self.dice.choice(self.checkouts).project.copy()
            case 3:
                checkout.ahead = self.dice.choice([0, 0, 0, 3 * 3600, -1200])

    def _switch(self) -> None:
        is_mapped = not self.facts.s3.is_mapped
        for checkout in self.checkouts:
            checkout.project.switch(is_mapped)
        first = self.checkouts[0]
        first.write()
        first.site.program.ok("provision", "--yes")
        self.log.append(f"immutable: {is_mapped}")
        self.facts.switch(is_mapped)

    def _damage(self) -> None:
        keys = sorted(self.facts.state.objects.keys() & self.facts.s3.current.keys())
        for key in self.dice.sample(keys, min(len(keys), self.dice.randint(1, 3))):
            self.facts.damaged.add(key)
            if self.dice.random() < 0.5:
                self.mirror.delete(key)
            else:
                self.mirror.put(key, Answer(DAMAGED, "text/plain", ""))
            self.log.append(f"damage {key}")

    def _put_foreign(self) -> None:
        """Let somebody put, or take away, an object that is not the tool's."""
        foreign = self.facts.foreign
        if foreign and self.dice.random() < 0.4:
            key = self.dice.choice(sorted(foreign))
            self.facts.put_foreign(key, None)
            self.mirror.delete(key)
            self.log.append(f"{key}, which is foreign, is gone")
            return
        key = self.dice.choice([f"theirs/{self.dice.randint(0, 5)}", f"static/{self.dice.choice(NAMES)}"])
        if find_unnamed(self.facts.state, [key]) and (key not in self.facts.s3.objects or key in foreign):
            answer = Answer(THEIRS + b" %d" % self.dice.randint(0, 99), "text/plain", "max-age=31536000")
            self.facts.put_foreign(key, answer)
            self.mirror.put(key, answer)
            self.log.append(f"{key} is put there, and foreign")

    def _let_stranger_try(self) -> None:
        """Nothing of a bucket changes where another project's program comes."""
        self.mirror.read()
        before = dict(self.facts.s3.current)
        run, _ = self._choose_run(self.stranger)
        run.start(run.site.aws.endpoint_url, 0)
        run.end()
        self.log.append(f"stranger: {run}")
        assert run.result
        assert (run.result.exit_code, "belongs to the project" in run.result.stderr) == (4, True), run.result.stderr
        self.mirror.read()
        assert self.facts.s3.current == before


def _makes(project: Project, record: ReleaseRecord) -> bool:
    build = make_source(project).build()
    return build.manifest == record.manifest and {item.key for item in build.objects} == record.objects.keys()
