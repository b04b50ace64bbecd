"""Run a Trio program in an order of one's choice.

Trio promises no order among the tasks that can run, but in fact takes all of them in
one batch and at most reverses it. Most orders that it is free to take, and that other
latencies would bring about, never come up in a test. Here any task that can run may
be the next, and it takes one step, from one checkpoint to its next: what Trio's
documentation allows, hence more than today's Trio does.
"""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import index
from typing import TypeVar, TypeVarTuple, final

from trio.lowlevel import Task

from .rules import Granularity, Rules, Run
from .running import perform

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

_DEVIATION = re.compile(r"(\d+)([xh])([1-9]\d*)")
_SEED = re.compile(r"seed:\d+")
_MAX_STEPS = 100_000
_HELD_FOR = 200
"""Decisions. A task that spins until a held one moves must not spin for ever."""


@final
class Schedule:
    """An order in which the tasks of a Trio program take their steps.

    At each step at which more than one task can run, the next number is taken: the
    task at that index goes (modulo their number), counted from the one that has
    waited longest. When the numbers are used up, that is the one that goes; so the
    empty schedule is first come, first served, and every number that is not 0 is one
    deviation. A negative number holds back as many tasks from the front: for the next
    200 decisions they go only while no other task can.

    The same program with the same schedule takes the same steps, on every Python and
    every Trio that exeunt supports, as far as the program itself is deterministic.
    Threads and real input or output are not.

    Args:
        choices: the numbers.
        granularity: ``"step"``: any task that can run may be the next. ``"tick"``:
            Trio's batches, each in any order; what today's Trio may do, no more.
        timers: whether the clock may also jump to the next deadline while tasks can
            run, so that a timeout can win a race. That is one more option, the last.
        seed: what decides the order instead, on a Trio that cannot be steered.

    Raises:
        TypeError: what should be a number is none.
        ValueError: there is no such granularity, or *seed* is negative.

    Example::

        Schedule([0, 0, 1]).run(main)
    """

    __slots__ = ("_run", "choices", "granularity", "seed", "timers")

    def __init__(
        self,
        choices: Iterable[int] = (),
        *,
        granularity: Granularity = "step",
        timers: bool = False,
        seed: int = 0,
    ) -> None:
        self.choices: tuple[int, ...] = tuple(map(index, choices))
        self.granularity: Granularity = Rules(granularity).granularity
        self.timers: bool = timers
        self.seed: int = index(seed)
        if seed < 0:
            raise ValueError(f"a seed is 0 or more, not {seed}")
        self._run = Run()

    @classmethod
    def parse(cls, text: str) -> "Schedule":
        """Return the schedule whose `str` is *text*.

        Args:
            text: ``"fifo"``, or deviations like ``"10x1 12h1"``, each with the number
                of a decision, counted from 0, and either the index that is taken
                there or how many tasks are held back; before them, if they apply, the
                words ``tick``, ``timers`` and ``seed:17``.

        Returns:
            The schedule.

        Raises:
            ValueError: *text* is no schedule.
        """
        words = text.split()
        if not words:
            raise ValueError(
                "'' is no schedule: write 'fifo' for first come, first served"
            )
        deviations: dict[int, int] = {}
        for word in words:
            match = _DEVIATION.fullmatch(word)
            if match:
                deviations[int(match[1])] = int(match[3]) * (-1) ** (match[2] == "h")
            elif word not in {"fifo", "tick", "timers"} and not _SEED.fullmatch(word):
                raise ValueError(
                    f"{text!r} is no schedule: {word!r} is neither a deviation like "
                    "'10x1' or '10h1' nor one of the words fifo, tick and timers"
                )
        length = max(deviations, default=-1) + 1
        return cls(
            (deviations.get(decision, 0) for decision in range(length)),
            granularity="tick" if "tick" in words else "step",
            timers="timers" in words,
            seed=next((int(word[5:]) for word in words if _SEED.fullmatch(word)), 0),
        )

    def __repr__(self) -> str:
        rules = "".join(
            [
                ", granularity='tick'" if self.granularity == "tick" else "",
                ", timers=True" if self.timers else "",
                f", seed={self.seed}" if self.seed else "",
            ]
        )
        return f"Schedule({[*self.choices]}{rules})"

    def __str__(self) -> str:
        words = ["tick"] if self.granularity == "tick" else []
        words += ["timers"] if self.timers else []
        words += [f"seed:{self.seed}"] if self.seed else []
        words += [
            f"{place}{'x' if number > 0 else 'h'}{abs(number)}"
            for place, number in enumerate(self.choices)
            if number
        ]
        return " ".join(words) or "fifo"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Schedule) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def is_run_as(self, run: Run) -> None:
        """Count the steps of *run* as this schedule's, which somebody else runs."""
        self._run = run

    @property
    def steps(self) -> int:
        """How many steps the last run took, or has taken so far."""
        return self._run.steps

    @property
    def decisions(self) -> int:
        """At how many of them there was a choice."""
        return len(self._run.choices)

    @property
    def deviations(self) -> int:
        """How often a task is taken out of its turn or held back."""
        return deviations_of(self.choices)

    def run(
        self,
        program: Callable[[*Ts], Awaitable[T]],
        *args: *Ts,
        before: Mapping[int, Callable[[], object]] | None = None,
    ) -> T:
        """Run *program* in this order, like `trio.run`, and return its result.

        Time is virtual: it jumps to the next deadline when nothing else can happen.
        Afterwards ``steps`` tells how many steps the run took, and ``decisions`` at
        how many of them there was a choice.

        Args:
            program: an async function.
            args: its arguments.
            before: what to call before which step, counted from 0; to disturb the
                program there, for example by cancelling a scope. It must not raise.

        Returns:
            What *program* returned.

        Raises:
            Stalled: the program can get nowhere any more.
            Exception: whatever *program* raised.
        """
        run = self.perform(program, args, before)
        if run.error is not None:
            raise run.error
        value: T = run.value
        return value

    def perform(
        self,
        program: Callable[..., Awaitable[object]],
        args: tuple[object, ...] = (),
        before: Mapping[int, Callable[[], object]] | None = None,
    ) -> Run:
        """Run *program* in this order, and return what it did."""
        rules = Rules(self.granularity, self.timers, _MAX_STEPS, self.seed)
        self._run = Run()  # known at once, for those who count while it goes on
        chooser = Tape(self.choices)
        return perform(program, args, chooser, rules, before=before, run=self._run)


class Tape:
    """Chooses what is written down, and where nothing is, first come, first served."""

    def __init__(self, choices: Sequence[int]) -> None:
        self._choices = iter(choices)
        self._held: set[Task] = set()
        self._patience = 0

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return the index that the next number means."""
        number = next(self._choices, 0)
        if number < 0:
            self._patience = _HELD_FOR
        self._patience -= 1
        if self._patience <= 0:
            self._held.clear()
        if number > 0 or not (number or self._held):
            return number % options
        front = [task for task in ready if task not in self._held]
        self._held.update(front[: max(0, min(-number, len(front) - 1))])
        free = (place for place, task in enumerate(ready) if task not in self._held)
        return next(free, 0)


def deviations_of(choices: Sequence[int]) -> int:
    """Return how often a task is taken out of its turn or held back."""
    return sum(-number if number < 0 else number > 0 for number in choices)
