"""One scenario, run over and over: the search, and what is made of a failure."""

import time
from collections.abc import Awaitable, Callable, Sequence
from inspect import iscoroutine, signature
from itertools import cycle
from random import Random
from typing import Any

import attrs
from trio.abc import Instrument
from trio.lowlevel import Task, current_statistics, current_trio_token

from ..._model.words import shown
from ...tracing import Recording
from ..schedules.conductor import HORIZON, NotAsync
from ..schedules.rules import Chooser, Rules, Run
from ..schedules.running import perform
from ..schedules.schedule import Schedule, Tape
from .depth_first import DepthFirst
from .exploration import Exploration, Finding, NotDeterministic
from .progress import Bar
from .schedulers import PORTFOLIO, bound_of, scheduler
from .showing import film_of, show
from .shrinking import Choices, kind_of, shrink
from .story import Narrator, raised


@attrs.define
class Budget:
    """How much may be run, and how much was.

    Attributes:
        runs: how many runs there may be.
        end: when the last may begin, by `time.monotonic`; None for whenever.
        bar: what is told of each.
        spent: how many there were.
    """

    runs: int
    end: float | None
    bar: Bar
    spent: int = 0

    def is_left(self) -> bool:
        """Return whether there may be one more run."""
        return self.spent < self.runs and (
            self.end is None or time.monotonic() < self.end
        )

    def spend(self) -> None:
        """Count one more run."""
        self.spent += 1
        self.bar.update(1)


