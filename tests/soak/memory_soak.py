"""Random steps of several deployers at one bucket in memory, and what must hold after each of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from flask_cdn_stack.errors import CDNStackError, RefusedError
from flask_cdn_stack.release.history import Keep
from flask_cdn_stack.release.ownership import find_unnamed
from tests.release.fakes import FakeClock, Step
from tests.soak.acts import Act, Deployer, Kind, Machine
from tests.soak.bucket_facts import DAMAGED, THEIRS, Facts, owed_paths
from tests.soak.edge_model import Answer
from tests.soak.memory_s3 import MemoryS3, read_assets
from tests.soak.project_edits import NAMES, Project
from tests.soak.turns import Killed, Turn, plan_accident, take_turns

_KINDS: dict[Kind, int] = {
    "deploy": 10,
    "deploy --delete": 4,
    "deploy --verify-remote": 3,
    "deploy --take-over": 1,
    "rollback": 4,
    "prune": 4,
}

#: Seconds between two steps.
_PAUSES = (1, 1, 20, 700, 4000, 100_000)

#: How likely an accident is, and a viewer between two operations.
_ACCIDENTS, _VIEWERS = 0.35, 0.2


#: How long an edge keeps what others put there: not at all, or for a year.
_THEIR_CACHING = ("no-store, max-age=0", "max-age=31536000")

#: How far the clocks of machines that work at once may be off, in seconds: S3 takes nothing that was signed by one
#: that is a quarter of an hour off.
MOST_AHEAD = 840


class MemorySoak:
    """A soak from a seed. ``log`` tells what was done.

    :param settings: what everybody begins with, below ``assets``.
    """

    def __init__(
        self,
        seed: int,
        settings: Mapping[str, Any] | None = None,
        facts: Facts | None = None,
        clock: FakeClock | None = None,
    ) -> None:
        self.dice = Random(seed)
        self.clock = clock or FakeClock()
        self.facts = facts or make_facts(settings or {})
        self.log: list[str] = []
        self._numbers = itertools.count(1)
        self._turns: dict[int, Turn] = {}
        self._foreign: set[str] = set()
        self._acts: list[Act] = []
        project = Project()
        project.settings |= settings or {}
        for _ in range(3):
            project.edit(self.dice)
        ann = Deployer("ann", "here", project)
        self.deployers = [ann, Deployer("bob", "here", project.copy()), Deployer("eve", "there", project.copy())]
        self.stranger = Deployer("mal", "there", project.copy(), "other")
        self.machine = Machine(
            self.facts.s3, self.facts.edge, self.clock.now, self.clock.sleep, lambda pid: self._turns[pid].lives
        )

    def step(self) -> None:
        """Do something, and look at what came of it."""
        self.clock.seconds += self.dice.choice(_PAUSES)
        self.dice.choice([self._damage, self._put_foreign, *[self._change] * 6])()
        if self.facts.state.owner and self.dice.random() < 0.1:
            self._let_stranger_try()
        else:
            acts = [self._choose_act() for _ in range(self.dice.choice([1, 1, 1, 2, 3]))]
            # Who takes over says that no other run is there.
            self.perform([act for act in acts if act.kind == "deploy --take-over"][:1] or acts, _ACCIDENTS)

    def perform(self, acts: list[Act], likelihood: float) -> None:
        """Let acts be done at once, each with an accident or none, and look at what came of it."""
        if len(acts) > 1:
            for act in acts:
                act.deployer.ahead = max(-MOST_AHEAD, min(MOST_AHEAD, act.deployer.ahead))
        turns = [self._begin(act) for act in acts]
        self._foreign, self._acts = set(self.facts.foreign), acts
        for act in acts:
            if act.kind == "deploy --take-over":
                self.facts.hand_over(act.deployer.project)
        self._break_promises(acts, len(acts))
        for turn in turns:
            plan_accident(self.dice, turn, likelihood)
        take_turns(turns, self.dice, lambda: self.clock.sleep(self.dice.choice([100, 1000, 4000])))
        for act, turn in zip(acts, turns, strict=True):
            self.log.append(f"{act}, {turn}" + ("" if len(acts) == 1 else ", at once"))
        self._take_note()
        self._break_promises(acts, 0)
        self.facts.check_always()
        for act, turn in zip(acts, turns, strict=True):
            self._check_end(act, turn)
        if all(turn.error is None for turn in turns):
            self.facts.check_quiet(self.clock.now())
        if len(turns) == 1 and turns[0].error is None:
            self._check_alone(acts[0])

    def _break_promises(self, acts: list[Act], following: int) -> None:
        for act in acts:
            if act.kind in ("prune", "deploy --delete"):
                self.facts.break_promises(_keep(act), self.clock.now() + act.deployer.ahead, following)

    def _check_end(self, act: Act, turn: Turn) -> None:
        if turn.error is None or isinstance(turn.error, Killed):
            return
        assert isinstance(turn.error, CDNStackError)
        if isinstance(turn.error, RefusedError):
            assert self._may_be_refused(act, turn.error), f"{act} was refused: {turn.error.message}"
        else:
            assert not turn.is_quiet, f"{act} failed: {turn.error!r}"

    def _may_be_refused(self, act: Act, error: RefusedError) -> bool:
        if self.facts.may_refuse(error.message, act.deployer.project):
            return act.kind in ("rollback", "prune", "deploy --delete")
        if "have no record" in error.message or "has no record" in error.message:
            return act.kind != "deploy --take-over" and any(
                key in error.message for key in self._foreign | self.facts.taken
            )
        return act.kind == "rollback" and (
            "There is no release" in error.message or "Nothing has been" in error.message
        )

    def _check_alone(self, act: Act) -> None:
        """What a command has done that nobody was in the way of."""
        now, project = self.clock.now(), act.deployer.project
        if act.kind == "prune":
            return
        record = self.facts.read_record(str(self.facts.state.release))
        assert act.manifest == record.manifest, "another manifest was written than was published"
        if act.kind == "rollback":
            self.facts.check_app(project, now)
            return
        if not self.facts.check_published(project, act.deployer.host, now):
            return
        owed = owed_paths(self.facts.state)
        # What was found to be gone is owed only then, and the next one asks.
        assert act.kind == "deploy --verify-remote" or not owed, "the edge still owes something"
        turn = self._begin(Act("deploy", act.deployer))
        take_turns([turn], self.dice, lambda: None)
        assert turn.error is None
        assert owed or [name.partition(" ")[0] for name in turn.operations] == ["read"], turn.operations

    def _begin(self, act: Act) -> Turn:
        number = next(self._numbers)
        turn = Turn(lambda step: self.machine.perform(act, number, lambda *do: self._watch(step, *do)), self.clock)
        self._turns[number] = turn
        return turn

    def _watch(self, step: Step, operation: str, key: str, effect: Callable[[], object]) -> object:
        def viewed() -> object:
            result = effect()
            self._take_note()
            # Of what is published meanwhile, another may delete what is one too many by its settings.
            self._break_promises(self._acts, 0)
            while self.facts.pages and self.dice.random() < _VIEWERS:
                page = self.dice.choice(self.facts.pages)
                if page.links:
                    self.facts.view(page, self.dice.choice(page.links), self.clock.now())
            return result

        changes = operation in ("upload", "write", "delete", "invalidate", "copy")
        return step(operation, key, viewed if changes else effect)

    def _take_note(self) -> None:
        state = self.facts.state
        new = [release for release in state.releases if release not in self.facts.known]
        runs = {release: release.partition("-")[2].partition(".")[0] for release in new}
        self.facts.take_note({release: self.machine.deployed[run].project for release, run in runs.items()})

    def _choose_act(self) -> Act:
        deployer = self.dice.choice(self.deployers)
        kind = choose_kind(self.dice)
        releases = self.facts.state.releases
        if kind == "rollback":
            target = self.dice.choice([None, *releases[-3:]])
            return Act(kind, deployer.copy(), target)
        if kind != "prune" and self.dice.random() < 0.7:
            deployer.project.edit(self.dice)
        return Act(kind, deployer.copy())

    def _change(self) -> None:
        deployer = self.dice.choice(self.deployers)
        match self.dice.randint(0, 5):
            case 0 | 1:
                name = deployer.project.change_settings(self.dice)
                self.log.append(f"{deployer.name} sets {name}: {deployer.project.settings.get(name)}")
            case 2:
                other = self.dice.choice(self.deployers)
                deployer.project = other.project.copy()
                self.log.append(f"{deployer.name} pulls from {other.name}")
            case 3:
                deployer.ahead = self.dice.choice([0, 0, 0, 3 * 3600, MOST_AHEAD, -MOST_AHEAD])
                self.log.append(f"{deployer.name}'s clock is {deployer.ahead} seconds ahead")

    def _damage(self) -> None:
        keys = sorted(self.facts.state.objects.keys() & self.facts.s3.objects.keys())
        for key in self.dice.sample(keys, min(len(keys), self.dice.randint(1, 3))):
            self.facts.damaged.add(key)
            if self.dice.random() < 0.5:
                self.facts.s3.delete(key)
            else:
                self.facts.s3.put(key, Answer(DAMAGED, "text/plain", ""))
            self.log.append(f"damage {key}")

    def _put_foreign(self) -> None:
        """Let somebody put, or take away, an object that is not the tool's."""
        state, s3, foreign = self.facts.state, self.facts.s3, self.facts.foreign
        if foreign and self.dice.random() < 0.4:
            key = self.dice.choice(sorted(foreign))
            self.facts.put_foreign(key, None)
            s3.delete(key)
            self.log.append(f"{key}, which is foreign, is gone")
            return
        key = self.dice.choice([f"theirs/{self.dice.randint(0, 5)}", f"static/{self.dice.choice(NAMES)}"])
        if find_unnamed(state, [key]) and (key not in s3.objects or key in foreign):
            answer = Answer(THEIRS + b" %d" % self.dice.randint(0, 99), "text/plain", self.dice.choice(_THEIR_CACHING))
            self.facts.put_foreign(key, answer)
            s3.put(key, answer)
            self.log.append(f"{key} is put there, and foreign")

    def _let_stranger_try(self) -> None:
        """Nothing of a bucket changes where another project's tool comes."""
        kind = choose_kind(self.dice)
        act = Act("deploy" if kind == "deploy --take-over" else kind, self.stranger.copy())
        before = dict(self.facts.s3.objects)
        turn = self._begin(act)
        take_turns([turn], self.dice, lambda: None)
        self.log.append(f"{act}, {turn}")
        assert isinstance(turn.error, RefusedError), f"{act} was not refused"
        assert "belongs to the project shop" in turn.error.message
        assert self.facts.s3.objects == before


def choose_kind(dice: Random) -> Kind:
    """What somebody does next."""
    return dice.choices(list(_KINDS), list(_KINDS.values()))[0]


def _keep(act: Act) -> Keep:
    assets = read_assets(act.deployer.project)
    return Keep(assets.keep_releases, assets.keep_days)


def make_facts(settings: Mapping[str, Any]) -> Facts:
    """Nothing is known yet of a bucket for such settings."""
    return Facts(MemoryS3(is_mapped="immutable" in settings))


def soak(seed: int, steps: int, settings: Mapping[str, Any] | None = None) -> None:
    """Take so many steps; a failure tells the seed and the last steps."""
    take_steps(MemorySoak(seed, settings), seed, steps)


def take_steps(running: MemorySoak, seed: int, steps: int) -> None:
    """Take so many steps of a soak."""
    for number in range(steps):
        try:
            running.step()
        except Exception as error:
            error.add_note(f"--soak-seed {seed}, step {number}; what was done:\n" + "\n".join(running.log[-60:]))
            raise
