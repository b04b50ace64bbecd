"""A scenario run again and again, each time disturbed at another place."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from random import Random
from typing import Any

import attrs

from ..._core.setting import name_of
from ..exploring.exploration import NotDeterministic
from ..exploring.explorer import check_scenario
from ..exploring.progress import Bar, progress
from ..exploring.schedulers import PORTFOLIO, scheduler
from ..exploring.showing import film_of, show
from ..exploring.shrinking import Choices, shrink
from ..exploring.story import Narrator, Place
from ..schedules.conductor import NotAsync
from ..schedules.rules import Chooser, Rules, Run
from ..schedules.schedule import Schedule, Tape
from .blows import Blow, join
from .sight import await_lines
from .sweep import Sweep, in_order
from .trial import Check, Trial

Plan = Callable[[Trial], Iterator[tuple[Blow, ...]]]
"""Says what is to befall the runs that go like this undisturbed one."""

_ATTEMPTS = 500  # runs for making a schedule smaller


@attrs.define
class Sweeper:
    """One scenario, and how it is swept."""

    scenario: Callable[..., Awaitable[object]]
    args: tuple[Any, ...]
    rules: Rules
    check: Check | None = None
    seed: int = 0
    points: int = 0
    runs: int = 0
    lines: set[Place] = attrs.field(factory=set[Place])
    hit: set[Place] = attrs.field(factory=set[Place])
    seams: Counter[str] = attrs.field(factory=Counter[str])
    _length: int = 0

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return name_of(self.scenario)

    def sweep(
        self, plan: Plan, done: str, schedules: int, show_progress: bool | None
    ) -> Sweep:
        """Run it in every order, and in each with every blow; raise what fails."""
        if schedules < 1:
            raise ValueError(
                f"a sweep goes through 1 schedule or more, not {schedules}"
            )
        check_scenario(self.scenario, self.args, self.name)
        with progress(self.name, None, show_progress) as bar:
            controlled = all(
                self._sweep_order(number, plan, bar) for number in range(schedules)
            )
        lines = set[Place]() if self.seams else self.lines
        return Sweep(
            scenario=self.name,
            done=done,
            points=self.points,
            schedules=schedules,
            runs=self.runs,
            hit=in_order(self.hit),
            missed=in_order(lines - self.hit),
            seams=tuple(f"{what}: {n:,}" for what, n in sorted(self.seams.items())),
            controlled=controlled,
        )

    def _sweep_order(self, number: int, plan: Plan, bar: Bar) -> bool:
        first = self._try(number, ())
        bar.update(1)
        self._length = self._length or len(first.run.choices)
        for blows in plan(first) if first.run.controlled else ():
            self._disturb(number, first, blows)
            bar.update(1)
        return first.run.controlled

    def _disturb(self, number: int, first: Trial, blows: tuple[Blow, ...]) -> None:
        trial = self._try(number, blows)
        self.points += trial.landed > 0
        self.hit |= trial.sight.hit
        self.seams.update(trial.struck)
        _check_same(first.run, trial.run, blows, self.name)

    def _try(self, number: int, blows: tuple[Blow, ...]) -> Trial:
        """Run it in the order of this number, and raise what goes wrong."""
        trial = Trial(self.scenario, blows)
        run = trial.perform(self.args, self._chooser(number), self.rules, self.check)
        self.runs += 1
        for code in trial.sight.codes:
            self.lines |= await_lines(code)
        if isinstance(run.error, NotAsync):
            raise run.error
        if run.error is not None:
            choices = self._smallest(run, blows) if run.controlled else ()
            raise self._narrated(choices, blows).run.error or run.error
        return trial

    def _chooser(self, number: int) -> Chooser:
        name = PORTFOLIO[(number - 1) % len(PORTFOLIO)] if number else "fifo"
        random = Random(f"{self.seed}:{number}")  # noqa: S311
        return scheduler(name)(random, self._length)

    def _smallest(self, run: Run, blows: tuple[Blow, ...]) -> Choices:
        def attempt(choices: Choices) -> Run:
            trial = Trial(self.scenario, blows)
            return trial.perform(self.args, Tape(choices), self.rules, self.check)

        return shrink(run, attempt, _ATTEMPTS)

    def replay(self, choices: Choices, blows: tuple[Blow, ...]) -> object:
        """Run it with these choices and blows; return what it returns, or raise."""
        trial = self._narrated(choices, blows)
        if trial.run.error is not None:
            raise trial.run.error
        if blows and not trial.landed:
            raise ValueError(f"the run is over before {blows[0].told}")
        return trial.run.value

    def _narrated(self, choices: Choices, blows: tuple[Blow, ...]) -> Trial:
        """Run it with these choices and blows, and tell with the error what happens."""
        trial = Trial(self.scenario, blows)
        narrator, film = Narrator(Tape(choices), self.name), film_of(self.name)
        trial.perform(self.args, narrator, self.rules, self.check, [narrator, film])
        show(film, trial.run.error, narrator.told())
        if trial.run.error is not None:
            trial.run.error.add_note(self._note(trial, choices, narrator.told()))
        return trial

    def _note(self, trial: Trial, choices: Choices, story: str) -> str:
        rules = self.rules
        schedule = Schedule(choices, granularity=rules.granularity, timers=rules.timers)
        text = join(str(schedule), trial.blows)
        blows = " and ".join(blow.told for blow in trial.blows)
        lines = [f"{self.name} failed when {blows or 'nothing had disturbed it'}."]
        if trial.stands:
            lines.append("Then its tasks stood here:")
            lines += [f"  {who}: {place}" for who, place in trial.stands]
        return "\n".join(
            [
                *lines,
                f"What happens in this run:\n{story}",
                f"Run it again: replay({self.name}, schedule={text!r})",
            ]
        )


def _check_same(first: Run, again: Run, blows: tuple[Blow, ...], name: str) -> None:
    """Check that the run went like the first one until the blow came."""
    blow = blows[0]
    timed = blow.kind in {"cancel", "victim", "interrupt"} and not blow.idle
    step = blow.at if timed else 0
    if first.order[:step] != again.order[:step]:
        raise NotDeterministic(
            f"{name} ran differently before step {step}, where {blow.told}, than "
            "without: something besides the order of its steps decides what it does, "
            "such as the clock, chance, a thread, the order of a set, or what an "
            "earlier run has left"
        )