@attrs.define
class Explorer:
    """One scenario, and how it is run."""

    scenario: Callable[..., Awaitable[object]]
    args: tuple[Any, ...]
    rules: Rules
    seed: int
    orders: set[tuple[int, ...]] = attrs.field(factory=set[tuple[int, ...]])
    controlled: bool = True
    held_at_first: bool = False
    has_deadlines: bool = False
    attempts: int = 1_000  # at making a schedule smaller

    @property
    def name(self) -> str:
        """What the scenario is called."""
        return getattr(self.scenario, "__name__", repr(self.scenario))

    def check_determinism(self) -> None:
        """Run the scenario twice in the same order.

        Raises:
            NotDeterministic: something else than the schedule made a difference.
            TypeError: it is no async function, or does not take its arguments.
        """
        first = self.along(())
        if isinstance(first.error, NotAsync):
            raise first.error
        looking = _Deadlines()
        again = self.perform(Tape(()), instruments=[looking])
        self.has_deadlines = looking.seen
        self.controlled = first.controlled
        self.held_at_first = first.error is None
        if first.controlled:
            _must_be_same(first, again, self.name)

    def along(self, choices: Choices) -> Run:
        """Run the scenario with these choices."""
        return self.perform(Tape(choices))

    def perform(
        self,
        chooser: Chooser,
        rules: Rules | None = None,
        instruments: Sequence[Instrument] = (),
    ) -> Run:
        """Run the scenario once."""
        rules = self.rules if rules is None else rules
        run = perform(self.scenario, self.args, chooser, rules, instruments=instruments)
        self.orders.add(tuple(run.order))
        return run

    def narrator(self, choices: Choices) -> Narrator:
        """Return who tells the story of a run with these choices."""
        return Narrator(Tape(choices), self.name)

    def again(self, schedule: Schedule) -> str:
        """Return how to run the scenario again under *schedule*."""
        return f"replay({self.name}, schedule={str(schedule)!r})"

    def search(self, strategy: str, budget: Budget) -> Exploration:
        """Run the scenario under schedule after schedule, until one fails."""
        if strategy.partition(":")[0] == "dfs":
            return self._search_all(bound_of(strategy), budget)
        names = PORTFOLIO if strategy == "auto" else (strategy,)
        makers = cycle([(name, scheduler(name)) for name in names])
        name, make = ("fifo", scheduler("fifo")) if strategy == "auto" else next(makers)
        length = 0
        while budget.is_left():
            chooser = make(self._random(budget.spent), length)
            if not self.controlled:
                self.rules = attrs.evolve(self.rules, seed=budget.spent)
            run = self.perform(chooser)
            budget.spend()
            if run.error is not None:
                return self.found(run, name, budget)
            length = max(length, len(run.choices))
            name, make = next(makers)
        return self._report(budget)

    def _search_all(self, bound: int | None, budget: Budget) -> Exploration:
        listed = DepthFirst(bound)
        for choices in listed:
            if not budget.is_left():
                return self._report(budget)
            run = self.along(tuple(choices))
            budget.spend()
            if run.error is not None:
                return self.found(run, "dfs", budget)
            listed.learn(run)
        return self._report(budget, exhausted=self.controlled, bound=bound)

    def _report(
        self,
        budget: Budget,
        *,
        exhausted: bool = False,
        bound: int | None = None,
        finding: Finding | None = None,
    ) -> Exploration:
        return Exploration(
            scenario=self.name,
            runs=budget.spent,
            distinct=len(self.orders),
            exhausted=exhausted,
            bound=bound,
            controlled=self.controlled,
            timeless=self.has_deadlines and not self.rules.timers,
            finding=finding,
        )

    def found(self, run: Run, by: str, budget: Budget) -> Exploration:
        """Make what is to be told of a run that has failed."""
        assert run.error is not None
        distinct = len(self.orders)
        smallest = self._smallest(run)
        if run.controlled and not smallest and self.held_at_first:
            raise NotDeterministic(
                f"{self.name} held first come, first served, and fails so now: what an "
                "earlier run has left behind decides what it does"
            )
        again, story, recording = self.narrate(smallest)
        if run.controlled:
            _must_be_same(self.along(smallest), again, self.name)
        schedule = self._schedule(smallest)
        finding = Finding(
            error=again.error or run.error,
            schedule=schedule,
            again=self.again(schedule),
            first_found=self._schedule(run.choices),
            found_by=by,
            story=story,
            recording=recording,
            within_ticks=self._within_ticks(run.error),
        )
        report = self._report(budget, finding=finding)
        return attrs.evolve(report, distinct=distinct)

    def _smallest(self, run: Run) -> Choices:
        return shrink(run, self.along, self.attempts) if run.controlled else ()

    def _random(self, number: int) -> Random:
        return Random(f"{self.seed}:{number}")  # noqa: S311

    def _schedule(self, choices: Sequence[int]) -> Schedule:
        return Schedule(
            choices,
            granularity=self.rules.granularity,
            timers=self.rules.timers,
            seed=self.rules.seed,
        )

    def narrate(self, choices: Choices) -> tuple[Run, str, Recording]:
        """Run the scenario with these choices, and show what happens."""
        narrator, film = self.narrator(choices), film_of(self.name)
        run = self.perform(narrator, instruments=[narrator, film])
        story = "\n".join([narrator.told(), *raised(run.error)])
        return run, story, show(film, run.error, story).recording

    def _within_ticks(self, error: BaseException) -> bool:
        if self.rules.granularity == "tick":
            return True
        kind = kind_of(error)
        rules = attrs.evolve(self.rules, granularity="tick")
        make = scheduler("random")
        for number in range(self.attempts // 5):
            run = self.perform(make(self._random(number), 0), rules)
            if run.error is not None and kind_of(run.error) == kind:
                return True
        return False


class _Deadlines(Instrument):
    """Sees whether there are deadlines."""

    seen = False

    def after_task_step(self, task: Task) -> None:
        """Look at the next one."""
        del task
        wait = current_statistics().seconds_to_next_deadline
        self.seen = self.seen or wait < HORIZON / 2


def check_scenario(
    scenario: Callable[..., Awaitable[object]], args: tuple[Any, ...], name: str
) -> None:
    """Refuse what cannot be run over and over: it would fail in every order."""
    if in_trio_run():
        raise RuntimeError(
            "this runs Trio itself, many times, so it cannot be called in a Trio "
            "run: call it from a function that is not async"
        )
    if iscoroutine(scenario):
        scenario.close()
        raise TypeError(
            "a scenario is an async function, followed by its arguments, and not a "
            f"call of it: f, 1 instead of f(1), which is {scenario!r}"
        )
    if not callable(scenario):
        raise TypeError(f"a scenario is an async function, not {scenario!r}")
    try:
        signature(scenario, follow_wrapped=False).bind(*args)
    except TypeError as error:
        raise TypeError(
            f"{name} cannot be called with {shown(args)}: {error}"
        ) from None
    except ValueError:
        pass  # it has no signature that could be looked at


def in_trio_run() -> bool:
    """Return whether this is called in a Trio run."""
    try:
        current_trio_token()
    except RuntimeError:
        return False
    return True


def _must_be_same(first: Run, again: Run, name: str) -> None:
    kinds = [run.error and kind_of(run.error) for run in (first, again)]
    if (first.order, first.options, kinds[0]) == (again.order, again.options, kinds[1]):
        return
    pairs = zip(first.order, again.order, strict=False)
    same = next(
        (step for step, (one, other) in enumerate(pairs) if one != other),
        min(first.steps, again.steps),
    )
    raise NotDeterministic(
        f"{name} ran differently under the same schedule, from step {same} on: "
        "something besides the order of its steps decides what it does, such as the "
        "clock, chance, a thread, the order of a set, or what an earlier run has left"
    )
