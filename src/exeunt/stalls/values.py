"""What a look at the waiting tasks of a run has shown. Data alone."""

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import Literal

import attrs

Kind = Literal[
    "running",  # it does not wait
    "agent",  # for an agent: its answer, its end, or room in its mailbox
    "message",  # an agent, for its next message
    "lock",  # or a semaphore, or a limiter
    "event",  # or a condition
    "channel",
    "nursery",
    "sleep",
    "idle",  # until every other task waits
    "thread",
    "signal",
    "io",
    "unknown",
]
"""For what kind of thing a task waits."""

_OUTSIDE = ("thread", "signal", "io", "idle")
_MOST = 5  # names in a sentence


@attrs.frozen
class Place:
    """A line of the program.

    Attributes:
        file: the path, relative to the working directory if it is in there.
        line: the number of the line.
        function: the function it is in.
        source: what the line says, or nothing if that is not known.
    """

    file: str
    line: int
    function: str
    source: str

    def __str__(self) -> str:
        said = f": {self.source}" if self.source else ""
        return f"{self.file}:{self.line} in {self.function}{said}"


@attrs.frozen
class Wait:
    """One task, and what it waits for.

    Attributes:
        task: what the task is called.
        agent: the name of the agent, if it is the own task of one.
        kind: for what kind of thing it waits.
        what: for what it waits, in words.
        place: where in the user's own code; None if it is in none of it.
        turn: the message that it is handling, if it is an agent's and handles one.
        wakers: the tasks that could wake it, if they are known.
    """

    task: str
    agent: str | None
    kind: Kind
    what: str
    place: Place | None = None
    turn: str | None = None
    wakers: tuple[str, ...] = ()

    @property
    def from_outside(self) -> bool:
        """Whether a thread, a signal or a socket can wake it, which are no tasks."""
        return self.kind in _OUTSIDE

    def __str__(self) -> str:
        return self.told_of([self.task])

    def told_of(self, tasks: Sequence[str]) -> str:
        """Say in words that *tasks* wait in this way."""
        few = len(tasks) == 1
        waits = f"{'waits' if few else 'wait'} for {self.what}"
        doing = f"{'is' if few else 'are'} running" if self.kind == "running" else waits
        turn = "" if self.turn is None else f" while handling {self.turn}"
        place = "" if self.place is None else f"\n    {self.place}"
        return f"{listed(tasks)} {doing}{turn}{place}"


@attrs.frozen
class Stall:
    """Who waits for what in a Trio run, at one instant.

    Attributes:
        waits: the tasks in the order of the task tree, those too that do not wait.
        rings: tasks that wait for each other, each for the next and the last for the
            first.
        deadline: seconds until the next deadline of the run; infinite if it has none.
    """

    waits: tuple[Wait, ...]
    rings: tuple[tuple[str, ...], ...] = ()
    deadline: float = inf

    @property
    def outside(self) -> tuple[Wait, ...]:
        """The waits that can end by what is no task of the run."""
        return tuple(wait for wait in self.waits if wait.from_outside)

    @property
    def forever(self) -> bool:
        """Whether nothing that is known can wake any of the tasks.

        No task runs, no deadline is set, and nobody waits for anything from outside. A
        thread that Trio has not started can still call in.
        """
        runs = any(wait.kind == "running" for wait in self.waits)
        return not runs and self.deadline == inf and not self.outside

    def under(self, heading: str) -> str:
        """Return the waits and the rings in words, with *heading* before them.

        Tasks that wait in the same way share a line.
        """
        alike: dict[Wait, list[str]] = {}
        for wait in self.waits:
            alike.setdefault(attrs.evolve(wait, task="", agent=None), []).append(
                wait.task
            )
        lines = [heading, *(wait.told_of(tasks) for wait, tasks in alike.items())]
        lines += [f"a ring: {' -> '.join((*ring, ring[0]))}" for ring in self.rings]
        return "\n".join(lines).replace("\n", "\n  ")

    def __str__(self) -> str:
        return self.under(self._heading)

    @property
    def _heading(self) -> str:
        kinds = Counter(wait.kind == "running" for wait in self.waits)
        if kinds[True]:
            return f"{kinds[False]} of {kinds.total()} tasks wait:"
        if self.forever:
            return "every task waits, and nothing is left that could wake one:"
        if self.outside:
            return "every task waits, and something outside can wake one:"
        return (
            f"every task waits, and the next deadline is in {seconds(self.deadline)}:"
        )


def listed(names: Sequence[str]) -> str:
    """Return *names* as in a sentence, if there are not too many."""
    shown = [*names[:_MOST]]
    if len(names) > _MOST:
        shown[-1] = f"{len(names) - _MOST + 1} more"
    *most, last = shown
    return f"{', '.join(most)} and {last}" if most else last


def seconds(number: float) -> str:
    """Return a length of time in words."""
    return f"{number:,.2f}".rstrip("0").rstrip(".") + " s"
