"""Run a scenario in every order that can make a difference."""

from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from random import Random
from typing import Any, Never, TypeVarTuple

import attrs
import trio

from ..._core.trio_private import can_steer
from ..._model.words import counted
from ..exploring.exploration import NotDeterministic
from ..exploring.explorer import Budget, Explorer, check_scenario
from ..exploring.progress import progress
from ..exploring.schedulers import Evenly
from ..schedules.rules import Chooser, Rules, Run
from .attributes import watched
from .footprint import Names
from .noting import noted
from .proof import Proof, Unproved
from .recorder import Recorder, recorder
from .reduction import Tree
from .replacing import replaced

Ts = TypeVarTuple("Ts")

_MAX_STEPS = 10_000


def prove(
    scenario: Callable[[*Ts], Awaitable[object]],
    *args: *Ts,
    runs: int = 20_000,
    cross_check: int = 300,
    show_progress: bool | None = None,
) -> Proof:
    """Run *scenario* in every order of its steps that can make a difference.

    If this returns, the scenario raises nothing in any order in which Trio may run its
    tasks, and never comes to a point where every task waits for ever. Else it raises
    what the scenario raised, with the smallest schedule that leads there, like
    `explore`. The scenario asserts what is to be proved.

    That rests on knowing what tasks share. Known are Trio's channels, events, locks,
    semaphores, limiters, nurseries and cancel scopes, and all of exeunt. Anything else
    that several tasks use, and of which one changes it, has to be declared with
    `touch`. As a check, some random runs follow, which know nothing of what is shared.

    Time is virtual and passes only when no task can run, so a deadline never comes
    early. A scenario with threads, processes or real input and output cannot be proved.

    Args:
        scenario: an async function, with or without agents.
        args: its arguments.
        runs: how many runs there may be before the proof is given up.
        cross_check: how many random runs follow.
        show_progress: whether to show a progress bar; if None, on a terminal.

    Returns:
        What was proved.

    Raises:
        Exception: what *scenario* raised in some order.
        Stalled: in some order it gets nowhere any more.
        Unproved: not every order was tried, or something shared was not declared.
        NotDeterministic: something besides the order of steps makes a difference.

    Example::

        print(prove(two_senders))
    """
    if not can_steer():
        raise Unproved(
            f"exeunt cannot steer Trio {trio.__version__} step by step, so nothing can "
            "be proved; explore the scenario, or take a Trio that exeunt supports"
        )
    explorer = Explorer(scenario, args, Rules(max_steps=_MAX_STEPS), 0)
    check_scenario(scenario, args, explorer.name)
    with _without_threads(), progress(explorer.name, None, show_progress) as bar:
        explorer.check_determinism()
        prover = _Prover(explorer, Budget(runs, None, bar))
        prover.try_all()
        prover.cross_check(cross_check)
    return prover.proof(cross_check)


@attrs.define
class _Prover:
    """One proof under way."""

    explorer: Explorer
    budget: Budget
    cut_short: int = 0
    values: list[Any] = attrs.field(factory=list[Any])
    comparable: bool = True

    def try_all(self) -> None:
        """Run the scenario in every order that can make a difference."""
        self.comparable = self._is_comparable()
        with noted(), watched():
            failed = self._first_failure(Names(), Tree())
        if failed is not None:
            self._fail(failed)

    def _first_failure(self, names: Names, tree: Tree) -> Run | None:
        while True:
            if not self.budget.is_left():
                self._give_up()
            looking = Recorder(names)
            guide = tree.guide(looking)
            run = self._run(guide, looking)
            if run.error is not None:
                return run
            self._keep(run)
            more = tree.learn(guide)
            self.cut_short += guide.seen_until is not None
            if not more:
                return None

    def cross_check(self, runs: int) -> None:
        """Run the scenario in random orders, and compare."""
        for number in range(runs):
            run = self._run(Evenly(Random(number)), None)  # noqa: S311
            if run.error is not None:
                self._fail(run, "The proof had held, and a random run fails")
            if self.comparable and run.value not in self.values:
                raise Unproved(
                    f"{self.explorer.name} returned {run.value!r} in a random run, "
                    f"and in none of the {self.budget.spent:,} runs of the proof. "
                    + _UNDECLARED
                )

    def proof(self, cross_checked: int) -> Proof:
        """Return what was proved."""
        return Proof(
            scenario=self.explorer.name,
            runs=self.budget.spent,
            cut_short=self.cut_short,
            outcomes=len(self.values) if self.comparable else None,
            cross_checked=cross_checked,
        )

    def _run(self, chooser: Chooser, looking: Recorder | None) -> Run:
        instruments = [] if looking is None else [looking]
        token = recorder.set(looking)
        try:
            run = self.explorer.perform(chooser, instruments=instruments)
        finally:
            recorder.reset(token)
        if looking is not None:
            self.budget.spend()
        return run

    def _is_comparable(self) -> bool:
        """Return whether what the scenario returns in the same order is equal."""
        first, again = self.explorer.along(()), self.explorer.along(())
        return first.error is None and bool(first.value == again.value)

    def _keep(self, run: Run) -> None:
        if self.comparable and run.value not in self.values:
            self.values.append(run.value)

    def _fail(self, run: Run, remark: str | None = None) -> Never:
        if isinstance(run.error, NotDeterministic | Unproved):
            raise run.error
        by = "prove" if remark is None else "cross-check"
        exploration = self.explorer.found(run, by, self.budget)
        if remark is not None:
            assert exploration.finding is not None
            exploration.finding.error.add_note(f"{remark}. {_UNDECLARED}")
        exploration.check()
        raise AssertionError("an exploration with a finding raises it")

    def _give_up(self) -> Never:
        spent = counted(self.budget.spent, "run")
        raise Unproved(
            f"{self.explorer.name} held in {spent}, but there are orders that were not "
            "tried; make the scenario smaller, allow more runs, "
            "or be content to explore it"
        )


_UNDECLARED = (
    "So tasks share something that the proof knows nothing of; declare it with touch()"
)


@contextmanager
def _without_threads() -> Generator[None]:
    async def run_sync(*_: object, **__: object) -> Never:  # noqa: ASYNC124 - Trio's
        raise Unproved(
            "the scenario uses a thread, and nobody controls when a thread goes on; "
            "put something else in its place, or explore"
        )

    with replaced(trio.to_thread, "run_sync", run_sync):
        yield
