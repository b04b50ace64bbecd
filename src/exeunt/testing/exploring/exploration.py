"""What an exploration has seen, and what it has found."""

from typing import Self

import attrs

from ..._model.words import counted
from ...tracing import Recording
from ..schedules.schedule import Schedule


class NotDeterministic(Exception):
    """The same schedule led to two different runs.

    Something besides the order of steps decides what the program does: the clock,
    chance, a thread, real input, the order of a set, or what an earlier run has left
    behind. Exploring it would find failures that cannot be shown again.
    """


@attrs.frozen
class Finding:
    """A failure, and the smallest schedule found that leads to it.

    Attributes:
        error: what the program raised.
        schedule: the smallest schedule found under which it raises that.
        again: how to run it under that schedule again.
        first_found: the schedule under which it was found first.
        found_by: the scheduler that found it.
        story: that run, step by step, in words.
        recording: that run, to be drawn or saved.
        within_ticks: whether the same failure was also seen under an order of Trio's
            batches, so that today's Trio may run into it. Not seen does not mean that
            it cannot.
    """

    error: BaseException
    schedule: Schedule
    again: str
    first_found: Schedule
    found_by: str
    story: str
    recording: Recording = attrs.field(repr=False)
    within_ticks: bool

    @property
    def reach(self) -> str:
        """How far the order is from ordinary ones, in words."""
        if not self.schedule.deviations:
            return "first come, first served: it takes no unusual order"
        deviations = counted(self.schedule.deviations, "deviation")
        ticks = (
            "today's Trio can take such an order too"
            if self.within_ticks
            else "not seen within Trio's own batches, but other latencies allow it"
        )
        return f"{deviations} from first come, first served; {ticks}"


@attrs.frozen(kw_only=True)
class Exploration:
    """What was explored, and what was found.

    Attributes:
        scenario: the name of the scenario.
        runs: how many runs it took.
        distinct: how many different orders of steps were among them.
        exhausted: whether there was no other schedule to try, within *bound*.
        bound: how many deviations there could be at the most; None: any number.
        controlled: whether this Trio could be steered at all.
        timeless: whether there were deadlines, which came only when nothing else could
            happen.
        finding: the failure, if there was one.
    """

    scenario: str
    runs: int
    distinct: int
    exhausted: bool
    bound: int | None
    controlled: bool
    timeless: bool
    finding: Finding | None

    def check(self) -> Self:
        """Return this, if nothing failed.

        Raises:
            Exception: the failure, with the text of this exploration as a note.
        """
        if self.finding is None:
            return self
        __tracebackhide__ = True  # pytest need not show this
        error = self.finding.error
        error.add_note(str(self))
        raise error

    def __str__(self) -> str:
        seen = (
            f"{counted(self.runs, 'run')}, {counted(self.distinct, 'order')} of steps"
        )
        if not self.controlled:
            seen += "; this Trio could not be steered, so nothing was explored"
        if self.finding is None:
            end = "; there is no other" if self.exhausted else ""
            if self.exhausted and self.bound is not None:
                end += f" with at most {counted(self.bound, 'deviation')}"
            return f"{self.scenario} held in {seen}{end}.{self._hint}"
        return self._told(self.finding, seen)

    @property
    def _hint(self) -> str:
        if not self.timeless:
            return ""
        return " Deadlines came only when no task could run; see timers=True."

    def _told(self, found: Finding, seen: str) -> str:
        return (
            f"{self.scenario} failed in run {self.runs} ({found.found_by}; {seen}).\n"
            f"Smallest schedule found: {found.schedule} ({found.reach}).\n"
            f"What happens then:\n{found.story}\n"
            f"Run it again: {found.again}"
        )
