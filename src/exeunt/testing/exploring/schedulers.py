"""Ways of choosing the next task, none of them the best for every bug.

*random*: each choice is as likely as the others. *pct:d* (Burckhardt and others, "A
Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010): the task
with the highest of random priorities goes, and at d - 1 drawn places the one in front
falls behind all others; it finds what needs d events in one order. *sticky:p*: the
task that went last goes on with the probability p, as under long latencies of the
others. *fifo*: the one that has waited longest.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from random import Random

from trio.lowlevel import Task

from ..schedules.rules import Chooser

Scheduler = Callable[[Random, int], Chooser]
"""Makes the chooser of one run, given the length of a run as far as it is known."""

_AT_MOST_IN_A_ROW = 50
"""Then others go first: a task that spins until another one moves must not win."""


class Fifo:
    """The task that has waited longest goes."""

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return the first."""
        del ready, options
        return 0


class Evenly:
    """Every option is as likely as the others."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return any."""
        del ready
        return self._random.randrange(options)


class Sticky:
    """The task that went last goes on, as a rule."""

    def __init__(self, random: Random, stay: float) -> None:
        self._random = random
        self._stay = stay
        self._last: Task | None = None

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return the last one taken, or now and then any."""
        if self._last in ready and self._random.random() < self._stay:
            return ready.index(self._last)
        index = self._random.randrange(options)
        self._last = ready[index] if index < len(ready) else None
        return index


class Priorities:
    """The task in front goes, and a few times in a run falls behind the others."""

    def __init__(self, random: Random, depth: int, length: int) -> None:
        self._random = random
        self._falls = {random.randrange(max(1, length)) for _ in range(depth - 1)}
        self._ranks: dict[Task | None, float] = {}
        self._decision = -1
        self._lowest = 0.0
        self._in_a_row = 0
        self._last: Task | None = None

    def choose(self, ready: Sequence[Task], options: int) -> int:
        """Return the one in front."""
        self._decision += 1
        ahead: list[Task | None] = [*ready]
        if options > len(ready):
            ahead.append(None)  # the clock is one of them
        for each in ahead:
            if each not in self._ranks:
                self._ranks[each] = 1 + self._random.random()
        first = max(ahead, key=self._ranks.__getitem__)
        self._in_a_row = self._in_a_row + 1 if first is self._last else 0
        self._last = first
        if self._decision in self._falls or self._in_a_row >= _AT_MOST_IN_A_ROW:
            self._lowest -= 1
            self._ranks[first] = self._lowest
            first = max(ahead, key=self._ranks.__getitem__)
        return ahead.index(first)


PORTFOLIO = ("random", "pct:3", "sticky:0.8", "pct:10")


def scheduler(name: str) -> Scheduler:
    """Return the scheduler of this name.

    Raises:
        ValueError: there is none.
    """
    kind, _, figure = name.partition(":")
    if not figure and kind in {"fifo", "random"}:
        return lambda random, _length: Fifo() if kind == "fifo" else Evenly(random)
    with suppress(ValueError):
        if kind == "pct" and (depth := int(figure)) >= 1:
            return lambda random, length: Priorities(random, depth, length)
        if kind == "sticky" and 0 <= (stay := float(figure)) <= 1:
            return lambda random, _length: Sticky(random, stay)
    raise _unknown(name)


def bound_of(name: str) -> int | None:
    """Return the bound of a depth-first search, which is ``"dfs"`` or like ``"dfs:2"``.

    Raises:
        ValueError: there is no such strategy.
    """
    kind, _, figure = name.partition(":")
    with suppress(ValueError):
        if name == "dfs":
            return None
        if kind == "dfs" and int(figure) >= 0:
            return int(figure)
    raise _unknown(name)


def _unknown(name: str) -> ValueError:
    return ValueError(
        f"there is no strategy {name!r}; take 'auto', 'fifo', 'random', 'pct:3' with "
        "any depth, 'sticky:0.8' with any probability, 'dfs', or 'dfs:2' with any bound"
    )
